r"""Replace a part of a string wherever it occurs.

    {"source": "model", "converter": "replace:old=MacBookPro|new=MacBook Pro "}

Both parts are used literally, including spaces, and are case-sensitive. `regex` replaces patterns.
Write a vertical bar as `\|`, in JSON `\\|`.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each, filled

PARAMETERS = {
    "old": Parameter("The string to replace.", parse=filled),
    "new": Parameter("The replacement. Default: nothing.", default=""),
}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, lambda text: text.replace(params["old"], params["new"]))
