"""Guards and hiding that are neither calls nor names: conditions, swallowed errors, padding, install commands."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from darnel.features import syntax
from darnel.features.taxonomy import CATEGORY

if TYPE_CHECKING:
    from darnel.features.languages.python_findings import Findings

CONDITION = re.compile(
    rb"(?=[CDGHPQSUVWXcdghklopqstuvwx])(?:"  # what any of it begins with: most places are passed over fast
    rb"(?P<platform>\bsys\.platform\b|\bos\.name\b|\bplatform\.(?:system|machine|release|platform|uname)\b)"
    rb"|(?P<user>gethostname|getuser|getlogin|platform\.node|COMPUTERNAME|USERNAME|getnode|\bhostname\b|\busername\b)"
    rb"|(?P<locale>getdefaultlocale|getlocale|tzname|timezone|GetUserDefault|keyboard_?layout|country_?code|\blang(?:uage)?\b)"
    rb"|(?P<sandbox>(?i:vmware|virtualbox|vbox|qemu|sandbox|wireshark|debugger|xen|hyper-?v|virustotal|processhacker|cuckoo))"
    rb"|(?P<trace>gettrace\(\)))"
)
_LETTERS = bytes(c + 32 if 65 <= c < 91 else c if 97 <= c < 123 else 32 for c in range(256))
"""Makes letters small, and blanks of what is none."""
_HINTS = frozenset(
    b"platform name gethostname getuser getlogin computername username getnode hostname getdefaultlocale getlocale"
    b" tzname timezone getuserdefault keyboard layout keyboardlayout country code countrycode lang language vmware"
    b" virtualbox vbox qemu sandbox sandboxie wireshark debugger xen hyper hyperv virustotal processhacker cuckoo"
    b" gettrace vboxservice vboxtray vmtoolsd xenservice system".split()
)
_NAMED = {
    b"hostname": re.compile(
        rb"gethostname|getfqdn|platform\.(?:node|uname)|os\.uname|COMPUTERNAME|HOSTNAME|subprocess|popen"
    ),
    b"username": re.compile(
        rb"getuser|getlogin|USERNAME|LOGNAME|[\"']USER[\"']|getpw|whoami|\bhome\b|expanduser|subprocess|popen"
    ),
}
"""Names that any address or account may have, and what a file asks for if they are those of the machine."""
_BEHAVIOUR = {
    "platform": "guard.host",
    "user": "guard.host",
    "locale": "guard.locale",
    "sandbox": "guard.sandbox",
    "trace": "guard.sandbox",
}
_SWALLOW = re.compile(
    rb"except\s*(?:\(?\s*(?:BaseException|Exception)\s*,?\s*\)?\s*(?:as\s+\w+\s*|,\s*\w+\s*)?)?:\s*(?:#[^\n]*\s*)*"
    rb"(?:pass|\.\.\.|continue|return(?:\s+(?:None|False|True|0|''|\"\"))?|(?:sys\.|os\.)?_?exit\(\d?\))\s*;?\s*(?:#[^\n]*)?\s*\Z"
)
_ACTS = frozenset(
    {"code", "spawn", "fetch", "send", "secret", "native", "load", "mark", "persist", "spread", "destroy"}
)
_INSECURE = re.compile(rb"(?:verify(?:_ssl|_certs|_mode)?\s*=\s*(?:False|0)|(?:check_hostname|ssl)\s*=\s*False)\b")
PADDED = 80
"""Blanks that push code off the screen."""
MACHINE_NAMES = 3
"""Names of a file that have to look machine-made."""


def conditions(findings: Findings) -> None:
    """Record comparisons with platform, user, host, locale or analysis tools."""
    data = findings.source.data
    asked: dict[bytes, bool] = {}
    """Of names that any address or account may have: whether the file asks for those of the machine."""
    for node in findings.source.get("compare"):
        start, end = node.start_byte, node.end_byte
        text = data[start:end] if end - start < 300 else data[start : start + 300]
        if _HINTS.isdisjoint(text.translate(_LETTERS).split()):
            continue
        match = CONDITION.search(text)
        if match is not None and match.lastgroup:
            name = match[0]
            if name in _NAMED and name not in asked:
                asked[name] = _NAMED[name].search(data) is not None
            if asked.get(name, True):
                findings.observe(_BEHAVIOUR[match.lastgroup], node, f"compare:{match.lastgroup}")


def swallowed(findings: Findings) -> int:
    """Record handlers for everything that do nothing around code that acts; return how many do nothing."""
    source = findings.source
    data = source.data
    tries = [(node.start_byte, node.end_byte) for node in source.get("try")]
    acts = sorted(seen.start for seen in findings.seen if CATEGORY[seen.behaviour] in _ACTS)
    starts = [start for start, _ in tries]
    count = 0
    for node in source.get("except"):
        start, end = node.start_byte, node.end_byte
        if end - start > 240 or _SWALLOW.match(data[start:end]) is None:
            continue
        count += 1
        i = bisect_right(starts, start) - 1
        for j in range(i, max(i - 20, -1), -1):
            if tries[j][1] >= end:
                if bisect_left(acts, tries[j][0]) < bisect_left(acts, start):
                    findings.observe("hide.swallow", node, "except:pass")
                break
    return count


def padding(findings: Findings) -> None:
    """Record code pushed off the screen by blanks."""
    source = findings.source
    for start, end in syntax.paddings(source.data, PADDED, 200):
        node = source.root.descendant_for_byte_range(end, end + 1)
        before = source.root.descendant_for_byte_range(start, start + 1)
        inside = node is not None and before is not None and before.id == node.id and node.child_count == 0
        if (
            node is not None
            and not inside
            and node.type not in {"comment", "string", "string_content", "string_start", "line_continuation"}
        ):
            findings.observe("hide.padding", node, "blanks")


def insecure(findings: Findings) -> None:
    """Record switched-off certificate checks, whatever they are an argument of."""
    source = findings.source
    for start, word in unverified(source.data):
        node = source.root.descendant_for_byte_range(start, start + 1)
        if node is not None and node.type == "identifier" and node.start_byte == start:
            findings.observe("net.insecure", node, word.decode())


def unverified(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Where text switches a certificate check off, and the word that does."""
    for word in (b"verify", b"check_hostname", b"ssl"):
        end = 0
        for _ in range(1_000):
            start = data.find(word, end)
            if start < 0:
                break
            end = start + len(word)
            if _INSECURE.match(data, start) is not None:
                yield start, word


