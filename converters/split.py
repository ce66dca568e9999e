r"""One part of a text, such as the domain of a mail address or the last word of a title.

    {"source": "email", "converter": "split:on=@|index=1"}
    {"source": "login", "converter": "split:on=\\\\|index=1"}

The second one makes `ada` of `CORP\ada`: in front of a bar a backslash stands twice, and in JSON
four times. The part is taken as it stands between its separators, with the blanks around it: put
`strip` behind `split` where there are any. A text with too few parts cannot be converted.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.settings import whole_number
from lib.values.values import each, filled
from lib.wording import counted

PARAMETERS = {
    "on": Parameter(
        "What separates the parts; left out, any run of white space.", default=None, parse=filled
    ),
    "index": Parameter(
        "Which part: 0 is the first one, -1 the last one.", default=0, parse=whole_number
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
