"""The page in a real browser: hostile contents stay text, the policy bites, the table sorts and filters."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from darnel.reports import render
from darnel.verdict import Label
from tests.darnel.builders import verdict
from tests.darnel.reports.hostile import hostile_verdict

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason=f"none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)"
)

DRIVER = """
const names = () => [...document.querySelectorAll("table.packages tbody tr")].filter((row) => !row.hidden)
  .map((row) => row.cells[1].textContent).join(" ");
const button = (text) => [...document.querySelectorAll("th button")].find((b) => b.textContent === text);
const said = [names()];
button("score").focus(); document.activeElement.click(); said.push(names());
button("score").click(); said.push(names());
button("package").click(); said.push(names());
document.querySelector("input[value=clean]").click(); said.push(names());
const find = document.getElementById("find");
find.value = "evil-b"; find.dispatchEvent(new Event("input")); said.push(names());
said.push(document.getElementById("p0").hidden, document.getElementById("shown").textContent);
document.title = JSON.stringify(said);
"""


def dom(html: str, tmp_path: Path) -> str:
    """What the document is after its scripts ran."""
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8")
    assert CHROMIUM
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--virtual-time-budget=3000", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)
    assert "</html>" in done.stdout, done.stderr[-2000:]
    return done.stdout


def test_hostile_contents_stay_text_and_the_policy_bites(tmp_path: Path) -> None:
    html = render("html", [hostile_verdict()])
    # Even if something got through, the policy would have to stop it.
    smuggled = "<script>document.title='pwned'</script><img src='/x' onerror=\"document.title='pwned'\">"
    smuggled += "<style>#probe { color: rgb(1, 2, 3) }</style><p id=probe style='color: red'>probe</p>"
    after = dom(html.replace("<footer>", f"{smuggled}<footer>"), tmp_path)
    (title,) = re.findall("<title>(.*?)</title>", after)
    assert title == "darnel scan: 1 malicious"
    assert "1 of 1 shown" in after  # our own script did run
    assert after.count("<script") == 2  # ours, and the smuggled one that did not run
    assert after.count("<img") == 1


def test_the_table_sorts_and_filters_from_the_keyboard(tmp_path: Path) -> None:
    verdicts = [
        verdict(name="evil-b", score=0.2),
        verdict(name="evil-a", score=0.9),
        verdict(name="good", score=0.0001, label=Label.CLEAN),
    ]
    html = render("html", verdicts)
    source = f"'sha256-{b64encode(sha256(DRIVER.encode()).digest()).decode()}'"
    allowed = html.replace("script-src &#x27;", f"script-src {source} &#x27;")
    assert allowed != html
    after = dom(allowed.replace("</body>", f"<script>{DRIVER}</script></body>"), tmp_path)
    (title,) = re.findall("<title>(.*?)</title>", after)
    assert title == (
        '["evil-a evil-b good","good evil-b evil-a","evil-a evil-b good","evil-a evil-b good","evil-a evil-b","evil-b",'
        'true,"1 of 3 shown"]'
    )
