"""Where there is time for a share of the long tests only, all have their turn nevertheless."""

from datetime import date, timedelta

import pytest

from tests.faults.share import has_its_turn

NAMES = [f"tests/faults/test_some.py::test[{number}]" for number in range(400)]
DAY = date(2024, 2, 27)


@pytest.mark.parametrize("share", [1, 2, 10])
def test_in_so_many_days_each_has_its_turn_once(share: int) -> None:
    days = [DAY + timedelta(number) for number in range(share)]
    for name in NAMES:
        assert sum(has_its_turn(name, share, day) for day in days) == 1


def test_about_as_many_have_it_each_day() -> None:
    for number in range(10):
        today = [name for name in NAMES if has_its_turn(name, 10, DAY + timedelta(number))]
        assert 20 <= len(today) <= 60
