from darnel.features.languages.scopes import Scopes


def test_innermost_function_and_reachability() -> None:
    scopes = Scopes([(10, 50, "outer"), (20, 30, "inner"), (60, 80, "other"), (90, 99, "")])
    assert [scopes.function(at) for at in (5, 10, 25, 35, 55, 70, 95, 200)] == [-1, 10, 20, 10, -1, 60, 90, -1]
    scopes.reach([("outer", 55), ("inner", 40)], immediate=[90])
    assert [scopes.top(f) for f in (-1, 10, 20, 60, 90)] == [True, True, True, False, True]


def test_function_ending_where_the_next_starts() -> None:
    scopes = Scopes([(0, 10, "a"), (10, 20, "b")])
    assert [scopes.function(at) for at in (0, 9, 10, 19, 20)] == [0, 0, 10, 10, -1]


def test_immediate_function_inside_uncalled_one_is_not_top() -> None:
    scopes = Scopes([(10, 50, "never"), (20, 30, "")])
    scopes.reach([], immediate=[20])
    assert not scopes.top(20)
