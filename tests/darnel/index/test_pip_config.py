from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from darnel.errors import DarnelError
from darnel.index.pip_config import PYPI, read


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_any_configuration(home: Path) -> None:
    config = read({"PIP_CONFIG_FILE": os.devnull})
    assert config.index_urls == (PYPI,)
    assert config.find_links == ()


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="paths of Linux")
def test_files_in_pips_order_then_the_environment(home: Path) -> None:
    write(home / "xdg/pip/pip.conf", "[global]\nindex-url = https://site.invalid/\ntimeout = 60\n")
    write(home / ".config/pip/pip.conf", "[global]\nindex-url = https://user.invalid/\nextra_index_url =\n  a\n  b\n")
    write(home / "venv/pip.conf", "[global]\nindex-url = https://venv.invalid/\n[install]\ntrusted-host = x y:8080\n")
    config = read({})
    assert config.index_urls == ("https://venv.invalid/", "a", "b")
    assert config.settings.timeout == 60
    assert config.settings.trusted_hosts == ("x", "y:8080")
    chosen = home / "mine.conf"
    write(chosen, "[global]\nindex-url = https://chosen.invalid/\nno-binary = :all:,:none:,a,b\n")
    config = read({"PIP_CONFIG_FILE": str(chosen), "PIP_EXTRA_INDEX_URL": "c", "PIP_CERT": "ca.pem"})
    assert config.index_urls == ("https://chosen.invalid/", "c")
    assert config.no_binary == ("a", "b")
    assert config.settings.cert == "ca.pem"
    assert read({"PIP_INDEX_URL": "https://env.invalid/"}).index_urls[0] == "https://env.invalid/"


def test_no_index(home: Path) -> None:
    assert read({"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "true", "PIP_FIND_LINKS": "w x"}).index_urls == ()


def test_a_broken_file_is_one_line(home: Path) -> None:
    broken = home / "broken.conf"
    write(broken, "index-url = nowhere\n")
    with pytest.raises(DarnelError, match=r"broken\.conf: pip's configuration cannot be read"):
        read({"PIP_CONFIG_FILE": str(broken)})
