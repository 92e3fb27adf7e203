"""Settings for all tests."""

import os

from hypothesis import settings

# On a build server the same examples every time: a new find should stop whoever looks for one, not an unrelated change.
settings.register_profile("server", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("server")
