"""The value, or where there is none the sAMAccountName: Active Directory rarely fills `uid`."""

from typing import Any

from lib.converters import Params, Record


def reads(params: Params) -> tuple[str, ...]:
    return ("sAMAccountName",)


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return value or record.get("sAMAccountName")
