"""A date of Casper (Jamf Pro) as seconds since 1970 in UTC.

Beside the text of a moment, which is in the server's unnamed time zone, Casper gives the same
moment as FIELD_epoch (milliseconds) and FIELD_utc (with its offset); these are used first. A date
without a time of day stays that day, at midnight UTC. No date gives no value.
"""

import re
from typing import Any

from lib.converters import Params, Record
from lib.dates import epoch
from lib.paths import compile_path


def converter(field: str, record: Record, value: Any, params: Params) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
        return epoch(value)
    for twin in (f"{field}_epoch", f"{field}_utc"):
        moment = epoch(compile_path(twin)(record))
        if moment:
            return moment
    return epoch(value)
