"""Validation against the published JSON Schema of the JSON report."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


@cache
def schema() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files("darnel.reports") / "report-1.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(data)
    return data


def validate(report: Any) -> None:
    """Raise if a report does not fit, or holds a key that the schema does not describe."""
    Draft202012Validator(_strict(schema())).validate(report)


def _strict(node: Any) -> Any:
    """The same schema, but unknown keys are refused."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: _strict(value) for key, value in node.items()}
    if "properties" in node and node.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result
