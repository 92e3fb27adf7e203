"""A feature table whose truth is known: malicious packages have *one* file in which two behaviours meet.

Benign packages show the same behaviours, in different files: pooled over files both classes look the same, so a model
of package vectors has little to go by, least of all in large packages.
"""

from __future__ import annotations

import hashlib

import numpy as np

from darnel.features.roles import Role
from darnel.training.table import FeatureTable, TableBuilder

FILE_COLUMNS = (
    *(f"file.role.{role}" for role in Role),
    "cat.secret.import",
    "cat.send.import",
    "cat.spawn.called",
    "obs.total",
    "local.grave",
    *(f"text.noise{i}" for i in range(6)),
)
PACKAGE_COLUMNS = ("shape.files", "shape.bytes", "meta.description", "names.distance")
SCHEMA = "synthetic"


def synthetic_table(
    campaigns: int = 60, benign: int = 240, large: float = 0.4, seed: int = 0, unreadable: int = 0
) -> FeatureTable:
    """A table with ``campaigns`` malicious campaigns (of 1 to 6 clones) and ``benign`` benign projects.

    A share ``large`` of either class has 40 to 80 files, the others 2 to 6.
    """
    rng = np.random.default_rng(seed)
    builder = TableBuilder(PACKAGE_COLUMNS, FILE_COLUMNS, SCHEMA)
    place = {name: i for i, name in enumerate(FILE_COLUMNS)}

    def files(count: int, *, bad: bool) -> list[tuple[str, np.ndarray]]:
        rows = np.zeros((count, len(FILE_COLUMNS)), np.float32)
        roles = rng.choice([str(role) for role in (Role.MODULE, Role.ENTRY, Role.INSTALL, Role.TEST)], count)
        for row, role in zip(rows, roles.tolist(), strict=True):
            row[place[f"file.role.{role}"]] = 1
        rows[:, place["text.noise0"] :] = np.round(rng.normal(size=(count, 6)), 2)
        kind = rng.integers(0, 4, count)
        kind[:2] = rng.permutation([0, 1])
        rows[kind == 0, place["cat.secret.import"]] = rng.integers(1, 4)
        rows[kind == 1, place["cat.send.import"]] = rng.integers(1, 4)
        rows[kind == 2, place["cat.spawn.called"]] = 1
        if bad:
            victim = rng.integers(count)
            rows[victim, place["cat.secret.import"]] = rng.integers(1, 4)
            rows[victim, place["cat.send.import"]] = rng.integers(1, 4)
        else:  # as often, but apart
            for column, place_of in zip(("secret", "send"), rng.permutation(count)[:2], strict=True):
                other = "send" if column == "secret" else "secret"
                if not rows[place_of, place[f"cat.{other}.import"]]:
                    rows[place_of, place[f"cat.{column}.import"]] = rng.integers(1, 4)
        rows[:, place["obs.total"]] = rng.integers(0, 9, count)
        return [(hashlib.sha256(row.tobytes()).hexdigest(), row) for row in rows]

    def size() -> int:
        return int(rng.integers(40, 81)) if rng.random() < large else int(rng.integers(2, 7))

    def package_row(count: int) -> np.ndarray:
        return np.array([count, 1000 * count, rng.integers(0, 2), rng.normal()], np.float32)

    def identity(name: str, label: int, version: int, date: str, count: int) -> dict[str, object]:
        ecosystem = "npm" if int(name[1:]) % 5 == 0 else "pypi"
        return {
            "id": f"{name}-{version}",
            "ecosystem": ecosystem,
            "label": label,
            "name": name,
            "version": str(version),
            "date": date,
            "campaign": f"c{name}" if label else "",
            "form": "sdist" if label else str(rng.choice(["sdist", "wheel"])),
            "popular": bool(label == 0 and rng.random() < 0.3),
            "size_bytes": 1000 * count,
            "has_setup_py": bool(rng.random() < 0.8),
            "file_count": count,
        }

    for number in range(campaigns):
        content = files(size(), bad=True)
        date = f"{2024 + number % 2}-0{1 + number % 9}-01"
        for version in range(int(rng.integers(1, 7))):
            builder.add(identity(f"m{number}", 1, version, date, len(content)), package_row(len(content)), content)
    for number in range(benign):
        content = files(size(), bad=False)
        builder.add(identity(f"b{number}", 0, 0, "", len(content)), package_row(len(content)), content)
    for number in range(unreadable):
        blank = np.zeros(len(PACKAGE_COLUMNS), np.float32)
        builder.add({**identity(f"m{10_001 + 5 * number}", 1, 0, "2025-01-01", 0), "readable": False}, blank, [])
    return builder.build()
