r"""Return the part of a string that a regular expression matches, or replace the matches.

    {"source": "name", "converter": "regex:pattern=^([A-Z]+)-\\d+"}
    {"source": "name", "converter": "regex:pattern=(\\w+), (\\w+)|replace=\\2 \\1"}

The first example returns `LAP` for `LAP-0417`. Without `replace`, the result is the first group
that matched, or the whole match if the pattern has no groups. If nothing matches, there is no
value. With `replace`, all matches are replaced. If nothing matches, the string stays unchanged.

In JSON, write each backslash twice. Write a vertical bar as `\|`, in JSON `\\|`:
`pattern=^(LAP\\|PC)-`. If a pattern takes too long on a string, the value cannot be converted.
"""

from collections.abc import Callable
from typing import Any

import regex

from lib.language import Stopped
from lib.language.patterns import PATTERN_FLAGS, PATTERN_SECONDS, Pattern, checked
from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.settings import boolean
from lib.values.values import each, filled

PARAMETERS = {
    "pattern": Parameter("The regular expression, in Python syntax.", parse=filled),
    "replace": Parameter("The replacement for each match; `\\1` is the first group.", default=None),
    "ignorecase": Parameter("If true, match case-insensitively.", default=False, parse=boolean),
}

Change = Callable[[str], str | None]


def prepare(params: Params, resources: Resources) -> Change:
    flags = PATTERN_FLAGS["IGNORECASE"] if params["ignorecase"] else 0
    try:
        pattern = checked(params["pattern"], flags)
    except Stopped as error:
        raise ValueError(f"pattern: {error}") from None
    if params["replace"] is None:
        return _timed(pattern, lambda text: _found(pattern, text))
    _check(params["pattern"], params["replace"])
    template = params["replace"]
    return _timed(pattern, lambda text: pattern.sub(template, text, timeout=PATTERN_SECONDS))


def converter(field: str, record: Record, value: Any, params: Change) -> Any:
    return each(value, params)


def _found(pattern: Pattern, text: str) -> str | None:
    match = pattern.search(text, timeout=PATTERN_SECONDS)
    if match is None or not pattern.groups:
        return match and match[0]
    return next((group for group in match.groups() if group is not None), None)


def _check(pattern: str, template: str) -> None:
    """Raise ValueError for a template that is invalid or names an unknown group."""
    try:
        # `regex` looks at a template when something is found, as an empty alternative surely is; a
        # line break ends a comment of the pattern.
        checked(f"{pattern}\n|").sub(template, "", timeout=PATTERN_SECONDS)
    except (Stopped, regex.error) as error:
        raise ValueError(f"replace: {error}") from None
    except IndexError:
        raise ValueError("replace: unknown group") from None
    except Exception:  # not always its own
        raise ValueError("replace: invalid replacement") from None


def _timed(pattern: Pattern, change: Change) -> Change:
    def timed(text: str) -> str | None:
        try:
            return change(text)
        except TimeoutError:
            what = f"the pattern {pattern.pattern:.60} takes too long on this value"
            raise ValueError(what) from None

    return timed
