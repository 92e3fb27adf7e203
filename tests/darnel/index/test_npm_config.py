from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from darnel.index.npm_config import NPM, NpmConfig, read


def test_files_in_npms_order_then_the_environment(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "project" / "src").mkdir(parents=True)
    (tmp_path / "project" / "package.json").write_text("{}")
    (tmp_path / "global").write_text("registry=https://global.invalid\n@a:registry=https://a.invalid/npm\n")
    (tmp_path / "home" / ".npmrc").write_text('; mine\nregistry = "https://user.invalid/${WHERE}/${UNSET}${UNSET?}"\n')
    env = {"HOME": str(tmp_path / "home"), "NPM_CONFIG_GLOBALCONFIG": str(tmp_path / "global"), "WHERE": "x"}
    config = read(tmp_path / "project" / "src", env)
    assert config.registry("b") == "https://user.invalid/x/${UNSET}/"
    assert config.registry("@a/b") == "https://a.invalid/npm/"
    (tmp_path / "project" / ".npmrc").write_text("registry=https://project.invalid/\nstrict-ssl=false\n")
    config = read(tmp_path / "project" / "src", env)
    assert config.registry("b") == "https://project.invalid/"
    assert not config.settings.verify
    env |= {"npm_config_registry": "https://env.invalid/", "npm_config_//env.invalid/:_authToken": "t"}
    config = read(tmp_path / "project", env)
    assert config.registry("b") == "https://env.invalid/"
    assert config.authorization("https://env.invalid/b") == "Bearer t"


def test_without_any_configuration(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "npm_config_globalconfig": str(tmp_path / "none")}
    assert read(tmp_path, env).registry("@a/b") == NPM


BASIC = f"Basic {b64encode(b'alice:s3cret').decode()}"


@pytest.mark.parametrize(
    ("values", "url", "expected"),
    [
        ({"//h.invalid/:_authToken": "t"}, "https://h.invalid/a/b.tgz", "Bearer t"),
        ({"//h.invalid/npm/:_authToken": "t"}, "https://h.invalid/npm/a", "Bearer t"),
        ({"//h.invalid/npm/:_authToken": "t"}, "https://h.invalid/a", ""),
        ({"//h.invalid/npm/:_authToken": "t"}, "https://h.invalid/npmother/a", ""),
        ({"//h.invalid/:_authToken": "t"}, "https://other.invalid/a", ""),
        ({"//h.invalid/:_authToken": "t"}, "https://h.invalid:8443/a", ""),
        ({"//h.invalid/:_auth": "YWxpY2U6czNjcmV0"}, "https://h.invalid/a", BASIC),
        ({"//h.invalid/:username": "alice", "//h.invalid/:_password": "czNjcmV0"}, "https://h.invalid/a", BASIC),
        (
            {"//h.invalid/a/:_authToken": "near", "//h.invalid/:_authToken": "far"},
            "https://h.invalid/a/b",
            "Bearer near",
        ),
        ({"_authToken": "t"}, "https://h.invalid/a", ""),
    ],
)
def test_credentials_serve_their_host_and_path_only(values: dict[str, str], url: str, expected: str) -> None:
    assert NpmConfig(values).authorization(url) == expected


def test_null_means_none() -> None:
    settings = NpmConfig({"proxy": "null", "https-proxy": "null", "cafile": "null", "strict-ssl": "true"}).settings
    assert (settings.proxy, settings.cert, settings.verify) == ("", "", True)
