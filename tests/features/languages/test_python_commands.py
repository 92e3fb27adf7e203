from __future__ import annotations

import pytest

from darnel.features.languages.python import analyse
from darnel.features.limits import DEFAULT_LIMITS


@pytest.mark.parametrize("value", ["cmd + ['x']", "cmd + " * 50 + "cmd", "[cmd, cmd, cmd]"])
def test_a_command_made_of_itself_has_an_end(value: str) -> None:
    source = (
        f"import subprocess\ncmd = ['a']\ndef f():\n    cmd = {value}\n    subprocess.run(cmd)\n    cmd = {value}\n"
    )
    facts = analyse(source.encode(), DEFAULT_LIMITS)
    assert "spawn.process" in {o.behaviour for o in facts.observations}
