"""For all tests: nothing leaves this machine, and CI sees the same examples each time."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from lib import interruption

# Also where the environment has a proxy.
LOCAL = "127.0.0.1,localhost"
os.environ.update({"NO_PROXY": LOCAL, "no_proxy": LOCAL})

# No deadlines: a busy machine is no mistake of the program.
settings.register_profile("here", deadline=None)
settings.load_profile("here")
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults-share",
        type=int,
        default=1,
        metavar="N",
        help="of the tests marked `faults` run every N-th only, and other ones each day",
    )


@pytest.fixture(autouse=True)
def nothing_is_interrupted() -> Iterator[None]:
    """A signal that a test sent ends what that test has begun, and no more."""
    yield
    interruption._watch = None
