import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from darnel.errors import InputError, LimitError
from darnel.features.limits import Limits
from darnel.features.package import Ecosystem, Form, Package
from darnel.features.readers import open_package
from darnel.features.readers.identity import from_file_name, normalise
from tests import builders


def paths(package: Package) -> list[str]:
    return [member.path for member in package.members()]


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "", "zip"])
def test_sdist(how: str) -> None:
    package = open_package(builders.sdist("Sam.ple", "1.00", {"data.txt": "hi"}, how=how))
    assert isinstance(package, Package)
    assert (package.ecosystem, package.form, package.name, package.version) == ("pypi", "sdist", "sam-ple", "1.0")
    found = {member.path: member.data for member in package.members()}
    assert found["data.txt"] == b"hi"
    assert set(found) == {"PKG-INFO", "setup.py", "Sam.ple/__init__.py", "data.txt"}
    assert package.anomalies == []


def test_wheel_named_as_tarball() -> None:
    file = io.BytesIO(builders.wheel())
    file.name = "/somewhere/sample-1.0.tar.gz"
    package = open_package(file)
    assert (package.ecosystem, package.form, package.name, package.version) == ("pypi", "wheel", "sample", "1.0")
    assert "sample/__init__.py" in paths(package)
    assert [anomaly.kind for anomaly in package.anomalies] == ["lying-name"]


@pytest.mark.parametrize("top", ["package", "node", "My-Folder"])
def test_npm(top: str) -> None:
    package = open_package(builders.npm("@Scope/Name", top=top))
    assert (package.ecosystem, package.form, package.name) == ("npm", "npm-tarball", "@scope/name")
    assert paths(package) == ["package.json", "index.js"]
    assert package.anomalies == []


def test_npm_takes_off_whatever_is_the_first_folder() -> None:
    data = builders.tarball({"package/package.json": '{"name": "a"}', "other/index.js": "1"})
    package = open_package(data)
    assert paths(package) == ["package.json", "index.js"]
    assert [anomaly.kind for anomaly in package.anomalies] == ["several-top-folders"]


@pytest.mark.parametrize("name", ["plain", "@scope/name"])
def test_yarn_zip(name: str) -> None:
    package = open_package(builders.yarn_zip(name, "2.0.0"))
    assert (package.ecosystem, package.form, package.name, package.version) == ("npm", "npm-tarball", name, "2.0.0")
    assert paths(package) == ["package.json", "index.js"]


@pytest.mark.parametrize(
    ("file_name", "name", "version"),
    [
        ("Sam.ple-1.0.tar.gz", "sam-ple", "1.0"),
        ("sample-1.0-py3-none-any.tar.gz", "sample", "1.0"),
        ("sample-2.0.post1-cp311-cp311-manylinux_2_17_x86_64.whl", "sample", "2.0.post1"),
        ("my-pkg-0.1.tar.bz2", "my-pkg", "0.1"),
        ("left-pad-npm-1.3.0-a1b2c3d4e5-0123456789.zip", "left-pad", "1.3.0"),
        ("left-pad-npm-1-3-0-a1b2c3d4e5-0123456789.zip", "left-pad", "1.3.0"),
        ("download", "", ""),
    ],
)
def test_names_from_file_names(file_name: str, name: str, version: str) -> None:
    named = normalise(from_file_name(file_name), Ecosystem.PYPI)
    assert named == (name, version)


def test_no_top_folder_is_not_mistaken_for_one() -> None:
    package = open_package(builders.tarball({"pkg/__init__.py": "", "setup.py": ""}))
    assert paths(package) == ["pkg/__init__.py", "setup.py"]
    assert [anomaly.kind for anomaly in package.anomalies] == ["no-top-folder"]


def test_every_source_gives_the_same(tmp_path: Path) -> None:
    data = builders.sdist()
    path = tmp_path / "sample-1.0.tar.gz"
    path.write_bytes(data)

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.inner = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self.inner.read(size)

    with path.open("rb") as file:
        file.seek(0)
        sources: list[Any] = [path, str(path), data, bytearray(data), file, Pipe()]
        packages = [open_package(source) for source in sources]
        results = [(list(p.members()), p.digest(), p.name, p.compressed_size) for p in packages]
        again = [(list(p.members()), p.digest(), p.name, p.compressed_size) for p in packages]
        assert not file.closed
    assert all(result == results[0] for result in results)
    assert again == results


def test_passes_over_one_file_object_do_not_disturb_each_other(tmp_path: Path) -> None:
    data = builders.wheel(files={f"m{i}.py": os.urandom(3000).hex() for i in range(50)})
    path = tmp_path / "a.whl"
    path.write_bytes(b"before" + data)
    memory = io.BytesIO(b"before" + data)
    with path.open("rb") as file:
        for one in (file, memory):
            one.seek(6)
            package = open_package(one)
            pairs = list(zip(package.members(), package.members(), strict=True))
            assert len(pairs) == 53
            assert all(a == b for a, b in pairs)
            assert package.anomalies == []


