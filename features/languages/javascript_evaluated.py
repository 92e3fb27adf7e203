"""What is handed to ``eval`` or ``Function`` and yet hides nothing: the global object, and modules in the open."""

from __future__ import annotations

import re

MAX_CONSTANT, MAX_MADE_BYTES, MAX_FILE_BYTES = 120, 2_000, 50_000
"""What is longer (characters, then bytes) is not looked at, and counts as hiding something."""
MAX_LISTS = 3
_GLOBAL = re.compile(
    r"""\s*(?:["']use\ strict["']\s*;\s*)?
    (?:return\b\s*)?
    (?:
        \(?\s*(?:this|globalThis|window|self|global)\s*\)?
        | \(\s*function\s*\(\s*\)\s*\{\s*return\s+this\s*;?\s*\}\s*
          (?:\)\s*\(\s*\) | \(\s*\)\s*\) | \)\s*\.\s*call\(\s*(?:this|null|undefined|void\s0)?\s*\))
    )
    [\s;]*""",
    re.VERBOSE,
)
_PATH = rb"[\"']\.{1,2}/[\w./-]+\.[cm]?js[\"']"
_RESOLVED = rb"require\s*\.\s*resolve\s*\(\s*" + _PATH + rb"\s*\)"
_FUNCTION = rb"(?:function\s*\(\s*(?P<a>[\w$]+)\s*\)\s*\{\s*return\b|(?:\(\s*)?(?P<b>[\w$]+)\s*(?:\)\s*)?=>)"
_READ = re.compile(rb"\breadFileSync\s*\(\s*(?:(?P<name>[\w$]+)|" + _RESOLVED + rb")\s*,\s*[\"']utf-?8[\"']\s*\)")
_EACH = re.compile(rb"(?<![\w$.])([\w$]+(?:\.[\w$]+){0,2})\s*\.\s*map\s*\(\s*" + _FUNCTION)
_LIST = (
    rb"\s*=\s*(?:[\w$.]+\s*=\s*)?\[\s*(?:"
    + (rb"(?:" + _RESOLVED + rb"\s*(?:,\s*)?)+\]\s*?[;\n]")
    + (rb"|(?:" + _PATH + rb"\s*(?:,\s*)?)+\]\s*\.\s*map\s*\(\s*" + _FUNCTION)
    + rb"\s*require\s*\.\s*resolve\s*\(\s*(?:(?P=a)|(?P=b))\s*\)\s*;?\s*\}?\s*\)\s*[;\n])"
)
"""A list of modules of the package: each resolved, or the names and then all of them."""
_ALTERED = re.compile(
    rb"replace|reverse|split|slice|substr|[cC]har|[cC]ode\w*\s*\(|[cC]ipher|[cC]rypt|inflate|unzip|[cC]ompress|escape|atob"
    rb"|Buffer|toString\s*\(\s*[^)\s]|\^|\bparse|fetch|http|request|import\b|base64|\bhex\b|latin1|process|_0x"
)
"""With any of this the text that is executed may be another one than that of the files."""
_DECODED = re.compile(rb"\batob\b|\bBuffer\b|[cC]harCode|[dD]ecipher|[dD]ecrypt|inflate|gunzip|_0x[0-9a-f]{4,6}\b")


def asks_for_global(code: str) -> bool:
    """Whether code does nothing but ask for the global object, as half of all bundles do."""
    return len(code) <= MAX_CONSTANT and _GLOBAL.fullmatch(code) is not None


def of_own_modules(made: bytes, data: bytes) -> bool:
    """Whether code is put together from modules of the package, which are read and analysed like all of its modules.

    Parameters
    ----------
    made : bytes
        The call, of a function written in place, that returns the code.
    data : bytes
        The file. The names of the modules stand there in ``require.resolve``, where they are read or in a list.
    """
    if len(made) > MAX_MADE_BYTES or len(data) > MAX_FILE_BYTES:
        return False
    reads = list(_READ.finditer(made))
    if not reads or made.count(b"readFile") != len(reads) or _ALTERED.search(made) or _DECODED.search(data):
        return False
    over = list(_EACH.finditer(made))[:MAX_LISTS]
    elements = {each["a"] or each["b"] for each in over if _lists_modules(each[1], data)}
    return all(read["name"] is None or read["name"] in elements for read in reads)


def _lists_modules(name: bytes, data: bytes) -> bool:
    """Whether a name stands for a list of modules of the package, is written once, and gets nothing added."""
    place = rb"(?<![\w$.])" + re.escape(name)
    writes = re.findall(place + rb"\s*(=(?!=)|\[|\.\s*(?:push|unshift|splice|fill|concat)\b)", data)
    return writes == [b"="] and re.search(place + _LIST, data) is not None
