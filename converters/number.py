"""Convert a string with commas or a unit to a number, or a number to another unit.

    {"source": "hardware.total_ram_mb", "converter": "number:from=MB|to=GB"}
    {"source": "memory", "converter": "number:to=MB"}
    {"source": "purchasing.purchase_price", "converter": "number"}

For example, 16384 becomes 16, `8 GB` becomes 8192, and `$1,999.00` becomes 1999. Whole numbers have
no fraction. Units are B, KB, MB, GB, TB (or KiB, MiB, GiB, TiB) and Hz, KHz, MHz, GHz; they are
case-insensitive. A unit in the value overrides `from`. Without `to`, the unit is removed.

Storage units differ by a factor of 1024 (1 GB = 1024 MB), as in SCCM and for memory in Jamf Pro.
Disk manufacturers use 1000, and so does Jamf Pro for the disks of computers: set `step=1000`. KiB,
MiB, GiB, and TiB always use 1024. A comma is accepted only between groups of three digits, not as
the decimal separator.
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
    "from": Parameter("The unit of values without a unit.", default="", parse=_unit),
    "to": Parameter("The unit of the result.", default="", parse=_unit),
    "digits": Parameter(
        "The number of decimal places. The last one is rounded.",
        default=None,
        parse=_digits,
    ),
    "step": Parameter("The number of bytes in a KB: 1000 or 1024.", default=1024, parse=_step),
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
