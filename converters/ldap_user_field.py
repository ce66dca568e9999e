"""The value, or where it is empty the sAMAccountName: Active Directory rarely fills `uid`.

    {"source": "uid", "converter": "ldap_user_field"}

This is how the LDAP connector fills USER, unless its mapping says otherwise.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import is_nothing

PARAMETERS: dict[str, Parameter] = {}


def reads(params: Params) -> tuple[str, ...]:
    return ("sAMAccountName",)


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return record.get("sAMAccountName") if is_nothing(value) else value
