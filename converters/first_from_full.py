"""The first name of a full one: `Ada` of `Ada Maria Quill`. A single word is taken as it is."""

from typing import Any

from lib.converters import Params, Record


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return value.strip().partition(" ")[0] if value else value
