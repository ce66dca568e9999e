"""Convert a MAC address to a uniform format.

    {"source": "network.mac", "converter": "mac_address"}
    {"source": "network.mac", "converter": "mac_address:separator=-|lower"}

The results are `02:00:5E:10:00:2A` and `02-00-5e-10-00-2a`, for example for `0200.5e10.002a`,
`02-00-5E-10-00-2A`, or `02005e10002a`. A value that is not a MAC address cannot be converted.
"""

import re
from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.settings import boolean
from lib.values.values import each

PAIRS = re.compile(r"[0-9A-F]{2}([:. -]?)(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}")
FOURS = re.compile(r"[0-9A-F]{4}([:. -])[0-9A-F]{4}\1[0-9A-F]{4}")
SIXES = re.compile(r"[0-9A-F]{6}[:. -][0-9A-F]{6}")


def _separator(text: str) -> str:
    if text.strip() not in ("", ":", "-", "."):
        raise ValueError(f"'{text}' is not a valid separator; use :, -, ., or nothing")
    return text.strip()


PARAMETERS = {
    "separator": Parameter(
        "The separator after every two digits: `:`, `-`, or nothing. `.` separates groups of four"
        " digits, as Cisco does.",
        default=":",
        parse=_separator,
    ),
    "lower": Parameter("If true, use lowercase letters.", default=False, parse=boolean),
}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, lambda text: _spelt(text.strip().upper(), **params))


def _spelt(text: str, separator: str, lower: bool) -> str:
    if not any(spelling.fullmatch(text) for spelling in (PAIRS, FOURS, SIXES)):
        raise ValueError(f"{text!r:.60} is not a MAC address")
    digits = re.sub("[:. -]", "", text)
    size = 4 if separator == "." else 2
    spelt = separator.join(digits[at : at + size] for at in range(0, 12, size))
    return spelt.lower() if lower else spelt
