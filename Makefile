# Two commands matter: `make scan` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: scan test lint lock clean
.DEFAULT_GOAL := help

help:
	@echo "make scan [PACKAGE=path]   score a package, or everything installed in darnel's own environment"
	@echo "make test                  run all tests"
	@echo "make lint                  ruff and mypy --strict"
	@echo "make lock                  refresh the lock file"

# The marker is newer than the lock: the environment is exactly what the lock says.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "darnel needs Python >= 3.11; $(PYTHON) is older: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

scan: $(VENV)/.ready
	@$(BIN)/darnel scan $(if $(PACKAGE),"$(PACKAGE)",--environment)

test: $(VENV)/.ready
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra train --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info
