"""Incremental sources: their dates, and what is the same for all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lib.reading.incremental import date_in

NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-06T12:00:00Z", NOON),
        ("2024-05-06T12:00:00.000Z", NOON),
        ("2024-05-06T14:00:00+02:00", NOON),
        ("2024-05-06 12:00:00.000+0000", NOON),
        ("2024-05-06T12:00:00", NOON),
        ("Mon, 06 May 2024 12:00:00 GMT", NOON),
        ("", None),
        ("soon", None),
        (None, None),
        (5, None),
    ],
)
def test_moments_are_read_in_the_forms_in_which_services_write_them(text: Any, expected: Any):
    assert date_in(text) == expected
