"""For all tests of faults: each begins without the secrets of the one before."""

from collections.abc import Iterator

import pytest

from lib import secrets


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    yield
    secrets.forget_all()
