"""What holds for all tests: nothing leaves this machine, also where the environment has a proxy."""

import os

LOCAL = "127.0.0.1,localhost"
os.environ.update({"NO_PROXY": LOCAL, "no_proxy": LOCAL})
