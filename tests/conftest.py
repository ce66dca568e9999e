"""For all tests: nothing leaves this machine, and CI sees the same examples each time."""

import os

from hypothesis import settings

# Also where the environment has a proxy.
LOCAL = "127.0.0.1,localhost"
os.environ.update({"NO_PROXY": LOCAL, "no_proxy": LOCAL})

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")
