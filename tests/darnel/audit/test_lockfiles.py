"""Every format as its tool writes it, cut down to what matters."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path

import pytest

from darnel.audit import lockfiles
from darnel.audit.pin import Pin
from darnel.errors import InputError

A, B = "a" * 64, "b" * 64
SRI = "sha512-" + b64encode(b"x" * 64).decode()
SHA512 = (b"x" * 64).hex()


def read(folder: Path, name: str, text: str) -> list[Pin]:
    path = folder / name
    path.write_text(text)
    return lockfiles.read(path)


def lines(pins: list[Pin]) -> list[str]:
    return [f"{pin.reference} [{' > '.join(pin.path)}]{' ' + pin.problem if pin.problem else ''}" for pin in pins]


REQUIREMENTS = f"""\
# by uv
--index-url https://index.example.invalid/simple
anyio[trio]==4.1 ; python_version > "3" \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
    # via
    #   app (pyproject.toml)
    #   httpx
idna===3.20  # via anyio
Loose>=1
star==1.*
-e .
git+https://code.example.invalid/a.git@v1#egg=a
direct @ https://files.example.invalid/direct-1.0.tar.gz#sha256={A}
-r more.txt
-c constraints.txt
==broken
"""


def test_requirements(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("nested==1.0\n")
    (tmp_path / "constraints.txt").write_text("never==1.0\n")
    pins = read(tmp_path, "requirements.txt", REQUIREMENTS)
    assert [str(pin.reference) for pin in pins] == [
        *("pypi:anyio==4.1", "pypi:idna==3.20", "pypi:loose", "pypi:star", "pypi:", "pypi:a", "pypi:direct"),
        *("pypi:nested==1.0", "pypi:", "pypi:"),
    ]
    anyio, idna, loose, star, editable, git, direct, nested, index, broken = pins
    assert index.problem.startswith("names an index of its own (index.example.invalid) that pip is not configured for")
    assert anyio.hashes == {("sha256", A), ("sha256", B)}
    assert idna.path == ("app (pyproject.toml)", "anyio", "idna")
    assert idna.place == f"{tmp_path / 'requirements.txt'}:9"
    assert "Loose (>=1) is not pinned to one version" in loose.problem
    assert "star (==1.*) is not pinned" in star.problem
    assert "a folder or file" in editable.problem
    assert "from version control" in git.problem
    assert direct.files[0].hashes == {"sha256": A}
    assert nested.place.endswith("more.txt:1")
    assert "not a requirement" in broken.problem


def test_an_index_that_pip_is_configured_for_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://a:b@index.example.invalid/simple/")
    text = "--index-url https://index.example.invalid/simple\n--extra-index-url https://u:s3cret@x.example.invalid/\n"
    (pin,) = read(tmp_path, "requirements.txt", text)
    assert "(x.example.invalid)" in pin.problem
    assert "s3cret" not in pin.problem


UV = f"""\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0"
source = {{ virtual = "." }}
dependencies = [{{ name = "anyio" }}]

[package.dev-dependencies]
dev = [{{ name = "tool", marker = "sys_platform == 'linux'" }}]

[[package]]
name = "anyio"
version = "4.1"
source = {{ registry = "https://index.example.invalid/simple" }}
dependencies = [{{ name = "idna" }}]
sdist = {{ url = "https://files.example.invalid/anyio-4.1.tar.gz", hash = "sha256:{A}", size = 1 }}
wheels = [{{ url = "https://files.example.invalid/anyio-4.1-py3-none-any.whl", hash = "sha256:{B}", size = 1 }}]

[[package]]
name = "idna"
version = "3.20"
source = {{ registry = "wheels" }}
wheels = [{{ path = "idna-3.20-py3-none-any.whl", hash = "sha256:{B}" }}]

[[package]]
name = "tool"
version = "0.1"
source = {{ git = "https://code.example.invalid/tool?rev=v1#0123" }}
"""


def test_uv(tmp_path: Path) -> None:
    pins = read(tmp_path, "uv.lock", UV)
    assert lines(pins) == [
        "pypi:anyio==4.1 [app 1.0 > anyio 4.1]",
        "pypi:idna==3.20 [app 1.0 > anyio 4.1 > idna 3.20]",
        "pypi:tool==0.1 [app 1.0 > tool 0.1] tool comes from git, not from an index; look at it with darnel scan PATH",
    ]
    assert [dict(file.hashes) for file in pins[0].files] == [{"sha256": A}, {"sha256": B}]
    assert pins[1].files[0].url == (tmp_path / "wheels" / "idna-3.20-py3-none-any.whl").as_uri()


PYLOCK = f"""\
lock-version = "1.0"
created-by = "hand"

