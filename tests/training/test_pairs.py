import pandas as pd

from darnel.training.pairs import previous_rows, version_key


def packages(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["ecosystem", "name", "version", "label"])
    return frame.assign(id=[f"p{i}" for i in range(len(frame))], readable=True)


def test_orders_by_version_not_by_text() -> None:
    table = packages(("npm", "a", "1.10.0", 0), ("npm", "a", "1.9.0", 0), ("npm", "a", "1.9.0-beta.1", 0))
    assert previous_rows(table).tolist() == [1, 2, -1]


def test_keeps_projects_labels_and_ecosystems_apart() -> None:
    table = packages(("npm", "a", "1", 0), ("pypi", "a", "2", 0), ("npm", "a", "2", 1), ("npm", "b", "2", 0))
    assert previous_rows(table).tolist() == [-1, -1, -1, -1]


def test_same_version_twice_is_no_update() -> None:
    assert previous_rows(packages(("pypi", "a", "1", 0), ("pypi", "a", "1", 0))).tolist() == [-1, -1]


def test_unreadable_and_derived_packages_are_nobodys_previous_release() -> None:
    table = packages(("pypi", "a", "1", 0), ("pypi", "a", "2", 0), ("pypi", "a", "3", 0)).assign(
        readable=[True, False, True], variant=["obfuscated", "", ""]
    )
    assert previous_rows(table).tolist() == [-1, -1, -1]


def test_a_table_can_say_it_itself() -> None:
    table = packages(("pypi", "a", "1", 0), ("pypi", "a", "1", 1), ("pypi", "a", "2", 0)).assign(
        previous=["", "p0", "gone"]
    )
    assert previous_rows(table).tolist() == [-1, 0, -1]


def test_odd_versions_sort_before_proper_ones() -> None:
    assert version_key("next-3") < version_key("0.1") < version_key("0.2rc1")
