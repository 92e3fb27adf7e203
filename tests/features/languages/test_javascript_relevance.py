"""No JavaScript file may be spared the parser that holds something the analyser reports. Fixtures are inert."""

from time import process_time

import pytest

from darnel.features.analyse import analyse_file
from darnel.features.content import sniff
from darnel.features.languages import javascript, lexicon
from darnel.features.languages.javascript_lexemes import cut
from darnel.features.languages.javascript_loads import links
from darnel.features.languages.javascript_relevance import relevant
from darnel.features.languages.registry import language_by_name
from darnel.features.limits import DEFAULT_LIMITS

PLAIN = b"""'use strict'
/** A module. See https://nodejs.org/api/ and eval("no code"); it can fetch the process.env of a friend. */
import shape, { area as size } from './shape'
import lodash from "lodash";
const helper = require('./lib/helper')
const PREFIX = 'no area: ' // it's nothing
export * from "./names"

export class Square extends shape.Shape {
  constructor(width, height) {
    super()
    this.width = width
    this.ratio = width / height / 2
  }

  name(path) {
    if (!/^['"`/\\w]+$/.test(path)) throw new Error(PREFIX + path + ' of ' + `${this.width} x ${f({ a: `b` })}`)
    return [path, lodash.trim(path)].join(', ').replace(/'/g, "\\n")
  }
}
setTimeout(() => helper.done(), 100)
"""


def spared(data: bytes, path: str = "x.js") -> bool:
    language = language_by_name("typescript" if path.endswith(".ts") else "javascript")
    raw = analyse_file(path, data, sniff(path, data), language, DEFAULT_LIMITS)
    return raw.get("unparsed") == "irrelevant"


def uses() -> list[str]:
    """Programs that use each entry of the lexicon, called by the name of its module or as a global."""
    found = []
    table = lexicon.load("javascript")
    known = set(table["to_global"].exact)
    for section in ("calls", "members"):
        entries = table[section]
        for name in (*entries.exact, *(f"{name}.anything" for name in entries.below)):
            root = name.partition(".")[0].removesuffix("()")
            end = "(x)" if section == "calls" else ".x"
            if root in known:
                found.append(f"{name}{end}\n")
                continue
            module = next(
                (m for m in sorted({name, *(name[:i] for i, c in enumerate(name) if c in ".(")}, key=len) if m), name
            )
            for start in (f'const m = require("{module}")\n', f"import m from '{module}'\n"):
                found.append(f"{start}m{name[len(module) :]}{end}\n")
        found += [f"function f(x) {{\n  x.{tail}(1)\n}}\n" for tail in entries.tails]
    return found + [f'require("{name}/lib")\n' for name in table["to_module"].exact]


def test_every_entry_of_the_lexicon_is_a_reason_to_parse() -> None:
    programs = [program for program in uses() if javascript.analyse(program.encode()).observations]
    assert len(programs) > 900
    assert [program for program in programs if not relevant(program.encode())] == []


def test_plain_code_is_spared_and_says_so() -> None:
    assert spared(PLAIN)
    assert spared(PLAIN.replace(b"(path) {", b"(path: string): string {"), "x.ts")


def test_links_of_a_spared_file_are_those_that_the_analyser_gives() -> None:
    assert links(PLAIN) == javascript.analyse(PLAIN).links == ["./shape", "./names", "./lib/helper"]
    typed = b"import type { A } from './a'\nimport B from './b'\nexport type { C } from './c'\n[require('./d')]\n"
    assert links(typed) == javascript.analyse(typed, dialect="typescript").links
    assert not spared(b"function late() {\n  return require('./late')\n}\n")


