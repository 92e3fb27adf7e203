"""``python -m darnel`` is the ``darnel`` command."""

from __future__ import annotations

import sys

from darnel.cli import main

if __name__ == "__main__":
    sys.exit(main())
