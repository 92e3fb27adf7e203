from darnel.features.behaviours import COLUMNS, WINDOW_LINES, file_values
from darnel.features.facts import Observation
from darnel.features.roles import Role
from darnel.features.schema import Columns

NAMES = set(Columns(COLUMNS).names)


def seen(
    behaviour: str, line: int, order: int, *, statement: int = 0, function: int = -1, top: bool = True
) -> Observation:
    return Observation(behaviour, line, order, statement, function, top)


def test_inner_call_is_evaluated_first() -> None:
    # exec(base64.b64decode(x)): the outer call starts first and ends last.
    values = file_values([seen("code.evaluate", 1, 30), seen("decode.text", 1, 29)], Role.INSTALL)
    assert values["chain.decode_code.statement"] == 1
    assert values["chain.decode_code.top"] == 1
    assert values["beh.code.evaluate.install"] == 1
    assert values.keys() <= NAMES


def test_order_matters() -> None:
    values = file_values([seen("code.evaluate", 1, 10), seen("decode.text", 1, 20)], Role.MODULE)
    assert not any(name.startswith("chain.") for name in values)


def test_scopes_of_a_chain() -> None:
    far = WINDOW_LINES * 3
    read = seen("cred.ssh", 1, 1, statement=1, function=1, top=False)
    send = seen("net.send", far, 900, statement=2, function=2, top=False)
    values = file_values([send, read], Role.MODULE)
    assert values["chain.secret_send.file"] == 1
    assert not {"chain.secret_send.function", "chain.secret_send.window", "chain.secret_send.top"} & values.keys()
    near = file_values([read, send._replace(line=5)], Role.MODULE)
    assert near["chain.secret_send.window"] == 1
    assert "chain.secret_send.function" not in near


def test_densest_window_is_not_diluted_by_a_long_file() -> None:
    burst = [seen("cred.ssh", 500, 5000), seen("encode.text", 501, 5001), seen("net.send", 502, 5002)]
    noise = [seen("file.read", line, line, top=False) for line in range(1, 5000, 100)]
    values = file_values([*burst, *noise], Role.ENTRY)
    assert values["local.behaviours.top"] == 3
    assert values["local.grave"] == 2
    assert values["obs.distinct.import"] == 3


def test_every_behaviour_and_context_has_a_column() -> None:
    for role in (Role.INSTALL, Role.MODULE):
        for top in (True, False):
            from darnel.features.taxonomy import BEHAVIOURS

            values = file_values(
                [seen(b.id, i, i, top=top)._replace(hidden=True) for i, b in enumerate(BEHAVIOURS)], role
            )
            assert values.keys() <= NAMES
