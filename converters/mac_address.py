"""Convert a MAC address to a uniform format.

    {"source": "network.mac", "converter": "mac_address"}
    {"source": "network.mac", "converter": "mac_address:separator=-|lower"}

The results are `02:00:5E:10:00:2A` and `02-00-5e-10-00-2a`, for example for `0200.5e10.002a`,
`02-00-5E-10-00-2A`, `2:0:5e:10:0:2a`, or `02005e10002a`. A value that is not a MAC address cannot
be converted. `00:00:00:00:00:00` and `FF:FF:FF:FF:FF:FF` are not addresses. In a list, they are
left out.
"""

import re
from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.settings import boolean
from lib.values.values import each

PAIRS = re.compile(r"[0-9A-F]{2}([:. -]?)(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}")
FOURS = re.compile(r"[0-9A-F]{4}([:. -])[0-9A-F]{4}\1[0-9A-F]{4}")
# Without the zeros at the beginning of pairs.
SINGLES = re.compile(r"[0-9A-F]{1,2}([:-])(?:[0-9A-F]{1,2}\1){4}[0-9A-F]{1,2}")
SIXES = re.compile(r"[0-9A-F]{6}[:. -][0-9A-F]{6}")


# What a network adapter without an address has, and what addresses all of them.
NOBODYS = ("0" * 12, "F" * 12)


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
    if isinstance(value, list):
        value = [item for item in value if not (isinstance(item, str) and _is_nobodys(item))]
    return each(value, lambda text: _spelt(text.strip().upper(), **params))


def _spelt(text: str, separator: str, lower: bool) -> str:
    digits = _digits(text)
    if not digits or digits in NOBODYS:
        raise ValueError(f"{text!r:.60} is not a MAC address")
    size = 4 if separator == "." else 2
    spelt = separator.join(digits[at : at + size] for at in range(0, 12, size))
    return spelt.lower() if lower else spelt


def _digits(text: str) -> str:
    """Return the twelve digits of an address; empty if it is not written as one."""
    if any(spelling.fullmatch(text) for spelling in (PAIRS, FOURS, SIXES)):
        return re.sub("[:. -]", "", text)
    if SINGLES.fullmatch(text):
        return "".join(pair.zfill(2) for pair in re.split("[:-]", text))
    return ""


def _is_nobodys(text: str) -> bool:
    return _digits(text.strip().upper()) in NOBODYS
