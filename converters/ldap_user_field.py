"""Return the value or, if it is empty, sAMAccountName: Active Directory rarely fills `uid`.

    {"source": "uid", "converter": "ldap_user_field"}

The built-in mapping of the LDAP connector uses this converter for USER.
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
