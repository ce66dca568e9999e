"""Which of the long tests have their turn today, where there is no time for all of them."""

from datetime import date
from zlib import crc32


def has_its_turn(name: str, share: int, day: date) -> bool:
    """Whether one of `share` days in a row, on which each test is run once, is the day for this."""
    return (crc32(name.encode()) + day.toordinal()) % share == 0
