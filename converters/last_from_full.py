"""The last name of a full one: `Quill` of `Ada Maria Quill`. A single word is taken as it is."""

from typing import Any

from lib.converters import Params, Record


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return value.strip().rpartition(" ")[2] if value else value
