"""The notebooks run, from top to bottom, on a small synthetic table with the columns of the real one."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from ipykernel.kernelspec import write_kernel_spec
from nbclient import NotebookClient
from numpy.typing import NDArray

from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, SCHEMA_VERSION
from darnel.training.storage import save_table
from darnel.training.table import FeatureTable
from tests.training import synthetic

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
KERNEL = "this-interpreter"
TEXT = [name for name in FILE_COLUMNS.names if name.startswith("text.")]
INSTEAD = {
    "names.distance": "name.look",
    "meta.description": "meta.hooks",
    **{
        f"text.noise{i}": name for i, name in enumerate(n for n in FILE_COLUMNS.names if n.startswith("text.")) if i < 6
    },
}
"""Columns of the synthetic table that darnel does not have, and those whose place they take."""


def with_real_columns(table: FeatureTable) -> FeatureTable:
    def spread(rows: NDArray[np.float32], old: tuple[str, ...], new: tuple[str, ...]) -> NDArray[np.float32]:
        wide = np.zeros((len(rows), len(new)), np.float32)
        wide[:, [new.index(INSTEAD.get(name, name)) for name in old]] = rows
        return wide

    return replace(
        table,
        package_rows=spread(table.package_rows, table.package_columns, PACKAGE_COLUMNS.names),
        package_columns=PACKAGE_COLUMNS.names,
        file_rows=spread(table.file_rows, table.file_columns, FILE_COLUMNS.names),
        file_columns=FILE_COLUMNS.names,
        schema_version=SCHEMA_VERSION,
    )


@pytest.fixture(scope="module", autouse=True)
def _place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("notebooks")
    save_table(with_real_columns(synthetic.synthetic_table(campaigns=40, benign=120, large=0.1)), folder / "table")
    write_kernel_spec(str(folder / "kernels" / KERNEL))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("MPLCONFIGDIR", str(folder / "matplotlib"))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("DARNEL_TABLE", str(folder / "table"))
        patch.setenv("DARNEL_SAMPLE", "160")
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


def _parsed(text: str) -> Any:
    return nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]


def run(name: str, expressions: dict[str, str]) -> tuple[dict[str, Any], set[str]]:
    """Execute a notebook; values of ``expressions`` at its end, and the kinds of output that it showed."""
    notebook = _parsed((FOLDER / name).read_text(encoding="utf-8"))
    asked = {"executable": "__import__('sys').executable", **expressions}
    wanted = ", ".join(f"{key!r}: {expression}" for key, expression in asked.items())
    last = f"print(__import__('json').dumps({{{wanted}}}))"
    notebook.cells.append(nbformat.v4.new_code_cell(last))  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, timeout=600, startup_timeout=300, kernel_name=KERNEL, resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    values: dict[str, Any] = json.loads(outputs[-1]["text"])
    assert values["executable"] == sys.executable
    return values, {kind for output in outputs for kind in output.get("data", {})}


def test_explore_data() -> None:
    values, kinds = run(
        "explore_data.ipynb",
        {
            "sizes": "{kind: int(count.sum()) for kind, count in sizes.items()}",
            "campaigns": "int(campaigns.loc['campaigns'].sum())",
            "separating": "list(separating.index)",
            "leaking": "list(leaking.index)",
            "months": "len(months)",
            "documented": "bool((auc['doc'] != '').all())",
        },
    )
    assert set(values["sizes"]) == {"npm", "pypi"}
    assert values["campaigns"] == 40
    assert values["months"] > 10
    assert {"cat.secret.import", "cat.send.import"} <= set(values["separating"])
    assert values["leaking"]
    assert all(name.startswith(("shape.", "popularity.")) for name in values["leaking"])
    assert values["documented"]
    assert {"image/png", "text/html"} <= kinds


def test_train_and_compare() -> None:
    values, kinds = run(
        "train_and_compare.ipynb",
        {
            "matched": "comparison['AUC, matched'].between(0, 1).all().item()",
            "auc": "comparison['AUC'].to_dict()",
            "gain": "float(inflation['random minus campaign', 'AUC']['clone'])",
            "saved": "saved",
            "model": "verdict.model",
            "raw": "verdict.raw_score",
            "error": "verdict.error",
            "malicious": "int((labels == 1).sum())",
        },
    )
    models = {"two-stage", "two-stage, other learner", "naive vector", "shortcut", "clone"}
    assert values["matched"]
    assert set(values["auc"]) == models
    assert max(values["auc"], key=values["auc"].get).startswith("two-stage")
    assert values["auc"]["two-stage"] > max(0.75, values["auc"]["naive vector"])
    assert values["gain"] > 0.2
    assert values["malicious"] == 80
    assert values["saved"] == ["file.txt", "manifest.json", "package.txt"]
    assert values["model"] == "from-notebook 0.1"
    assert 0 <= values["raw"] <= 1
    assert not values["error"]
    assert "image/png" in kinds


def test_reading_an_error() -> None:
    values, kinds = run(
        "reading_an_error.ipynb",
        {
            "kinds": "sorted(listed['kind'].unique())",
            "alarm": "[alarm['id'][0], before, after, alarm['score']]",
            "miss": "[miss['id'][0], miss['score'], lowest]",
            "documented": "bool((explained(alarm['files'][0]['columns'])['what it is'] != '').all())",
            "hashes": "[file['hash'] for file in alarm['files']]",
            "unusual": "unusual.shape[1]",
            "errors": "[int(rates['errors'].sum()), int(wrong.sum())]",
        },
    )
    assert set(values["kinds"]) <= {"false alarm", "miss"}
    name, before, after, score = values["alarm"]
    assert name == "b", "benign"
    assert before == pytest.approx(score)
    assert after < before, "its worst file spoke against it"
    assert values["miss"][0] == "m"
    assert values["miss"][1] == values["miss"][2], "the lowest of all malicious packages"
    assert values["documented"]
    assert all(re.fullmatch("[0-9a-f]{16}", digest) for digest in values["hashes"])
    assert values["unusual"] == 3
    assert values["errors"][0] == values["errors"][1] > 0
    assert "text/html" in kinds


def test_drift() -> None:
    values, kinds = run(
        "drift.ipynb",
        {
            "periods": "names",
            "tested": "int(aucs.notna().to_numpy().sum())",
            "auc": "float(np.nanmean(np.diag(aucs)))",
            "gap": "[float(gap.iloc[0]), len(gap)]",
            "new": "int(arrivals['new campaigns'].sum())",
            "campaigns": "int(bad['campaign'].nunique())",
            "documented": "bool((furthest['what it is'] != '').all())",
        },
    )
    count = len(values["periods"])
    assert count >= 3
    assert values["tested"] == count * (count + 1) // 2, "every model on its own period and all later ones"
    assert values["auc"] > 0.6
    assert values["gap"] == [0, count], "in the first period both are the same model"
    assert values["new"] == values["campaigns"]
    assert values["documented"]
    assert "image/png" in kinds


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.name)
def test_what_is_stored_is_small_and_of_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) < 300_000
    assert not re.search(r"(?<![\w.])/(home|tmp|root|Users|work|mnt)/|[A-Z]:\\\\", text)
    nbformat.validate(_parsed(text))
