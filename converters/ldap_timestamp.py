"""Convert a date of an LDAP directory to seconds since 1970 in UTC.

    {"source": "pwdLastSet", "converter": "ldap_timestamp"}
    {"source": "whenCreated", "converter": "ldap_timestamp"}

Numbers are read as Active Directory timestamps: 100-nanosecond steps since 1601, as in
`lastLogonTimestamp` and `accountExpires`. Strings are read as generalizedTime
(`20150721100000.0Z`), or in any format that `date_format` accepts. 0 and 9223372036854775807 mean
"never" and give no value. Other numbers, such as durations, cannot be converted.
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
