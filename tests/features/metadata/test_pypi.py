"""Hand-written, inert manifests."""

import pytest

from darnel.features import metadata

SETUP = b"""
from setuptools import setup, find_packages
from setuptools.command.install import install
NAME = "thing"
VERSION = "1." + "2"
DEPS = ["requests>=2", "odd-unknown-thing @ git+https://example.invalid/x.git"]
class Custom(install):
    pass
if True:
    print("x")
print("y")
setup(
    name=NAME,
    version=VERSION,
    author="author",
    author_email="a@gmail.com",
    packages=find_packages(),
    install_requires=DEPS + ["six"],
    cmdclass={"install": Custom},
    entry_points={"console_scripts": ["git = thing.cli:main"], "pytest11": ["p = thing.plug"]},
)
"""


def read(name: str = "", version: str = "", paths: set[str] | None = None, **files: bytes) -> metadata.Metadata:
    named = {path.replace("__", "/").replace("_DOT_", "."): data for path, data in files.items()}
    return metadata.read("pypi", named, name, version, paths)


def test_setup_py_is_read_statically() -> None:
    found = read(setup_DOT_py=SETUP)
    assert (found.name, found.version) == ("thing", "1.2")
    assert [(d.name, d.kind) for d in found.dependencies] == [
        ("requests", "registry"),
        ("odd-unknown-thing", "git"),
        ("six", "registry"),
    ]
    assert "thing.cli" in found.entry_targets
    assert found.install_targets == ("setup.py",)
    values = found.values
    assert values["meta.setup_computed"] == 1
    assert values["meta.setup_statements"] == 2
    assert values["meta.setup_cmdclass_install"] == values["meta.command_shadows"] == values["meta.entry_auto"] == 1
    assert values["meta.email_free"] == values["meta.author_placeholder"] == values["meta.dependencies_git"] == 1
    assert found.observations["setup.py"][0].behaviour == "install.dependency"


def test_python_2_and_broken_setup_py() -> None:
    found = read(
        setup_DOT_py=b"print 1\nfrom distutils.core import setup\nsetup(name='old', version=u'1.0', py_modules=['old'])"
    )
    assert (found.name, found.version) == ("old", "1.0")
    found = read(setup_DOT_py=b"setup(name='x', version='1'\n  ((((")
    assert found.values["meta.setup_broken"] == 1


def test_computed_arguments() -> None:
    values = read(setup_DOT_py=b"setup(name=f(), version=v, install_requires=open('r').read(), **kw)").values
    assert values["meta.setup_computed"] == 3
    assert (
        values["meta.setup_star"] == values["meta.setup_name_computed"] == values["meta.setup_requires_computed"] == 1
    )


def test_folding_has_a_budget() -> None:
    bombs = b"".join(b"a%d = [%s]\n" % (i, b",".join([b"a%d" % (i + 1)] * 50)) for i in range(11))
    assert read(setup_DOT_py=bombs + b"setup(name='x', packages=a0)").name == "x"


def test_setup_is_found_at_any_depth_or_missed() -> None:
    nested = b"if True:\n  try:\n    def run():\n      setuptools.setup(name='deep')\n    run()\n  finally: pass\n"
    assert read(setup_DOT_py=nested).name == "deep"
    assert "meta.setup_uncalled" not in read(setup_DOT_py=nested).values
    assert read(setup_DOT_py=b"import os\nos.setup(1)\n").values["meta.setup_uncalled"] == 1


def test_core_metadata() -> None:
    core = (
        b"Metadata-Version: 2.1\nName: Thing\nVersion: 1.0\nSummary: a thing\nAuthor-email: A <a@thing.example>\n"
        b"Home-page: https://thing.example/\nProject-URL: Source, https://github.com/x/thing\n"
        b"Requires-Dist: requests (>=2)\nRequires-Dist: pytest; extra == 'test'\nClassifier: A\n\n"
        b"# requests\npip install requests\n"
    )
    found = metadata.read(
        "pypi",
        {
            "thing-1.0.dist-info/METADATA": core,
            "thing-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: odd (1)\n",
            "thing-1.0.dist-info/entry_points.txt": b"[console_scripts]\nthing = thing:main\n",
            "thing-1.0.dist-info/top_level.txt": b"json\n",
        },
        "thing",
        "1.0",
    )
    assert found.hosts == ("thing.example", "github.com")
    assert [(d.name, d.dev) for d in found.dependencies] == [("requests", False), ("pytest", True)]
    values = found.values
    assert values["meta.email_own_host"] == values["shape.meta_code_host"] == values["meta.wheel_generator_odd"] == 1
    assert values["meta.readme_title_popular"] == values["meta.readme_installs_other"] == 1
    assert values["meta.top_level_standard"] == values["meta.entry_foreign"] == 1
    assert "meta.name_differs" not in values
    assert metadata.read("pypi", {"PKG-INFO": core}, "other", "2").values["meta.name_differs"] == 1