[[packages]]
name = "anyio"
version = "4.1"
dependencies = [{{ name = "idna" }}]
sdist = {{ url = "https://files.example.invalid/anyio-4.1.tar.gz", hashes = {{ sha256 = "{A}" }} }}
wheels = [{{ name = "anyio-4.1-py3-none-any.whl", path = "anyio-4.1-py3-none-any.whl", hashes = {{ sha256 = "{B}" }} }}]

[[packages]]
name = "idna"
version = "3.20"
sdist = {{ url = "https://files.example.invalid/idna-3.20.tar.gz", hashes = {{ sha512 = "{A}{A}" }} }}

[[packages]]
name = "tool"
vcs = {{ type = "git", url = "https://code.example.invalid/tool", commit-id = "0123" }}
"""


def test_pylock(tmp_path: Path) -> None:
    pins = read(tmp_path, "pylock.dev.toml", PYLOCK)
    assert lines(pins)[:2] == ["pypi:anyio==4.1 [anyio 4.1]", "pypi:idna==3.20 [anyio 4.1 > idna 3.20]"]
    assert "version control" in pins[2].problem
    assert {file.kind.value for file in pins[0].files} == {"wheel", "sdist"}
    assert pins[1].files[0].hashes == {"sha512": A + A}


POETRY = f"""\
[[package]]
name = "anyio"
version = "4.1"
files = [
    {{file = "anyio-4.1-py3-none-any.whl", hash = "sha256:{A}"}},
    {{file = "anyio-4.1.tar.gz", hash = "sha256:{B}"}},
]

[package.dependencies]
Idna = ">=2.8"

[[package]]
name = "idna"
version = "3.20"
files = [{{file = "idna-3.20.tar.gz", hash = "sha256:{A}"}}]

[[package]]
name = "tool"
version = "0.1"
files = []

[package.source]
type = "git"
url = "https://code.example.invalid/tool"

[metadata]
lock-version = "2.1"
"""


def test_poetry(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.poetry.dependencies]\npython = "^3.11"\nAnyio = "*"\ntool = "*"\n')
    pins = read(tmp_path, "poetry.lock", POETRY)
    assert lines(pins) == [
        "pypi:anyio==4.1 [anyio]",
        "pypi:idna==3.20 [anyio > idna]",
        "pypi:tool==0.1 [tool] tool comes from git, not from an index; look at it with darnel scan PATH",
    ]
    assert pins[0].hashes == {("sha256", A), ("sha256", B)}


def test_pipenv(tmp_path: Path) -> None:
    document = {
        "_meta": {"pipfile-spec": 6},
        "default": {"anyio": {"version": "==4.1", "hashes": [f"sha256:{A}"]}, "any": {"version": "*"}},
        "develop": {"tool": {"git": "https://code.example.invalid/tool", "ref": "0123"}},
    }
    pins = read(tmp_path, "Pipfile.lock", json.dumps(document))
    assert lines(pins) == [
        "pypi:anyio==4.1 []",
        "pypi:any [] any is not pinned to one version; pin it with pipenv lock",
        "pypi:tool [] tool comes from git, not from an index; look at it with darnel scan PATH",
    ]
    assert pins[2].place.endswith("Pipfile.lock (develop)")


def npm_lock(version: int) -> str:
    registry = "https://registry.npmjs.org"
    packages = {
        "": {"name": "app", "dependencies": {"a": "^1.0.0", "lib": "*"}, "devDependencies": {"alias": "npm:c@1.0.0"}},
        "lib": {"name": "lib", "version": "1.0.0", "dependencies": {"b": "*"}},
        "node_modules/lib": {"resolved": "lib", "link": True},
        "node_modules/a": {
            "version": "1.1.0",
            "resolved": f"{registry}/a/-/a-1.1.0.tgz",
            "integrity": SRI,
            "dependencies": {"b": "^2.0.0"},
        },
        "node_modules/a/node_modules/b": {"version": "2.0.0", "integrity": SRI},
        "node_modules/b": {"version": "1.0.0", "resolved": "git+ssh://git@code.example.invalid/b.git#01"},
        "node_modules/alias": {"name": "c", "version": "1.0.0", "integrity": SRI, "dev": True},
        "node_modules/a/node_modules/inside": {"version": "1.0.0", "inBundle": True},
    }
    return json.dumps({"name": "app", "lockfileVersion": version, "packages": packages})


@pytest.mark.parametrize("version", [2, 3])
def test_npm(tmp_path: Path, version: int) -> None:
    pins = read(tmp_path, "package-lock.json", npm_lock(version))
    assert lines(pins) == [
        "npm:a@1.1.0 [app > a]",
        "npm:b@2.0.0 [app > a > b]",
        "npm:b@1.0.0 [lib > b] b comes from git+ssh, not from a registry; look at it with darnel scan PATH",
        "npm:c@1.0.0 [app > c]",
    ]
    assert pins[0].files[0].hashes == {"sha512": SHA512}
    assert pins[1].hashes == {("sha512", SHA512)}


def test_npm_version_1_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version 1 of the format"):
        read(tmp_path, "package-lock.json", '{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}}')


PNPM_9 = f"""\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@s/a': {{specifier: ^1.0.0, version: 1.1.0(peer@2.0.0)}}
      alias: {{specifier: 'npm:c@1.0.0', version: c@1.0.0}}
      own: {{specifier: 'workspace:*', version: link:own}}
