"""For all tests of faults: each begins without the secrets of the one before; some wait a day."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from lib import secrets
from tests.faults.share import has_its_turn


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    share, today = config.getoption("--faults-share"), datetime.now(UTC).date()
    waiting = [
        item
        for item in items
        if item.get_closest_marker("faults") and not has_its_turn(item.nodeid, share, today)
    ]
    config.hook.pytest_deselected(items=waiting)
    items[:] = [item for item in items if item not in waiting]


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    yield
    secrets.forget_all()
