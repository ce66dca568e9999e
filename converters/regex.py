r"""What a regular expression finds in a text, or the text with what it finds replaced.

    {"source": "name", "converter": "regex:pattern=^([A-Z]+)-\\d+"}
    {"source": "name", "converter": "regex:pattern=(\\w+), (\\w+)|replace=\\2 \\1"}

The first one makes `LAP` of `LAP-0417`: without `replace`, the value is what the first group found,
or, where the pattern has none, the whole of what it found; of several groups the first that took
part counts. Where nothing is found, there is no value. With `replace`, everything that is found is
replaced, and a text in which nothing is found stays as it is.

In JSON each backslash is doubled. A vertical bar is written `\|`, in JSON `\\|`:
`pattern=^(LAP\\|PC)-`. A pattern that takes too long on a text ends, and converts nothing.
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
    "pattern": Parameter("The regular expression, as Python knows them.", parse=filled),
    "replace": Parameter(
        "What stands there instead; `\\1` is what the first group found.", default=None
    ),
    "ignorecase": Parameter(
        "Makes no difference between large and small letters.", default=False, parse=boolean
    ),
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