def test_an_opened_package_can_be_sent_to_another_process(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0.tar.gz"
    path.write_bytes(builders.sdist())
    package = open_package(path)
    sent = pickle.loads(pickle.dumps(package))
    assert list(sent.members()) == list(package.members()) == list(package.members())


def test_overrides() -> None:
    package = open_package(builders.sdist(), ecosystem=Ecosystem.NPM, name="other", version="9")
    assert (package.ecosystem, package.name, package.version) == ("npm", "other", "9")


def test_nested_archives_one_level_deep() -> None:
    innermost = builders.zipped({"deep.py": "x"})
    inner = builders.tarball({"a/b.py": "y", "deep.zip": innermost})
    package = open_package(
        builders.sdist(files={"vendor.tar.gz": inner, "one.txt.gz": builders.compress(b"text", "gz")})
    )
    found = {member.path: member.data for member in package.members()}
    assert found["vendor.tar.gz"] == inner
    assert found["vendor.tar.gz!/a/b.py"] == b"y"
    assert found["vendor.tar.gz!/deep.zip"] == innermost
    assert found["one.txt.gz!/one.txt"] == b"text"
    assert not any("deep.py" in path for path in found)
    assert [(a.kind, a.path) for a in package.anomalies] == [("nested-skipped", "vendor.tar.gz!/deep.zip")]


def test_zipapp_inside_is_found() -> None:
    package = open_package(builders.sdist(files={"tool.bin": b"#!python\n" + builders.zipped({"__main__.py": "z"})}))
    assert "tool.bin!/__main__.py" in paths(package)
    assert "leading-data" in {anomaly.kind for anomaly in package.anomalies}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_methods(method: int) -> None:
    package = open_package(builders.zipped({"a.txt": b"abc" * 50_000}, method=method))
    (member,) = package.members()
    assert member.data == b"abc" * 50_000
    assert package.anomalies == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello world", "not a zip"),
        (builders.compress(b"hello", "gz"), "not a tar inside"),
        (builders.sdist()[:30], "damaged gzip"),
        (b"PK\3\4" + b"x" * 10, "damaged zip"),
        (b"\xfd7zXZ\0" + b"x" * 100, "damaged xz"),
    ],
)
def test_unusable_bytes(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        open_package(data)
    assert "\n" not in str(caught.value)


def test_unusable_paths(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_package(tmp_path / "missing.whl")
    with pytest.raises(InputError, match=r"no such file, folder or installed distribution.* write pypi:no-such"):
        open_package("no-such-distribution-anywhere")
    for given, wanted in (("a==1.0", "pypi:a==1.0"), ("a@1.0", "npm:a@1.0"), ("@s/a@1.0", "npm:@s/a@1.0")):
        with pytest.raises(InputError, match=f"write {wanted}"):
            open_package(given)
    with pytest.raises(InputError, match=r"missing.whl: no such file; give"):
        open_package("missing.whl")
    os.mkfifo(tmp_path / "pipe.whl")
    with pytest.raises(InputError, match="neither a regular file"):
        open_package(tmp_path / "pipe.whl")
    with pytest.raises(InputError, match="not a package"):
        open_package(42)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="rb"):
        open_package(io.StringIO("text"))  # type: ignore[arg-type]


def test_too_large_is_refused() -> None:
    with pytest.raises(LimitError, match=r"Limits\.compressed_bytes"):
        open_package(builders.sdist(), limits=Limits(compressed_bytes=100))


def test_executable_bit() -> None:
    info = zipfile.ZipInfo("run.sh")
    info.external_attr = 0o100755 << 16
    (member,) = open_package(builders.zipped([(info, "#!/bin/sh\n")])).members()
    assert member.executable
    tarred = builders.compress(builders.tar([builders.Raw("a-1/run.sh", b"", mode=0o755)]), "gz")
    (member,) = open_package(tarred).members()
    assert member.executable


def test_identity_needs_no_full_read() -> None:
    data = builders.sdist(files={f"f{i}.bin": os.urandom(50_000) for i in range(60)})

    class Counting(io.BytesIO):
        total = 0

        def read(self, size: int | None = -1) -> bytes:
            out = super().read(size)
            self.total += len(out)
            return out

    file = Counting(data)
    package = open_package(file)
    assert (package.name, package.form) == ("sample", Form.SDIST)
    assert file.total < len(data) / 10


def test_tarball_packed_again_around_its_folder() -> None:
    data = builders.tarball({"a-1.0/.DS_Store": b"x", "a-1.0/package/package.json": b'{"name": "a"}'})
    package = open_package(data)
    assert package.ecosystem == "npm"
    assert {member.path for member in package.members()} == {".DS_Store", "package.json"}
