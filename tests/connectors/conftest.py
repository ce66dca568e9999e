"""What all tests of connectors share: assertions that explain themselves, and a clean memory."""

from collections.abc import Iterator

import pytest

from lib import secrets

pytest.register_assert_rewrite("tests.contract", "tests.source")


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    yield
    secrets.forget_all()