packages:
  '@s/a@1.1.0': {{resolution: {{integrity: {SRI}}}}}
  b@2.0.0: {{resolution: {{integrity: {SRI}, tarball: 'https://files.example.invalid/b.tgz'}}}}
  c@1.0.0: {{resolution: {{integrity: {SRI}}}}}
  d@git+https://code.example.invalid/d#01: {{resolution: {{type: git, repo: x, commit: '01'}}, version: 1.0.0}}
snapshots:
  '@s/a@1.1.0(peer@2.0.0)':
    dependencies: {{b: 2.0.0, d: 'git+https://code.example.invalid/d#01'}}
  b@2.0.0: {{}}
  c@1.0.0: {{}}
"""
PNPM_6 = f"""\
lockfileVersion: '6.0'
dependencies:
  '@s/a': {{specifier: ^1.0.0, version: 1.1.0}}
packages:
  /@s/a@1.1.0:
    resolution: {{integrity: {SRI}}}
    dependencies: {{b: 2.0.0}}
  /b@2.0.0:
    resolution: {{integrity: {SRI}}}
"""


def test_pnpm(tmp_path: Path) -> None:
    pins = read(tmp_path, "pnpm-lock.yaml", PNPM_9)
    assert lines(pins)[:3] == [
        "npm:@s/a@1.1.0 [@s/a 1.1.0]",
        "npm:b@2.0.0 [@s/a 1.1.0 > b 2.0.0]",
        "npm:c@1.0.0 [c 1.0.0]",
    ]
    assert "d comes from git" in pins[3].problem
    assert pins[0].hashes == {("sha512", SHA512)}
    assert pins[1].files[0].url == "https://files.example.invalid/b.tgz"


def test_older_pnpm(tmp_path: Path) -> None:
    assert lines(read(tmp_path, "pnpm-lock.yaml", PNPM_6)) == [
        "npm:@s/a@1.1.0 [@s/a 1.1.0]",
        "npm:b@2.0.0 [@s/a 1.1.0 > b 2.0.0]",
    ]


YARN_1 = f"""\
# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@s/a@^1.0.0", "@s/a@^1.1.0":
  version "1.1.0"
  resolved "https://registry.yarnpkg.com/@s/a/-/a-1.1.0.tgz#{"0a" * 20}"
  integrity {SRI}
  dependencies:
    b ">=2 <3"

"alias@npm:c@1.0.0":
  version "1.0.0"
  resolved "https://registry.yarnpkg.com/c/-/c-1.0.0.tgz#{"0a" * 20}"

b@>=2\\ <3, "b@>=2 <3":
  version "2.0.0"
  resolved "git+ssh://git@code.example.invalid/b.git#{"0a" * 20}"
"""


def test_yarn_1(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"@s/a": "^1.0.0", "alias": "npm:c@1.0.0"}}')
    pins = read(tmp_path, "yarn.lock", YARN_1)
    assert lines(pins) == [
        "npm:@s/a@1.1.0 [@s/a 1.1.0]",
        "npm:c@1.0.0 [c 1.0.0]",
        "npm:b@2.0.0 [@s/a 1.1.0 > b 2.0.0] b comes from git+ssh, not from a registry; "
        "look at it with darnel scan PATH",
    ]
    assert pins[0].files[0].hashes == {"sha512": SHA512}
    assert pins[1].files[0].hashes == {"sha1": "0a" * 20}


def berry(checksum: str) -> str:
    return f"""\
