from pathlib import Path

import pytest

from darnel.training.config import Config, ConfigError, load_config


def test_default_file_says_everything() -> None:
    config = load_config()
    assert config.file_model["rounds"] > 0
    assert list(config.operating_points) == ["high-confidence", "balanced", "triage"]
    assert config.masks(("shape.files", "meta.a")) == ("shape.files",)


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("seed = 7\n[file_model]\nrounds = 3\n[weak_labels]\nmargin = 1\n")
    config, default = load_config(path), load_config()
    assert (config.seed, config.file_model["rounds"], config.weak_labels.margin) == (7, 3, 1)
    assert config.file_model["num_leaves"] == default.file_model["num_leaves"]
    assert config.base_rate == default.base_rate


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sead = 1", "unknown setting 'sead'"),
        ("seed = 'one'", "'seed' must be of type int"),
        ("seed = true", "'seed' must be of type int"),
        ("weak_labels = 3", "'weak_labels' has the wrong type"),
        ("[weak_labels]\nrownds = 3", "unknown setting weak_labels.'rownds'"),
        ("[operating_points]\nstrict = 2.0", "rates between 0 and 1"),
        ("seed = ", "no valid TOML"),
    ],
)
def test_refuses(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.toml")


def test_dataclass_defaults_equal_the_file() -> None:
    config, bare = load_config(), Config()
    for name in ("seed", "base_rate", "masked", "outer", "inner", "operating_points", "weak_labels", "matched"):
        assert getattr(config, name) == getattr(bare, name), name
