r"""Return one part of a string, such as the domain of an email address or the last word of a title.

    {"source": "email", "converter": "split:on=@|index=1"}
    {"source": "login", "converter": "split:on=\\\\|index=1"}

The second example returns `ada` for `CORP\ada`: before a vertical bar, write a backslash twice, in
JSON four times. Spaces around the part are kept; use `strip` after `split` to remove them. A string
with too few parts cannot be converted.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.settings import whole_number
from lib.values.values import each, filled
from lib.wording import counted

PARAMETERS = {
    "on": Parameter(
        "The separator. Default: any run of spaces, tabs, and line breaks.",
        default=None,
        parse=filled,
    ),
    "index": Parameter(
        "The number of the part: 0 is the first, -1 the last.", default=0, parse=whole_number
    ),
}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    index = params["index"]

    def part(text: str) -> str:
        parts = text.split(params["on"])
        if not -len(parts) <= index < len(parts):
            there = counted(len(parts), "part")
            raise ValueError(f"index={index} is out of range; the value has {there}")
        return parts[index]

    return each(value, part)
