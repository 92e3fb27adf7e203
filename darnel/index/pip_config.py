"""What pip is configured to do: its files, in its order, then its environment variables.

Source: https://pip.pypa.io/en/stable/topics/configuration/
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from darnel.errors import DarnelError
from darnel.index.http import Settings

PYPI = "https://pypi.org/simple/"
_NAME = "pip.ini" if os.name == "nt" else "pip.conf"
_SECTIONS = ("global", "download", "install")
"""Later ones win: the question is what would be installed."""
_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})


@dataclass(frozen=True, slots=True)
class PipConfig:
    """The part that decides what is found where."""

    index_urls: tuple[str, ...] = (PYPI,)
    """May hold credentials. Empty with ``no-index``."""
    find_links: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    prefer_binary: bool = False
    pre: bool = False
    settings: Settings = field(default_factory=Settings)


def read(environment: Mapping[str, str] | None = None) -> PipConfig:
    """Read pip's configuration as it applies here.

    Raises
    ------
    DarnelError
        A configuration file is there and cannot be read.
    """
    env = os.environ if environment is None else environment
    values: dict[str, str] = {}
    for path in files(env):
        values |= _from_file(path)
    for name, value in env.items():
        if name.upper().startswith("PIP_") and value:
            values[name[4:].lower().replace("_", "-")] = value
    indexes = (values.get("index-url") or values.get("pypi-url") or PYPI, *values.get("extra-index-url", "").split())
    return PipConfig(
        index_urls=() if _true(values.get("no-index")) else indexes,
        find_links=tuple(values.get("find-links", "").split()),
        no_binary=_formats(values.get("no-binary", "")),
        only_binary=_formats(values.get("only-binary", "")),
        prefer_binary=_true(values.get("prefer-binary")),
        pre=_true(values.get("pre")),
        settings=Settings(
            cert=values.get("cert", ""),
            client_cert=values.get("client-cert", ""),
            proxy=values.get("proxy", ""),
            timeout=_seconds(values.get("timeout") or values.get("default-timeout") or "15"),
            trusted_hosts=tuple(values.get("trusted-host", "").split()),
        ),
    )


def files(env: Mapping[str, str]) -> list[Path]:
    """Configuration files that exist; later ones win."""
    chosen = env.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return []
    from platformdirs import site_config_dir, user_config_dir

    everywhere = site_config_dir("pip", appauthor=False, multipath=True).split(os.pathsep)
    places = [Path(folder, _NAME) for folder in reversed(everywhere)]
    if os.name != "nt":
        places.append(Path("/etc", _NAME))
    places.append(Path.home() / ("pip" if os.name == "nt" else ".pip") / _NAME)
    if sys.platform == "darwin":
        places.append(Path.home() / ".config" / "pip" / _NAME)
    places.append(Path(user_config_dir("pip", appauthor=False, roaming=True), _NAME))
    places.append(Path(sys.prefix, _NAME))
    if chosen:
        places.append(Path(chosen))
    return [place for place in dict.fromkeys(places) if place.is_file()]


def _from_file(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text("utf-8"), str(path))
    except (OSError, ValueError, configparser.Error) as error:
        reason = " ".join(str(error).split())[:200]
        raise DarnelError(f"{path}: pip's configuration cannot be read ({reason}); correct it") from None
    found: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            found |= {key.lower().replace("_", "-"): value for key, value in parser.items(section) if value}
    return found


def _true(value: str | None) -> bool:
    return (value or "").strip().lower() in _TRUE


def _formats(value: str) -> tuple[str, ...]:
    """Names of ``no-binary`` and ``only-binary``; ``:none:`` empties what came before it."""
    names: list[str] = []
    for name in value.replace(",", " ").split():
        names = [] if name == ":none:" else [*names, name]
    return tuple(names)


def _seconds(value: str) -> float:
    try:
        return max(1.0, float(value))
    except ValueError:
        return 15.0
