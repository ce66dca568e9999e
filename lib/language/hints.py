"""Messages for unknown names, with what to write in place of those that Python has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lib.language.mistakes import KEYWORDS
from lib.plugins import did_you_mean

EXPLAIN = "`connector.py explain SECTION` shows what becomes of a record"
PLAIN_DATE = "write date(value), now() or today()"
NO_TYPES = "a value is compared, or asked whether it `is None`"
NO_WAY_OUT = "a program sees nothing but what it is given"

FUNCTIONS_OF_PYTHON = {
    "print": f"print is not possible here; {EXPLAIN}",
    "range": "there is no function `range`; write 1 <= x < 10, or x[1:10]",
    "isinstance": f"there is no function `isinstance`; {NO_TYPES}",
    "type": f"there is no function `type`; {NO_TYPES}",
    "zip": "there is no function `zip`; a loop goes over one list",
    "enumerate": "there is no function `enumerate`; write for x in ...",
    "map": "there is no function `map`; write [... for x in ...]",
    "filter": "there is no function `filter`; write [x for x in ... if ...]",
    "iter": "there is no function `iter`; write for x in ...",
    "next": "there is no function `next`; write [x for x in ... if ...][0]",
    "reversed": "there is no function `reversed`; write x[::-1]",
    "format": 'there is no function `format`; write f"{value:.2f}"',
    "repr": 'there is no function `repr`; write f"{value!r}"',
    "ascii": 'there is no function `ascii`; write f"{value!a}"',
    "dict": 'there is no function `dict`; write {"key": value}',
    "divmod": "there is no function `divmod`; write x // y and x % y",
    "pow": "there is no function `pow`; write x ** y",
    "getattr": 'there is no function `getattr`; write record.get("name", default)',
    "hasattr": "there is no function `hasattr`; write record.name is not None",
    "datetime": f"there is no function `datetime`; {PLAIN_DATE}",
    "timedelta": "there is no function `timedelta`; write days(3) or hours(3)",
    "strptime": f"there is no function `strptime`; {PLAIN_DATE}",
    "converter": "there is no converter() here; a mapping names its converters",
    "DynamicException": "there is no DynamicException here; a filter leaves a record out by"
    " `return False`",
    **{
        name: f"there is no function `{name}`; {NO_WAY_OUT}"
        for name in ("open", "input", "eval", "exec", "compile", "globals", "locals", "vars")
    },
}  # fmt: skip
METHODS_OF_PYTHON = {
    "now": "write now() for this moment",
    "utcnow": "write now() for this moment, in UTC",
    "today": "write today() for this day",
    "strptime": f"there is no method `strptime`; {PLAIN_DATE}",
    "fromtimestamp": f"there is no method `fromtimestamp`; {PLAIN_DATE}",
    "fromisoformat": f"there is no method `fromisoformat`; {PLAIN_DATE}",
    "format": 'there is no method `format`; write f"{value}"',
    "encode": "there is no method `encode`; texts are compared as they are",
    "decode": "there is no method `decode`; texts are compared as they are",
    "has_key": "there is no method `has_key`; write key in record",
    "iteritems": "there is no method `iteritems`; write items()",
    **dict.fromkeys(
        ("append", "extend", "insert", "add", "update", "remove", "pop", "clear", "setdefault"),
        "values cannot be changed here; write a new one, as in `x = x + [1]`",
    ),
    "sort": "values cannot be changed here; write sorted(x)",
    "reverse": "values cannot be changed here; write x[::-1]",
    "copy": "values cannot be changed here, and need no copy",
}
NAMES_OF_PYTHON = {
    **dict.fromkeys(("LOG", "log", "logger", "logging"), f"nothing can be logged here; {EXPLAIN}"),
    **dict.fromkeys(("datetime", "time"), f"there is no such module here; {PLAIN_DATE}"),
    **dict.fromkeys(
        ("os", "sys", "json", "requests", "math"), f"there are no modules; {NO_WAY_OUT}"
    ),
    # What other languages have for None.
    **{name: f"`{name}` is written None here" for name in ("null", "nil", "undefined", "NULL")},
}


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown name; `known` are those that exist."""
    hint = _of_python(name, NAMES_OF_PYTHON) or FUNCTIONS_OF_PYTHON.get(name)
    near = did_you_mean(name, (*known, "return"))
    return hint or f"there is no name `{name}`; " + (near or f'a text is written "{name}"')


def unknown_function(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown function; `known` are those that exist."""
    near = did_you_mean(name, (*known, "return"))
    return _of_python(name, FUNCTIONS_OF_PYTHON) or (
        f"there is no function `{name}`; {near or 'there are: ' + ', '.join(sorted(known))}"
    )


def unknown_method(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown method; `known` are those that exist."""
    near = did_you_mean(name, known)
    hint = METHODS_OF_PYTHON.get(name) or f"there is no method `{name}`; {near}"
    return hint.rstrip("; ")


def _of_python(name: str, hints: Mapping[str, str]) -> str:
    """Return the hint for a name of Python, or for a keyword in other case; empty if none."""
    if name not in KEYWORDS and name.lower() in KEYWORDS:
        return f"`{name}` is written `{name.lower()}`"
    return hints.get(name, "")
