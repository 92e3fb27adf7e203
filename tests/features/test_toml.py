import tomllib
import tracemalloc

import pytest

from darnel.features import toml


def test_it_is_toml() -> None:
    text = '[tool.a.b]\nc = "x.y.z"\n' + "# ......\n" * 100
    assert toml.loads(text) == tomllib.loads(text) == {"tool": {"a": {"b": {"c": "x.y.z"}}}}
    with pytest.raises(ValueError, match="Expected"):
        toml.loads("a")


@pytest.mark.parametrize(
    "text", ["a" + ".a" * 100_000 + " = 1", "[a" + ".a" * 100_000 + "]", "x = {a" + ".a" * 9_000 + " = 1}"]
)
def test_keys_with_very_many_dots_cost_nothing(text: str) -> None:
    tracemalloc.start()
    with pytest.raises(ValueError, match="dots"):
        toml.loads(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(text) + 100_000