# This file is generated by running "yarn install" inside your project.

__metadata:
  version: 8
  cacheKey: 10c0

"@s/a@npm:^1.0.0, @s/a@npm:^1.1.0":
  version: 1.1.0
  resolution: "@s/a@npm:1.1.0"
  dependencies:
    b: "npm:^2.0.0"
  checksum: 10c0/{checksum}
  languageName: node
  linkType: hard

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    "@s/a": "npm:^1.0.0"
  languageName: unknown
  linkType: soft

"b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"
  languageName: node
  linkType: hard

"d@https://code.example.invalid/d.git#commit=01":
  version: 1.0.0
  resolution: "d@https://code.example.invalid/d.git#commit=01"
  languageName: node
  linkType: hard
"""


def test_yarn_berry(tmp_path: Path) -> None:
    pins = read(tmp_path, "yarn.lock", berry("ab" * 64))
    assert lines(pins)[:2] == ["npm:@s/a@1.1.0 [app > @s/a 1.1.0]", "npm:b@2.0.0 [app > @s/a 1.1.0 > b 2.0.0]"]
    assert len(pins) == 3
    assert not pins[0].files
    assert not pins[0].hashes, "the checksum is not that of the tarball"


def test_yarn_berry_with_its_cache(tmp_path: Path) -> None:
    cache = tmp_path / ".yarn" / "cache"
    cache.mkdir(parents=True)
    (cache / "@s-a-npm-1.1.0-0123456789-ab.zip").write_bytes(b"inert")
    digest = hashlib.sha512(b"inert").hexdigest()
    (file,) = read(tmp_path, "yarn.lock", berry(digest))[0].files
    assert file.hashes == {"sha512": digest}
    assert file.url.startswith("file:")


BROKEN = {
    "uv.lock": ["[[package", "\x00", "package = 3", '[[package]]\nname = 3\nsource = "x"\nwheels = [{url = 3}]\n'],
    "pylock.toml": ["", 'lock-version = "9.0"\ncreated-by = "x"\npackages = []', "[[packages]]\nname = 1"],
    "poetry.lock": ["[[package", '[[package]]\nname = ["x"]\nfiles = "x"\ndependencies = 1\n'],
    "Pipfile.lock": ["{", "[]", '{"default": {"a": [], "b": {"version": 1, "hashes": [1]}}}', "[" * 100_000],
    "package-lock.json": ["{", '{"packages": {"node_modules/a": 1, "node_modules/b": {"version": []}}}', "[" * 100_000],
    "pnpm-lock.yaml": ["{", "[1]", "packages: {a: 1, /b@1.0.0: {resolution: 1}}", "!!python/object/apply:os.abort []"],
    "yarn.lock": ["a:\n   - b", "__metadata: 1\na: 1\n", "__metadata:\n  version: 8\nb: {resolution: [1]}", "a b c"],
    "requirements.txt": ["-r missing.txt", "--hash", "\x00==1"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BROKEN.items() for text in texts])
def test_broken_files_are_one_line_or_rows(tmp_path: Path, name: str, text: str) -> None:
    told = ""
    pins: list[Pin] = []
    try:
        pins = read(tmp_path, name, text)
    except InputError as error:
        told = str(error)
    assert "\n" not in told
    assert not told or told.startswith(str(tmp_path))
    assert all(pin.problem or pin.reference.name for pin in pins)


def test_what_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text in UTF-8"):
        lockfiles.read(tmp_path / "uv.lock")


@pytest.mark.parametrize("name", ["../../x", "..", "a b", "a\x1b[31m"])
def test_names_that_are_none_go_no_further(tmp_path: Path, name: str) -> None:
    document = {"default": {name: {"version": "==1.0", "hashes": [f"sha256:{A}"]}}}
    (pin,) = read(tmp_path, "Pipfile.lock", json.dumps(document))
    assert "is not a release" in pin.problem
    assert pin.problem.isprintable()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("requirements.txt", True),
        ("requirements-dev.txt", True),
        ("dev-requirements.txt", True),
        ("requirements.lock", True),
        ("notes.txt", False),
        ("pylock.toml", True),
        ("pyproject.toml", False),
        ("npm-shrinkwrap.json", True),
        ("package.json", False),
    ],
)
def test_names(name: str, known: bool) -> None:
    assert (lockfiles.handler(Path(name)) is not None) is known
