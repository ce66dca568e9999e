"""A date of a directory as seconds since 1970 in UTC.

    {"source": "pwdLastSet", "converter": "ldap_timestamp"}
    {"source": "whenCreated", "converter": "ldap_timestamp"}

Knows numbers as Active Directory counts time (steps of 100 ns since 1601, in `lastLogonTimestamp`,
`accountExpires` and the like) and generalizedTime (`20150721100000.0Z`); of texts also the other
forms that `date_format` knows. 0 and 9223372036854775807, which mean never, give no value. Other
numbers, such as spans of time, cannot be converted.
"""

from __future__ import annotations

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.dates import each_date, epoch, filetime

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each_date(value, _seconds)


def _seconds(value: Any) -> int | None:
    text = str(value).strip()
    if text.removeprefix("-").isdecimal():
        return filetime(int(text))
    return epoch(value)