@pytest.mark.parametrize(
    "code",
    [
        "const c = require('child_' + 'process')\nc['ex' + 'ec'](x)",
        "const c = require(`child_${'process'}`)",
        "const n = 'child_process'\nrequire(n).exec(x)",
        "const r = require\nr('child_process').exec(x)",
        "module['requi' + 're']('child_process').exec(x)",
        "require('ch\\ild_process').exec(x)",
        "require('\\x63hild_process').exec(x)",
        "import * as c from /* no */ 'child_process'\nc.exec(x)",
        "import('child_process').then(c => c.exec(x))",
        "import c from 'node:child_process'\nconst { exec: f } = c\nf(x)",
        "import f from 'fs-extra'\nf.writeFile(x, y)",
        "\\u0065val(x)",
        "window['ev' + 'al'](x)",
        "globalThis[x](y)",
        "const w = window\nw.fetch(x)",
        "const { fetch: f } = globalThis\nf(x)",
        "(0, eval)(x)",
        "const e = eval\ne(x)",
        "new Function('a', x)()",
        "fetch /* no */ (x)",
        "fetch?.(x)",
        "const x = new XMLHttpRequest()\nx.open('GET', y)",
        "new WebSocket(x)",
        "x = atob(y)",
        "x = Buffer.from(y, 'base64')",
        "x = process.env.NPM_TOKEN",
        "const { env } = process\nx = env.NPM_TOKEN",
        "x = process . env [ y ]",
        "x = document.cookie",
        "x.open('POST', y)",
        "setTimeout('x()', 1)",
        "setTimeout(x, 60 * 1000)",
        "setInterval(function () { x() }, 60000)",
        "document.addEventListener('keydown', x)",
        "try { x() } catch (e) { /* no */ }",
        "x.constructor.constructor('y')()",
        "const u = 'http://185.99.2.3:8080/x'",
        "const u = 'https://unknown-host-of-nobody.top/x'",
        "const u = `https://unknown-host-of-nobody.top/${x}`",
        "const u = 'https://discord.com/api/web' + 'hooks/1/x'",
        "const a = 'https://discord.com/api/web'\nconst u = a + 'hooks/1/x'",
        "const a = 'https://discord.com/api/web'\nconst b = a\nconst u = `${b}hooks/1/x`",
        "const a = 'https://discord.com/api/web'\nconst u = a.concat('hooks/1/x')",
        "const u = ['https://discord.com', 'api', 'webhooks/1/x'].join('/')",
        "const p = ['https://discord.com/api/web', 'hooks/1/x']\nconst u = p[0] + p[1]",
        "const u = 'https://discord.com/api/xxxhooks/1/x'.replace('xxx', 'web')",
        "const u = 'x/1/skoohbew/ipa/moc.drocsid//:sptth'.split('').reverse().join('')",
        "const u = 'https:\\/\\/discord.com\\/api\\/webhooks\\/1\\/x'",
        "const u = 'aHR0cHM6Ly91bmtub3duLWhvc3Qtb2Ytbm9ib2R5LnRvcC94'",
        "const u = 'aHR0cHM6Ly91bmtub3duLWhvc3' + 'Qtb2Ytbm9ib2R5LnRvcC94'",
        "x = String.fromCharCode(104, 105)",
        "var _0x1a2b = ['a', 'b']",
        "x = <p>it's {eval(y)} John's</p>",
        "if (x) /'/.test(y); eval(z); /'/.test(y)",
        "x = y / 2; eval(z); y / '/'",
        "x = (y) / /'/; eval(z); /'/",
        "// \u2028eval(x)",
        "<!-- `\neval(x)\n<!-- `",
        "x = `${`${eval(y)}`}`",
        "x = y++ / 2; fetch(`/`)",
    ],
)
def test_what_is_spelled_otherwise_is_parsed(code: str) -> None:
    assert javascript.analyse(code.encode()).observations or relevant(code.encode())
    assert not spared(code.encode())


@pytest.mark.parametrize(
    "code",
    [
        "x = y / 2 / 3 // it's a half",
        "const { a = /[/'\"`]/, b } = c",
        "x = cond ? /['`]/ : y / z",
        "return_ = a\n/ 'b' / c",
        "x = 'Jan_Feb_Mar'.split('_')",
        "x = ' '.repeat(y) + z",
        "let message = 'no '\nmessage += x\nmessage = message + 'yes'",
        "if (process.env.NODE_ENV !== 'production') { x() }",
        "x.request(y).get(z).on('data', w)",
        "x = JSON.parse(y)",
    ],
)
def test_ordinary_code_is_not(code: str) -> None:
    assert javascript.analyse(code.encode()).observations == []
    assert relevant(code.encode()) == ""


def test_code_is_told_from_strings_and_comments() -> None:
    parts = cut(b"a /* b */ = 'c' + `d${e + \"f\"}g` + /h'/g // i\n")
    assert parts is not None
    assert parts.code == b"a \4 = \1 + \5e + \1\7 + \3 \4\n"
    assert parts.strings == [b"'c'", b'"f"']
    assert parts.templates == [b'`d${e + "f"}g`']
    assert cut(b"a = 'b\n'") is None
    assert cut(b"a = `${b") is None
    assert cut(b"if (a) /'/.test(b)") is None


@pytest.mark.parametrize(
    "piece",
    [
        "a=`${", "a=(", "(", "( ", "/*", "a/", ")/[", "'a'+", "'a' ", "a+", "a='b';", "[", "{a:", "import ", "<a", "\\",
        "require ", "fetch<", "self,", "setTimeout((a):", "'a'.split('b')", "eval(?", "a=b;b=c;", "x.request[",
    ],
)  # fmt: skip
def test_time_grows_with_the_length_alone(piece: str) -> None:
    started = process_time()
    relevant(piece.encode() * 30_000)
    assert process_time() - started < 5
