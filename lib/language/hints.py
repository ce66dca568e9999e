"""Messages for unknown names, with what to write in place of those that Python has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lib.language.mistakes import KEYWORDS
from lib.plugins import did_you_mean

EXPLAIN = "run `connector.py explain SECTION` to see the result for a record"
PLAIN_DATE = "use date(value), now(), or today()"
NO_TYPES = "compare the value, or test whether it `is None`"
NO_WAY_OUT = "filters and converters cannot import modules or read files"

FUNCTIONS_OF_PYTHON = {
    "print": f"print is not supported; {EXPLAIN}",
    "range": "function `range` is not supported; use 1 <= x < 10, or x[1:10]",
    "isinstance": f"function `isinstance` is not supported; {NO_TYPES}",
    "type": f"function `type` is not supported; {NO_TYPES}",
    "zip": "function `zip` is not supported; a loop can use only one list",
    "enumerate": "function `enumerate` is not supported; use for x in ...",
    "map": "function `map` is not supported; use [... for x in ...]",
    "filter": "function `filter` is not supported; use [x for x in ... if ...]",
    "iter": "function `iter` is not supported; use for x in ...",
    "next": "function `next` is not supported; use [x for x in ... if ...][0]",
    "reversed": "function `reversed` is not supported; use x[::-1]",
    "format": 'function `format` is not supported; use f"{value:.2f}"',
    "repr": 'function `repr` is not supported; use f"{value!r}"',
    "ascii": 'function `ascii` is not supported; use f"{value!a}"',
    "dict": 'function `dict` is not supported; use {"key": value}',
    "divmod": "function `divmod` is not supported; use x // y and x % y",
    "pow": "function `pow` is not supported; use x ** y",
    "getattr": 'function `getattr` is not supported; use record.get("name", default)',
    "hasattr": "function `hasattr` is not supported; use record.name is not None",
    "datetime": f"function `datetime` is not supported; {PLAIN_DATE}",
    "timedelta": "function `timedelta` is not supported; use days(3) or hours(3)",
    "strptime": f"function `strptime` is not supported; {PLAIN_DATE}",
    "converter": "converter() is not supported; name the converters in the mapping",
    "DynamicException": "DynamicException is not supported; use `return False` to filter out"
    " a record",
    **{
        name: f"function `{name}` is not supported; {NO_WAY_OUT}"
        for name in ("open", "input", "eval", "exec", "compile", "globals", "locals", "vars")
    },
}  # fmt: skip
METHODS_OF_PYTHON = {
    "now": "use now() for the current time",
    "utcnow": "use now() for the current time in UTC",
    "today": "use today() for the current day",
    "strptime": f"method `strptime` is not supported; {PLAIN_DATE}",
    "fromtimestamp": f"method `fromtimestamp` is not supported; {PLAIN_DATE}",
    "fromisoformat": f"method `fromisoformat` is not supported; {PLAIN_DATE}",
    "format": 'method `format` is not supported; use f"{value}"',
    "encode": "method `encode` is not supported; compare the text itself",
    "decode": "method `decode` is not supported; compare the text itself",
    "has_key": "method `has_key` is not supported; use `key in record`",
    "iteritems": "method `iteritems` is not supported; use items()",
    **dict.fromkeys(
        ("append", "extend", "insert", "add", "update", "remove", "pop", "clear", "setdefault"),
        "values cannot be changed; create a new one, as in `x = x + [1]`",
    ),
    "sort": "values cannot be changed; use sorted(x)",
    "reverse": "values cannot be changed; use x[::-1]",
    "copy": "values cannot be changed, so no copy is needed",
}
NAMES_OF_PYTHON = {
    **dict.fromkeys(("LOG", "log", "logger", "logging"), f"logging is not supported; {EXPLAIN}"),
    **dict.fromkeys(("datetime", "time"), f"modules are not supported; {PLAIN_DATE}"),
    **dict.fromkeys(("os", "sys", "json", "requests", "math"), NO_WAY_OUT),
    # The word for None in other languages.
    **{name: f"use None instead of `{name}`" for name in ("null", "nil", "undefined", "NULL")},
}


def unknown_name(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown name; `known` are those that exist."""
    hint = _of_python(name, NAMES_OF_PYTHON) or FUNCTIONS_OF_PYTHON.get(name)
    near = did_you_mean(name, (*known, "return"))
    return hint or f"unknown name `{name}`; " + (
        near or f'write record.{name} for a field, or "{name}" for text'
    )


def unknown_function(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown function; `known` are those that exist."""
    near = did_you_mean(name, (*known, "return"))
    return _of_python(name, FUNCTIONS_OF_PYTHON) or (
        f"unknown function `{name}`; {near or 'use one of: ' + ', '.join(sorted(known))}"
    )


def unknown_method(name: str, known: Iterable[str]) -> str:
    """Return the message for an unknown method; `known` are those that exist."""
    near = did_you_mean(name, known)
    hint = METHODS_OF_PYTHON.get(name) or f"unknown method `{name}`; {near}"
    return hint.rstrip("; ")


def _of_python(name: str, hints: Mapping[str, str]) -> str:
    """Return the hint for a name of Python, or for a keyword in other case; empty if none."""
    if name not in KEYWORDS and name.lower() in KEYWORDS:
        return f"use `{name.lower()}` instead of `{name}`"
    return hints.get(name, "")
