"""A number, from text with commas or a unit, and from one unit to another.

    {"source": "hardware.total_ram_mb", "converter": "number:from=MB|to=GB"}
    {"source": "memory", "converter": "number:to=MB"}
    {"source": "purchasing.purchase_price", "converter": "number"}

makes 16 of 16384, 8192 of `8 GB`, and 1999 of `$1,999.00`; whole numbers come without a fraction.
Units are B, KB, MB, GB, TB (or KiB, MiB, GiB, TiB) and Hz, KHz, MHz, GHz, in any case. A unit in
the text counts before `from`; without `to`, it is left out.

From one unit of storage to the next are 1024, as memory is counted in Jamf Pro, and all sizes are
in SCCM; also for KB. `step=1000` makes it 1000, as the makers of disks count, and Jamf Pro does for
those of computers; KiB and its like stay at 1024. A comma is taken only between groups of three
digits, and never as the sign before a fraction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.settings import whole_number
from lib.values.values import each

STORAGE = ("B", "KB", "MB", "GB", "TB")
BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
FREQUENCY = ("Hz", "KHz", "MHz", "GHz")
UNITS = {name.lower(): name for name in (*STORAGE, *BINARY, *FREQUENCY)}
MOST_DIGITS = 15
NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?:\s*[$€£¥])?\s*"
    r"(?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?P<exponent>[eE][+-]?[0-9]{1,3})?\s*(?P<unit>[A-Za-z]*)"
)


def _unit(text: str) -> str:
    name = UNITS.get(text.strip().lower())
    if name is None:
        there = ", ".join(UNITS.values())
        raise ValueError(f"unknown unit {text.strip()!r:.60}; use one of: {there}")
    return name


def _digits(text: str) -> int:
    number = whole_number(text)
    if not 0 <= number <= MOST_DIGITS:
        raise ValueError(f"{number} is not between 0 and {MOST_DIGITS}")
    return number


def _step(text: str) -> int:
    if text.strip() not in ("1000", "1024"):
        raise ValueError(f"{text.strip()!r} is neither 1000 nor 1024")
    return int(text)


PARAMETERS = {
    "from": Parameter("The unit of values that have none in themselves.", default="", parse=_unit),
    "to": Parameter("The unit of the result.", default="", parse=_unit),
    "digits": Parameter(
        "How many digits behind the point to keep; the last one is rounded.",
        default=None,
        parse=_digits,
    ),
    "step": Parameter("How many B are a KB: 1000 or 1024.", default=1024, parse=_step),
}


def prepare(params: Params, resources: Resources) -> Callable[[str], float]:
    given, to, digits = params["from"], params["to"], params["digits"]
    factors = _factors(params["step"])
    if given and not to:
        raise ValueError("from also needs the unit of the result: to=...")
    if given:
        _factor(factors, given, to)

    def number(text: str) -> float:
        match = NUMBER.fullmatch(text.strip())
        if not match:
            raise ValueError(f"{text.strip()!r:.60} is not a number")
        unit = _unit(match["unit"]) if match["unit"] else given
        digit = match["digits"].replace(",", "")
        amount = Fraction(f"{match['sign']}{digit}{match['exponent'] or ''}")
        if to:
            amount *= _factor(factors, unit, to)
        return _rounded(amount, digits)

    return number


def converter(field: str, record: Record, value: Any, params: Callable[[str], float]) -> Any:
    return each(value, params)


def _factors(step: int) -> dict[str, int]:
    """How many B or Hz each unit is."""
    return {
        name: base**power
        for names, base in ((STORAGE, step), (BINARY, 1024), (FREQUENCY, 1000))
        for power, name in enumerate(names)
    }


def _factor(factors: dict[str, int], unit: str, to: str) -> Fraction:
    if not unit:
        raise ValueError("the value has no unit; set from=...")
    if (unit in FREQUENCY) != (to in FREQUENCY):
        raise ValueError(f"{unit} cannot be converted to {to}")
    return Fraction(factors[unit], factors[to])


def _rounded(amount: Fraction, digits: int | None) -> float:
    if digits is not None:
        # Python rounds 0.5 to 0, which nobody expects here.
        scale = 10**digits
        half = Fraction(1, 2) if amount >= 0 else Fraction(-1, 2)
        amount = Fraction(int(amount * scale + half), scale)
    if amount.denominator == 1:
        return int(amount)
    try:
        return float(amount)
    except OverflowError:
        raise ValueError("the number is too large") from None
