"""What npm is configured to do: the .npmrc files in npm's order, then its environment variables.

Source: https://docs.npmjs.com/cli/configuring-npm/npmrc
"""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from darnel.errors import DarnelError
from darnel.index.http import Settings

NPM = "https://registry.npmjs.org/"
_VARIABLE = re.compile(r"(?<!\\)\$\{([^}?]+)(\??)\}")
_SETTING = re.compile(r"npm_config_(?!_)(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NpmConfig:
    """The part that decides what is found where."""

    values: Mapping[str, str] = field(default_factory=dict)
    """All settings by name; may hold credentials."""

    def registry(self, name: str) -> str:
        """Address of the registry for a package, which its scope may decide; ends in ``/``."""
        scope = name.partition("/")[0] if name.startswith("@") else ""
        chosen = self.values.get(f"{scope}:registry", "") if scope else ""
        return (chosen or self.values.get("registry", "") or NPM).rstrip("/") + "/"

    def authorization(self, url: str) -> str:
        """Value of the Authorization header for an address, ``""`` for none.

        Credentials belong to a host and path (``//host/path/:_authToken``) and serve what lies below.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return ""
        path = parts.path
        while True:
            path = path[: path.rfind("/") + 1] or "/"
            found = self._credentials(f"//{parts.netloc.rpartition('@')[2]}{path}")
            if found or path == "/":
                return found
            path = path.rstrip("/")

    @property
    def settings(self) -> Settings:
        """How to connect."""

        def get(key: str, default: str = "") -> str:
            value = self.values.get(key, default)
            return "" if value in ("null", "undefined", "false") and key != "strict-ssl" else value

        return Settings(
            cert=get("cafile"),
            verify=get("strict-ssl", "true").lower() != "false",
            proxy=get("https-proxy") or get("proxy"),
        )

    def _credentials(self, place: str) -> str:
        for key in dict.fromkeys((place, place.rstrip("/"))):
            token = self.values.get(f"{key}:_authToken")
            if token:
                return f"Bearer {token}"
            basic = self.values.get(f"{key}:_auth")
            if basic:
                return f"Basic {basic}"
            user, password = self.values.get(f"{key}:username"), self.values.get(f"{key}:_password")
            if user and password:
                return f"Basic {_basic(user, password)}"
        return ""


def read(folder: Path | None = None, environment: Mapping[str, str] | None = None) -> NpmConfig:
    """Read npm's configuration as it applies in ``folder`` (default: the current one).

    Raises
    ------
    DarnelError
        A configuration file is there and cannot be read.
    """
    env = os.environ if environment is None else environment
    told = {key[1].lower().replace("_", "-"): value for name, value in env.items() if (key := _SETTING.fullmatch(name))}
    values: dict[str, str] = {}
    for path in files(folder or Path.cwd(), env, told):
        values |= _from_file(path, env)
    # Names of the kind //host/:_authToken keep their case and underscores.
    for name, value in env.items():
        key = _SETTING.fullmatch(name)
        if key and value:
            values[key[1] if key[1].startswith(("//", "@")) else key[1].lower().replace("_", "-")] = value
    return NpmConfig(values)


def files(folder: Path, env: Mapping[str, str], told: Mapping[str, str]) -> list[Path]:
    """Configuration files that exist: global, the user's, the project's; later ones win."""
    home = Path(env.get("HOME") or env.get("USERPROFILE") or Path.home())
    prefix = told.get("prefix") or env.get("PREFIX", "")
    node = shutil.which("node", path=env.get("PATH"))
    if not prefix and node:
        prefix = str(Path(node).parent if os.name == "nt" else Path(node).parent.parent)
    places = [
        Path(told.get("globalconfig") or Path(prefix or "/usr/local", "etc", "npmrc")),
        Path(told.get("userconfig") or home / ".npmrc"),
        _project(folder) / ".npmrc",
    ]
    return [place for place in dict.fromkeys(places) if place.is_file()]


def _project(folder: Path) -> Path:
    """The folder that npm takes for the project: the nearest with a package.json or node_modules."""
    folder = folder.absolute()
    for place in (folder, *folder.parents):
        if (place / "package.json").is_file() or (place / "node_modules").is_dir():
            return place
    return folder


def _from_file(path: Path, env: Mapping[str, str]) -> dict[str, str]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise DarnelError(f"{path}: npm's configuration cannot be read ({error}); correct it") from None
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if not equals or key.startswith(("#", ";")):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[_expand(key.strip(), env)] = _expand(value, env)
    return found


def _expand(text: str, env: Mapping[str, str]) -> str:
    """Replace ``${NAME}``; a name that is not set stays, as npm leaves it, unless written ``${NAME?}``."""
    return _VARIABLE.sub(lambda m: env.get(m[1], "" if m[2] else m[0]), text)


def _basic(user: str, password: str) -> str:
    try:
        clear = b64decode(password).decode()
    except ValueError:
        clear = password
    return b64encode(f"{user}:{clear}".encode()).decode()
