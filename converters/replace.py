r"""Text in which another text is replaced, wherever it occurs.

    {"source": "model", "converter": "replace:old=MacBookPro|new=MacBook Pro "}

Both are taken literally, with their blanks, and as they are in large and small letters; `regex`
replaces patterns. A vertical bar is written `\|`, in JSON `\\|`.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each, filled

PARAMETERS = {
    "old": Parameter("The text that is replaced.", parse=filled),
    "new": Parameter("What stands there instead; left out, nothing.", default=""),
}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, lambda text: text.replace(params["old"], params["new"]))
