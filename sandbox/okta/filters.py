"""The parameter `filter` of the Users API: a small language, in the manner of SCIM.

Documented in the OpenAPI description of the Okta management API, at `/api/v1/users`: few
attributes, `eq` for all and `gt ge lt le` for lastUpdated, `and` before `or`, values in double
quotes and case-sensitive.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

PROFILE = ("login", "email", "firstName", "lastName")
ATTRIBUTES = ("status", "lastUpdated", "id", *(f"profile.{name}" for name in PROFILE))
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_CONDITION = re.compile(r'\s*([\w.]+)\s+(\w+)\s+"([^"]*)"\s*')
_WORD = re.compile(r"(and|or)\s", re.IGNORECASE)

Test = Callable[[dict[str, Any]], bool]


class Malformed(ValueError):
    """The text is no filter at all."""


class NotAllowed(ValueError):
    """The filter asks for what this endpoint does not filter by."""


def compile_filter(text: str) -> Test:
    """A function that tells whether a user passes; raises Malformed or NotAllowed."""
    alternatives: list[list[Test]] = [[]]
    at, word = 0, "and"
    while True:
        match = _CONDITION.match(text, at)
        if match is None:
            raise Malformed(text)
        if word == "or":
            alternatives.append([])
        alternatives[-1].append(_condition(*match.groups()))
        at = match.end()
        if at == len(text):
            return lambda user: any(all(test(user) for test in tests) for tests in alternatives)
        joint = _WORD.match(text, at)
        if joint is None:
            raise Malformed(text)
        at, word = joint.end(), joint[1].lower()


def _condition(attribute: str, sign: str, wanted: str) -> Test:
    compare = OPERATORS.get(sign.lower())
    if attribute not in ATTRIBUTES or compare is None:
        raise NotAllowed(attribute)
    if sign.lower() != "eq" and attribute != "lastUpdated":
        raise NotAllowed(sign)
    part, _, name = attribute.rpartition(".")

    def test(user: dict[str, Any]) -> bool:
        value = (user[part] if part else user).get(name)
        return value is not None and compare(value, wanted)

    return test
