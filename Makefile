# Two commands matter: `make scan` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help scan test lint lock docs clean
.DEFAULT_GOAL := help

help:
	@echo "make scan [PACKAGE=path]   score a package, or everything installed in darnel's own environment"
	@echo "make test [ARGS=...]       run all tests (or: make test ARGS=tests/darnel)"
	@echo "make lint                  ruff and mypy --strict"
	@echo "make lock                  refresh the lock file"
	@echo "make docs                  refresh what is generated: docs/features.md and the outputs in README.md"

# The marker is newer than the lock: the environment is exactly what the lock says, hashes included; setuptools, which
# builds the editable install, comes from there too.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "darnel needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 2; }
	@echo "setting up $(VENV) (once)..." >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

# Compiles the kernels if there is a C compiler; without one, darnel uses those in Python.
$(VENV)/.built: $(VENV)/.ready $(wildcard features/kernels/*.px?)
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

scan: $(VENV)/.built
	@$(BIN)/darnel scan $(if $(PACKAGE),"$(PACKAGE)",--environment)

test: $(VENV)/.built
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.built
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: $(VENV)/.ready
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-annotate --no-header --extra index --extra train --extra cluster --group dev pyproject.toml -o requirements.lock

docs: $(VENV)/.built
	$(BIN)/darnel features > docs/features.md
	$(BIN)/python -m tests.readme

clean:
	rm -rf $(VENV) build dist *.egg-info features/kernels/*.c features/kernels/*.so
