import gzip
import time
import tracemalloc

import pytest

from darnel.errors import LimitError
from darnel.features.anomalies import COLUMNS, KINDS, NO_FEATURES, PER_KIND, Findings, values
from darnel.features.limits import MIB, Limits
from darnel.features.readers import open_package
from tests import builders

TARS = builders.hostile_tars()
ZIPS = builders.hostile_zips()


@pytest.mark.parametrize("how", ["xz", "gz"])
@pytest.mark.parametrize("case", TARS)
def test_hostile_tars(case: str, how: str) -> None:
    data, kind = TARS[case]
    package = open_package(builders.compress(data, how))
    members = list(package.members())
    assert kind in {anomaly.kind for anomaly in package.anomalies}
    assert case == "empty" or any(member.path == "setup.py" and member.data == b"x = 1\n" for member in members)
    for member in members:
        assert ".." not in member.path.split("/")
        assert not member.path.startswith("/")
        assert member.path.isprintable()
        member.path.encode()


@pytest.mark.parametrize("case", ZIPS)
def test_hostile_zips(case: str) -> None:
    data, kind = ZIPS[case]
    package = open_package(data)
    members = list(package.members())
    assert kind in {anomaly.kind for anomaly in package.anomalies}
    for member in members:
        assert ".." not in member.path.split("/")


@pytest.mark.parametrize("case", ["one zero block", "bad header"])
def test_members_behind_an_odd_block_are_found(case: str) -> None:
    assert "after.py" in {member.path for member in open_package(TARS[case][0]).members()}


def test_links_in_a_zip_are_read_as_the_files_that_installers_make_of_them() -> None:
    found = {member.path: member.data for member in open_package(ZIPS["symlink"][0]).members()}
    assert found["link.py"] == b"data.txt"


def test_truncated_zip_gives_what_is_there() -> None:
    found = {member.path: member.data for member in open_package(ZIPS["truncated"][0]).members()}
    assert found == {"setup.py": b"x = 1\n", "data.txt": b"0123456789" * 20}


def test_zip_whose_line_ends_were_changed_is_still_read_member_by_member() -> None:
    # Version control does this to stored zips that look like text.
    data = builders.zipped([("a.txt", b"one\r\ntwo\r\n" * 9), ("b.js", b"x\n"), ("c.js", b"y\n")], method=0)
    package = open_package(data.replace(b"\r\n", b"\n"))
    found = {member.path: member.data for member in package.members()}
    assert found == {"a.txt": b"one\ntwo\n" * 9, "b.js": b"x\n", "c.js": b"y\n"}
    assert {anomaly.kind for anomaly in package.anomalies} == {"corrupt", "lying-size", "bad-crc"}


def test_bad_gzip_checksum_loses_nothing() -> None:
    data = bytearray(builders.sdist())
    data[-6] ^= 1
    package = open_package(bytes(data))
    assert len(list(package.members())) == 3
    assert [anomaly.kind for anomaly in package.anomalies] == ["bad-crc"]


