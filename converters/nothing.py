"""No value in place of words that mean nothing, such as N/A, null, or a hyphen.

    {"source": "asset_tag", "converter": "nothing"}
    {"source": "owner", "converter": "nothing:words=default,vacant,tbd"}

Uppercase and lowercase make no difference, nor do spaces around the word. Items of a list that are
such a word are left out. The default words are none, null, nan, n/a, n.a., undefined, unknown,
unspecified, not specified, not available, not applicable, not set, not provided, (none), (null),
<none>, <null>, hyphens and dashes (up to three), a single dot or question mark, and the errors of
spreadsheets (#N/A, #NULL!, #VALUE!, #REF!, #NAME?, #DIV/0!, #NUM!).

The setting `nothing` does the same for all fields of a section, before their other converters.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.settings import words
from lib.values.nothing import DEFAULT, without, word_set
from lib.values.values import filled


def _words(text: str) -> tuple[str, ...]:
    return words(filled(text))


PARAMETERS = {
    "words": Parameter(
        "The words, separated by commas; `default` stands for the words above.",
        default=(DEFAULT,),
        parse=_words,
    )
}


def prepare(params: Params, resources: Resources) -> frozenset[str]:
    return word_set(params["words"])


def converter(field: str, record: Record, value: Any, params: frozenset[str]) -> Any:
    return without(value, params)