def commands(findings: Findings) -> None:
    """Record classes that override install and build commands; their methods run with the file."""
    source, names = findings.source, findings.names
    if not findings.commands and b"setuptools" not in source.data and b"distutils" not in source.data:
        return
    table = findings.lexicon["to_command"]
    for node, name in source.classes:
        bases = node.child_by_field_name("superclasses")
        kind = ""
        for base in bases.named_children[:10] if bases is not None else ():
            resolved = names.value(base).dotted if base.type in {"identifier", "attribute", "call"} else ""
            ids, _ = table.get(resolved)
            kind = kind or (ids[0] if ids else "")
        if not kind and name not in findings.commands:
            continue
        if kind != "build":
            findings.observe("install.hook", node, f"class:{kind or 'cmdclass'}")
        for body in source.get("function.body"):
            if node.start_byte < body.start_byte < node.end_byte:
                findings.immediate.append(body.start_byte)


def machine_names(findings: Findings, odd: int, distinct: int) -> None:
    """Record that many of the file's names look machine-made: ``odd`` of ``distinct``."""
    first = findings.source.root.child(0) if findings.source.root.child_count else None
    if odd >= MACHINE_NAMES and odd * 5 >= distinct and first is not None:
        findings.observe("hide.names", first, f"machine:{min(odd, 99)}")
