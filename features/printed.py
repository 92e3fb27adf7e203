"""Whether a text of a program is only shown to its user: printed, logged, raised, or offered as help.

``console.log("run: curl … | sh")`` starts nothing. What stands between the statement's beginning and the text is read
as tokens, not parsed: whatever is odd, long or computed counts as not printed.
"""

from __future__ import annotations

import re

from darnel.features.facts import Literal

REACH = 4_000
"""Bytes of a statement before a text that are read."""

_PLAIN = frozenset({"", "concat", "join"})
"""How texts of several lines are put together."""
_STRINGS = rb"\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'"
_TOKENS = {
    "python": re.compile(_STRINGS + rb"|#[^\n]*|[()\[\]{}]", re.DOTALL),
    "javascript": re.compile(_STRINGS + rb"|`(?:[^`\\]|\\.)*+`|//[^\n]*|/\*.*?\*/|[()\[\]{}]", re.DOTALL),
}
_CALLEE = re.compile(rb"[\w$.?]{1,80}\Z")
_SHOWS = re.compile(
    rb"(?:[\w$]+\.)*(?:console|log|_?logger|logging|npmlog|consola|signale|spinner)\."
    rb"(?:log|info|warn|warning|error|debug|print|fatal|critical|exception|success|note|notice|verbose|fail|succeed)|"
    rb"pprint|print|(?:click|typer)\.s?echo|(?:process|sys)\.std(?:out|err)\.write|sys\.exit|warnings\.warn|"
    rb"[\w$.]*(?:Error|Exception|Warning|SystemExit|ArgumentParser|\.add_argument)",
    re.IGNORECASE,
)
_KEEPS = re.compile(
    rb"|[\w$.]*\.(?:join|format|dedent|trim|strip)|dedent|(?:chalk|pc|kleur|colors|picocolors|c)(?:\.\w+)+|gettext|_|"
    rb"[\w$.]*\b(?:bold|red|green|yellow|cyan|blue|magenta|gr[ae]y|dim|white|underline|style)",
    re.IGNORECASE,
)
"""Calls that make no more than another text of a text; ``""``: a bracket that calls nothing."""
_STATEMENT = re.compile(rb"print\s+[\"'rufRUF]")
"""Of Python 2."""
_ELSEWHERE = re.compile(
    rb"\bprint\s*=[^=]|\b(?:def|function)\s+print\b|\bconsole(?:\s*\.\s*\w+)?\s*=[^=]|"
    rb"\b(?:process|sys)\s*\.\s*std(?:out|err)(?:\.write)?\s*=[^=]|redirect_stdout"
)
"""Printing goes elsewhere in such a file."""
_FILE = re.compile(rb"[^\n;]*?\bfile\s*=\s*(?!sys\.std)")

_ECHO = re.compile(
    rb"\s*(?:[^(`\n]*(?:&&|\|\||;|\{|\b(?:then|do|else))\s*)?(?:@?echo|printf)(?:\s+-\w+)*\s[^|&;<>(`\n]*\Z",
    re.IGNORECASE,
)
_CAT = re.compile(rb"\s*cat\s*(?:1?>&2\s*)?<<-?\s*[\"'\\]?\w+[\"']?\s*(?:1?>&2)?\s*\Z")
_AFTER = re.compile(rb"(?:[^|&;<>\n]|1?>&2)*+(?:\Z|\n|;|&&|\|\|)")
_GATHERED = re.compile(rb"(?:[})]|\b(?:done|fi|esac))[ \t]*(?:\||\d?>+[ \t]*[^&\s])|\bexec[ \t]+\d?>+")
"""What several commands print goes into a file or another command."""


def printed(source: bytes, language: str, literal: Literal) -> bool:
    """Whether a literal is nothing but shown.

    Parameters
    ----------
    source : bytes
        What was analysed: the places of ``literal`` are offsets in it.
    language : str
        ``"python"``, ``"shell"``, or the name of another analyser, which is read like JavaScript.
    literal : Literal
        One whose spelling hides something never counts as shown.
    """
    if not _PLAIN.issuperset(literal.how.split("+")) or not 0 <= literal.statement <= literal.order <= len(source):
        return False
    if language == "shell":
        return _echoed(source, literal)
    statement = source[literal.statement : literal.order]
    if len(statement) > REACH or _ELSEWHERE.search(source) is not None:
        return False
    open_: list[tuple[bytes, int]] = []
    for token in _TOKENS["python" if language == "python" else "javascript"].finditer(
        source, literal.statement, min(len(source), literal.order + REACH)
    ):
        if token.end() > literal.order:
            if token.start() < literal.order:
                return False  # a part of another text
            break
        mark = token[0]
        if mark in b"([{":
            open_.append((mark, token.start()))
        elif mark in b")]}" and open_:
            open_.pop()
    for mark, at in reversed(open_):
        if mark == b"{":
            return False
        if mark == b"[":
            continue
        match = _CALLEE.search(source[max(literal.statement, at - 80) : at].rstrip())
        callee = match[0].replace(b"?", b"") if match else b""
        if _SHOWS.fullmatch(callee):
            return _FILE.match(source, literal.order, literal.order + REACH) is None
        if not _KEEPS.fullmatch(callee):
            return False
    return language == "python" and _STATEMENT.match(statement) is not None


def _echoed(source: bytes, literal: Literal) -> bool:
    size = len(literal.value.encode("utf-8", "replace"))
    quoted = literal.order - size - 2
    if _GATHERED.search(source) is not None or quoted < 0:
        return False
    if source[quoted : quoted + 1] == source[literal.order - 1 : literal.order] in (b'"', b"'"):
        before = source[source.rfind(b"\n", 0, quoted) + 1 : quoted]
        return _ECHO.match(before) is not None and _AFTER.match(source, literal.order) is not None
    start = literal.order - size
    line = source[source.rfind(b"\n", 0, max(0, start - 1)) + 1 : start]
    return _CAT.match(line) is not None
