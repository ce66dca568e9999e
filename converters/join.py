"""Join the items of a list to one string.

    {"source": "software.applications[*].name", "converter": "join:with=; "}

Empty items are skipped. A single string is returned unchanged.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import is_nothing, text_of

PARAMETERS = {"with": Parameter("The separator between two items.", default=", ")}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    if is_nothing(value):
        return None
    if not isinstance(value, list):
        return text_of(value)
    texts = [text_of(item) for item in value if not is_nothing(item)]
    return params["with"].join(texts) or None