def test_pyproject_build_code() -> None:
    found = read(
        pyproject_DOT_toml=b"""
[build-system]
requires = ["setuptools", "zzq-unknown-builder"]
build-backend = "backend"
backend-path = ["_build"]
[project]
name = "x"
version = "1"
dependencies = ["y @ https://example.invalid/y.whl"]
[tool.hatch.build.hooks.custom]
path = "hook.py"
[project.scripts]
x = "x.cli:main"
"""
    )
    assert found.backend_paths == ("_build/backend.py", "_build/backend/__init__.py", "_build", "hook.py")
    assert found.install_targets == found.backend_paths
    assert found.values["meta.backend_in_tree"] == found.values["meta.dependencies_url"] == 1
    assert found.values["meta.build_unlisted"] == 1
    assert [o.api for o in found.observations["pyproject.toml"]] == ["build:hatch-custom", "dependency:url"]


def test_setup_cfg() -> None:
    found = read(
        setup_DOT_cfg=b"[metadata]\nname = x\nversion = attr: x.v\n[options]\ninstall_requires =\n  a\n  b>1\n"
        b"[options.entry_points]\nconsole_scripts =\n  pip = x:y\n"
    )
    assert (found.name, [d.name for d in found.dependencies], found.entry_targets) == ("x", ["a", "b"], ("x",))
    assert found.values["meta.command_shadows"] == 1


HOSTILE = [
    b"",
    b"\0" * 1000,
    b"(" * 100_000,
    b"setup(" * 20_000,
    b"x = " + b"-" * 100_000 + b"1",
    b"setup(name=" + b"[" * 50_000,
    b"setup(name='" + b"a" * 1_000_000 + b"')",
    b"setup(**{**{**a}})",
    b"a = a\nsetup(name=a)",
    b"[options.entry_points]\n= x\n[a\n",
    b"Name: \xff\xfe\nVersion: " + b"9" * 5_000 + b"\nRequires-Dist: @@@ ; ;\nAuthor-email: " + b"a@" * 5_000,
    b"[project]\nname = 1\nauthors = 3\n[build-system]\nrequires = 1\nbackend-path = 'x'\nbuild-backend = 1\n"
    b"[tool]\nhatch = 1",
    b"a.b = 1\n" + b"[" * 10_000,
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_become_values(data: bytes) -> None:
    names = ("setup.py", "setup.cfg", "pyproject.toml", "PKG-INFO", "README", "a.egg-info/requires.txt")
    for name in (*names, "a-1.dist-info/entry_points.txt", "a-1.dist-info/WHEEL", "a-1.dist-info/METADATA"):
        found = metadata.read("pypi", {name: data}, "x", "1", paths={"x"})
        assert set(found.values) <= {column.name for column in metadata.COLUMNS}


def test_a_setup_py_that_takes_too_long_to_parse_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from darnel.features.metadata import setup_py

    monkeypatch.setattr(setup_py, "SECONDS", 0.2)
    assert setup_py.read(b"<!--" * 60_000).broken
    monkeypatch.setattr(setup_py, "SECONDS", 60.0)
    assert setup_py.read(b"from setuptools import setup\n" * 300 + b"setup(name='a')\n").calls == 1


@pytest.mark.parametrize(
    ("name", "deceives"), [("aliababcloud-tea", 1), ("alibabacloud-text", 0), ("tea-alibabacloud", 0)]
)
def test_dependencies_that_rearrange_the_letters_of_a_popular_name(name: str, deceives: int) -> None:
    found = read(setup_DOT_py=f"from setuptools import setup\nsetup(name='x', install_requires=['{name}'])".encode())
    assert found.values.get("meta.dependencies_confusable", 0) == deceives