def test_damage_in_the_middle_keeps_what_came_before() -> None:
    files = {f"f{i:02}.txt": f"{i} {i * 7919} {i * 104729}\n" * 40 for i in range(60)}
    data = bytearray(builders.sdist(files=files))
    whole = len(list(open_package(bytes(data)).members()))
    data[len(data) // 2 : len(data) // 2 + 8] = b"\xff" * 8
    package = open_package(bytes(data))
    assert 10 < len(list(package.members())) < whole
    assert "corrupt" in {anomaly.kind for anomaly in package.anomalies}


def test_trailing_bytes_after_gzip() -> None:
    package = open_package(builders.sdist() + b"surplus")
    assert len(list(package.members())) == 3
    assert [anomaly.kind for anomaly in package.anomalies] == ["trailing-data"]


@pytest.mark.parametrize("data", [builders.sdist(), builders.wheel(), builders.sdist(how="")])
def test_download_appended_to_itself_is_read_once(data: bytes) -> None:
    once = open_package(data)
    members = list(once.members())
    for copies in (2, 3):
        package = open_package(data * copies)
        assert list(package.members()) == members
        assert [anomaly.kind for anomaly in package.anomalies] == ["repeated"]


def test_other_content_after_the_end_is_read() -> None:
    data = builders.sdist() + builders.sdist(files={"setup.py": "other", "more.py": ""})
    package = open_package(data)
    assert [m.data for m in package.members() if m.path == "setup.py"][1] == b"other"
    assert [anomaly.kind for anomaly in package.anomalies] == ["duplicate", "trailing-data", "repeated"]


def test_gzip_of_several_streams_with_padding() -> None:
    plain = builders.sdist(how="")
    data = gzip.compress(plain[:700]) + gzip.compress(plain[700:]) + bytes(100)
    package = open_package(data)
    assert len(list(package.members())) == 3
    assert package.anomalies == []


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zip"])
def test_bomb_stops_at_the_limit(how: str) -> None:
    size = 40 * MIB
    if how == "zip":
        data = builders.zipped([(f"z{i}.bin", bytes(size // 8)) for i in range(8)])
    else:
        data = builders.compress(builders.tar([builders.Raw(f"a-1/z{i}.bin", bytes(size // 8)) for i in range(8)]), how)
    limits = Limits(ratio_free_bytes=8 * MIB, member_bytes=2 * MIB, expansion_ratio=20)
    package = open_package(data, limits=limits)
    tracemalloc.start()
    total = sum(len(member.data) for member in package.members())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total <= 9 * MIB
    assert "expansion-limit" in {anomaly.kind for anomaly in package.anomalies}
    assert peak < 20 * MIB + 2 * len(data)


def test_entries_that_share_one_bomb_stop_at_the_limit() -> None:
    # Fifield's overlapping entries: many index entries point to the same compressed megabytes.
    data = builders.zipped([("a.bin", bytes(MIB))])
    central, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    entries = b"".join(data[central:end].replace(b"a.bin", b"%05d" % i) for i in range(300))
    record = bytearray(data[end:])
    record[8:12] = (300).to_bytes(2, "little") * 2
    record[12:16] = len(entries).to_bytes(4, "little")
    package = open_package(data[:central] + entries + record, limits=Limits(ratio_free_bytes=20 * MIB))
    assert sum(len(member.data) for member in package.members()) <= 20 * MIB
    assert {"expansion-limit", "header-mismatch"} <= {anomaly.kind for anomaly in package.anomalies}


def test_many_damaged_headers_cost_little() -> None:
    junk = b"\xff" * 257 + b"ustar" + b"\xff" * 250
    package = open_package(builders.compress(builders.sdist(how="")[:-1024] + junk * 50_000, "gz"))
    started = time.perf_counter()
    assert len(list(package.members())) == 3
    assert time.perf_counter() - started < 1


def test_member_is_cut_and_the_next_is_found() -> None:
    files: builders.Files = {"big.bin": b"b" * 5000, "small.py": "x"}
    for data in (builders.tarball(files, top="a-1"), builders.zipped(files)):
        package = open_package(data, limits=Limits(member_bytes=1000))
        big, small = package.members()
        assert (len(big.data), big.size, small.data) == (1000, 5000, b"x")
        assert [anomaly.kind for anomaly in package.anomalies] == ["member-cut"]


def test_members_limit() -> None:
    package = open_package(builders.sdist(files={f"{i}.txt": "" for i in range(40)}), limits=Limits(members=25))
    assert len(list(package.members())) == 25
    assert [anomaly.kind for anomaly in package.anomalies] == ["members-limit"]
    with pytest.raises(LimitError, match="members"):
        open_package(builders.zipped({f"{i}.txt": "" for i in range(60)}), limits=Limits(members=25))


def test_pax_bombs_cost_little() -> None:
    # The first makes tarfile quadratic in time and memory, the second in time (CVE-2024-6232).
    started = time.perf_counter()
    for records in (b"2 " * 32_000, b"1" * 65_000, b"9" * 400 + b" a=b\n"):
        data = builders._pax(records) * 20 + builders.sdist(how="")
        package = open_package(builders.compress(data, "gz"))
        assert len(list(package.members())) == 3
    assert time.perf_counter() - started < 2


def test_long_chain_of_extended_headers() -> None:
    data = builders._pax(b"16 path=sub/x.py\n"[:17]) * 3000 + builders.sdist(how="")
    assert len(list(open_package(builders.compress(data, "gz")).members())) == 3


def test_wheel_record() -> None:
    good = builders.wheel()
    package = open_package(good)
    assert list(package.members())
    assert package.anomalies == []
    record = builders.record_line("sample/__init__.py", b"other") + "gone.py,,\nsample-1.0.dist-info/RECORD,,\n"
    package = open_package(builders.wheel(files={"sample/__init__.py": "x", "sample/extra.py": "y"}, record=record))
    list(package.members())
    kinds = {(a.kind, a.path) for a in package.anomalies if "dist-info" not in a.path}
    assert kinds == {
        ("record-mismatch", "sample/__init__.py"),
        ("record-unlisted", "sample/extra.py"),
        ("record-absent", "gone.py"),
    }
    package = open_package(builders.wheel(record=""))
    list(package.members())
    assert [anomaly.kind for anomaly in package.anomalies] == ["record-none"]


def test_kinds_and_columns() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) == len(COLUMNS) + len(NO_FEATURES)
    findings = Findings()
    for _ in range(PER_KIND + 50):
        findings.add("symlink", "a", "x\x1by" * 200)
    findings.add("empty")
    findings.add("repeated")
    assert values(findings.items) == {"anomaly.symlink": PER_KIND, "anomaly.empty": 1}
    assert set(values(findings.items)) <= {column.name for column in COLUMNS}
    assert findings.items[0].detail.isprintable()
    with pytest.raises(ValueError, match="unknown anomaly kind"):
        findings.add("nonsense")
