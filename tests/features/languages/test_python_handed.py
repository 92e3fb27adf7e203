"""Fixtures here are hand-written and inert: hosts under example.invalid, no working payload."""

from time import perf_counter

import pytest

from darnel.features.analyse import analyse_file
from darnel.features.content import sniff
from darnel.features.facts import Observation
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS


def observations(source: str) -> list[Observation]:
    """What a scan sees: the byte filter decides first whether the file is parsed."""
    data = source.encode()
    raw = analyse_file("x.py", data, sniff("x.py", data), language_for("x.py", data), DEFAULT_LIMITS)
    return [Observation._make(observation) for observation in raw["observations"]]


def seen(source: str) -> set[str]:
    return {observation.behaviour for observation in observations(source)}


@pytest.mark.parametrize(
    "source",
    [
        "import os\nfrom threading import Thread\nThread(target=os.system, args=('pip install x',)).start()\n",
        "import os, threading\nf = os.system\nthreading.Thread(target=f, args=['pip install x']).start()\n",
        "import os, atexit\natexit.register(os.system, 'pip install x')\n",
        "from os import system\nlist(map(system, ['ls', 'pip install x']))\n",
        "import subprocess\ndef f(pool):\n    pool.submit(subprocess.run, ['pip', 'install', 'x'])\n",
        "import subprocess\nfrom functools import partial\ng = partial(subprocess.run, ['pip', 'install', 'x'])\n",
        "import subprocess as s, threading\nthreading.Thread(target=s.Popen, args=(['pip', 'install', 'x'],))\n",
        "import os, _thread\n_thread.start_new_thread(os.system, ('pip install x',))\n",
        "import os\n[print, os.system][1]('pip install x')\n",
        "import os\nd = {'a': print, 'b': os.system}\nd['b']('pip install x')\n",
        "import os, threading\nthreading.Timer(1, getattr(os, 'sys' + 'tem'), ['pip install x']).start()\n",
    ],
)
def test_what_a_function_gets_that_is_handed_on_is_seen(source: str) -> None:
    assert "command:spawn.packager" in {observation.api for observation in observations(source)}


@pytest.mark.parametrize(
    ("source", "behaviour"),
    [
        ("run(exec, text)\n", "code.evaluate"),
        ("call = {'e': eval}\n", "code.evaluate"),
        ("def f(text, run=exec):\n    run(text)\n", "code.evaluate"),
        ("import requests\nlist(pool.map(requests.get, addresses))\n", "net.fetch"),
        ("import urllib.request\nretry(urllib.request.urlopen, address)\n", "net.fetch"),
        ("import requests\nretry(\n    requests.post,  # again\n    address,\n)\n", "net.send"),
    ],
)
def test_whatever_it_is_given_to(source: str, behaviour: str) -> None:
    assert behaviour in seen(source)


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\nisinstance(x, subprocess.Popen)\n",
        "import subprocess\nisinstance(x, (subprocess.run, str))\n",
        "import subprocess\ndef f(x: subprocess.Popen, y: list[subprocess.Popen]): ...\n",
        "import os, unittest.mock\nunittest.mock.patch.object(os, 'system', wraps=os.system)\n",
        "import os\nx = f in (os.system, os.popen)\n",
        "import os\nassert_called_with(os.system)\n",
        "import os\nx = {os.system: 'a'}\n",
        "def system(x): ...\nrun(system, 'x')\n",
        "from types import FunctionType\nisinstance(x, FunctionType)\ny = (FunctionType, int)\n",
        "parser.add_argument('--x', type=eval)\n",
    ],
)
def test_asking_about_a_function_is_not_handing_it_on(source: str) -> None:
    assert seen(source) == set()


@pytest.mark.parametrize(
    ("loop", "top"),
    [
        ("bot.infinity_polling()", True),
        ("bot.run(token)", True),
        ("Thread(target=bot.polling).start()", True),
        ("other.run()", False),
        ("def start():\n    bot.run()", False),
        ("if __name__ == '__main__':\n    bot.run()", False),
    ],
)
def test_functions_of_a_bot_that_is_started_run(loop: str, top: bool) -> None:
    source = f"import os\nbot = Bot()\n@bot.on('x')\n@other\nasync def f(m):\n    os.system(m)\n{loop}\n"
    assert [o.top for o in observations(source) if o.behaviour == "spawn.shell"] == [top]


@pytest.mark.parametrize(
    "source",
    [
        "run(exec #" + " " * 300_000 + "x",
        "run(exec, " * 20_000,
        "@a.b\n" * 50_000 + "a.run()\n",
        "a = [" * 3_000 + "exec" + "]" * 3_000,
        "(lambda: " * 3_000,
    ],
)
def test_hostile_sources_take_no_time(source: str) -> None:
    start = perf_counter()
    observations(source)
    assert perf_counter() - start < 8
