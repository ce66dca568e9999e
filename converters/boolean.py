"""Convert words and numbers such as `yes` or 0 to true or false.

    {"source": "general.managed", "converter": "boolean"}
    {"source": "status", "converter": "boolean:true=Active|false=Retired"}

These values are recognized, case-insensitive: true and false, yes and no, on and off, enabled and
disabled, active and inactive, 1 and 0, t and f, y and n. Any other value cannot be converted.
"""

from typing import Any

from lib import settings
from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import is_nothing, text_of

PARAMETERS = {
    "true": Parameter("The result for true, instead of true itself.", default=True),
    "false": Parameter("The result for false, instead of false itself.", default=False),
}
TRUE = settings.TRUE | {"enabled", "active"}
FALSE = settings.FALSE | {"disabled", "inactive"}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    if is_nothing(value):
        return None
    word = str(value) if isinstance(value, bool) else text_of(value).strip()
    if word.lower() in TRUE:
        return params["true"]
    if word.lower() in FALSE:
        return params["false"]
    raise ValueError("the value is neither true nor false")
