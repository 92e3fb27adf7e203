"""Comments and docstrings go, everything that could be code stays."""

import pytest

from darnel.features.languages.python_bare import bare


@pytest.mark.parametrize(
    "source",
    [
        '"""gone"""\nx = 1\n',
        "#!/usr/bin/python\n# gone\n\n'''gone'''\n",
        'def f(\n    x,\n) -> int:\n    r"""gone\n\n    gone \\""" gone\n    """\n    return x\n',
        "class A:\n\n    '''gone\n    gone'''\n",
        "x = 1  # gone\n",
        "x = 1 # it's 'gone'\n",
        '# it\'s """ gone\nx = 1\n# gone\n',
        'x = 1\ny = f"""{x}"""\n# gone\n',
        "def f():\n    # gone\n    return 1\n",
        'def f():\n    """a # gone"""\n',
        "x = 1 # gone\r\n# gone # gone\r\n",
        "blambda = 0\ndef f():\n    '''gone'''\n",
    ],
)
def test_what_nobody_runs_goes(source: str) -> None:
    without = bare(source.encode())
    assert b"gone" not in without
    assert without.count(b"x = 1") == source.count("x = 1")
    assert without.count(b"\n") == source.count("\n")


@pytest.mark.parametrize(
    "source",
    [
        "x = '#kept'\n",
        'x = """kept"""\n',
        'x = """a:\n"""; kept; y = """b"""\n',
        'x = """a:\n"""\nkept\ny = """b"""\n',
        '# """\nkept\ndef f():\n    """a"""\n',
        'x = \'"""\'\ndef f():\n    kept\n    \'"""\'\n',
        'x = "a\\\n"""; kept\nclass A:\n """b"""\n',
        's = f"""{x:\n"""\n"""}"""; kept\n"""b"""\n',
        'def f():\n    """a"""; kept\n',
        'def f():\n    """a""" + kept\n',
        'f(lambda:\n   """kept""")\n',
        'f(lambda x,\n   y:\n   """kept""")\n',
        'f(\n   """kept""")\n',
        'def f():\n    """kept"""\nprint(f.__doc__)\n',
        "x = 1\n# a \\\nkept\n",
        "x = 1 # a\rkept\n",
        "x = 1 # a\ry # kept\n",
        "f(lambda\n:\n   '''kept''')\n",
    ],
)
def test_whatever_may_be_code_stays(source: str) -> None:
    assert b"kept" in bare(source.encode())
