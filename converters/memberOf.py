"""Return a value that depends on the groups that a user is a member of.

    {"source": "memberOf", "converter": "memberOf:Domain Admins=Administrator|Staff=User|default=-"}

The parameters have the form `GROUP=RESULT`, in any number. The first group that the user is a
member of gives the result. A group without `=RESULT` gives true. `default` is the result if no
group matches or the user has no groups. Without `default`, there is no value.

Use the name of a group: `Staff` finds `CN=Staff,OU=Groups,DC=example,DC=com`. A distinguished name
is not possible, because a parameter ends at its first `=`. Group names that are not distinguished
names are found, too. If the value is a string instead of a list, the name is found anywhere in it.
Group names are case-insensitive.
"""

# ruff: noqa: N999

import re
from functools import lru_cache
from typing import Any, NamedTuple

from lib.mapping.converters import Params, Resources
from lib.record import Record
from lib.values.values import is_nothing, text_of

# The first part of a distinguished name and its value, where a backslash escapes (RFC 4514).
FIRST_PART = re.compile(r"\s*[^=,+\\]+=((?:\\.|[^\\,+])*)", re.DOTALL)
ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)


class Results(NamedTuple):
    """The results by the names of groups, and that of those who are in none of them."""

    by_group: dict[str, Any]
    default: Any


def prepare(params: Params, resources: Resources) -> Results:
    by_group = {name.casefold(): result for name, result in params.items() if name != "default"}
    if not by_group or "" in by_group:
        raise ValueError("at least one group with its result is required: GROUP=RESULT")
    if params.get("default") is True:
        raise ValueError("the parameter default needs a value: default=...")
    for name in ("cn", "ou", "uid"):
        if name in by_group:
            raise ValueError("use only the name of a group: Staff, not CN=Staff,OU=...")
    return Results(by_group, params.get("default"))


def converter(field: str, record: Record, value: Any, params: Results) -> Any:
    if is_nothing(value):
        return params.default
    if isinstance(value, list):
        groups = {name for item in value if not is_nothing(item) for name in _names(text_of(item))}
        found = (result for name, result in params.by_group.items() if name in groups)
    else:
        text = text_of(value).casefold()
        found = (result for name, result in params.by_group.items() if name in text)
    return next(found, params.default)


@lru_cache(maxsize=10_000)  # most people are in the same groups
def _names(group: str) -> tuple[str, ...]:
    """What a group can be called: as it stands, and by the first value of its name."""
    first = FIRST_PART.match(group)
    names = (group, ESCAPED.sub(_plain, first[1])) if first else (group,)
    return tuple(name.strip().casefold() for name in names)


def _plain(escaped: re.Match[str]) -> str:
    pairs = escaped[1]
    return (
        bytes.fromhex(pairs.replace("\\", "")).decode("utf-8", "replace") if pairs else escaped[2]
    )
