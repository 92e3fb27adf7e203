import subprocess
import sys

CODE = """
import sys
from darnel.lean import OPTIONAL, import_lightgbm
import_lightgbm()
import lightgbm, numpy
loaded = [name for name in OPTIONAL if name in sys.modules]
assert not loaded, loaded
import pandas  # and they can still be imported
"""


def test_lightgbm_comes_alone() -> None:
    subprocess.run([sys.executable, "-c", CODE], check=True, timeout=120)
