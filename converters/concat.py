"""Join several fields of the record, and fixed strings between them, to one string.

    {"source": "first", "converter": "concat:values=first,' ',profile.last"}

The value of `source` is used only if its path is repeated in `values`. Spaces around each field and
around the result are removed. A missing field adds nothing. If the result is empty, there is no
value. A field that contains a list or an object cannot be converted.
"""

import re
from collections.abc import Callable
from typing import Any

from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.values.paths import compile_path
from lib.values.values import is_nothing, parts, text_of

PARAMETERS = {
    "values": Parameter(
        "Source paths, and strings in single or double quotes, separated by commas. A string can"
        " contain a comma.",
        parse=parts,
    )
}
LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")

Piece = Callable[[Record], str]


def reads(params: Params) -> list[str]:
    return [part for part in params["values"] if not LITERAL.fullmatch(part)]


def prepare(params: Params, resources: Resources) -> list[Piece]:
    return [_piece(part) for part in params["values"]]


def converter(field: str, record: Record, value: Any, params: list[Piece]) -> str | None:
    return "".join([piece(record) for piece in params]).strip() or None


def _piece(part: str) -> Piece:
    literal = LITERAL.fullmatch(part)
    if literal:
        text = literal[0][1:-1]
        return lambda record: text
    get = compile_path(part)

    def piece(record: Record) -> str:
        value = get(record)
        try:
            return "" if is_nothing(value) else text_of(value).strip()
        except ValueError as error:
            raise ValueError(f"{part}: {error}") from None

    return piece
