"""The language of record filters and of converters written in the ini: Python's, made harmless.

It looks like the body of a Python function and means the same, but has no way out: what the
grammar does not have cannot be written, only the functions and methods listed here can be called,
and the work that a record may cause is bounded. Two things are kinder than in Python: a field that
is missing is None, at any depth, and an order comparison with None is false.

    program = compile_program('return record.asset_type == "computer"', ("record",))
    program.run(record)

What a program returns is None, a bool, int, float, str, list, tuple, set or dict, one of those that
a function gives (datetime and timedelta, the match of a pattern), or whatever else its arguments
hold (such as bytes). Lists and dicts hold the same kinds, may be those of the arguments themselves,
and are no deeper and no longer than `bounds` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lib.language.errors import LanguageError, Stopped

if TYPE_CHECKING:
    from lib.language.compiler import Program

__all__ = ["LanguageError", "Stopped", "compile_program"]


def compile_program(text: str, arguments: Sequence[str], first_line: int = 1) -> Program:
    """Compile a program with arguments of these names. Raises LanguageError.

    A single expression is a program that returns its value. `first_line` is the number of the first
    line of the text in its file, from which the lines in errors are counted.
    """
    # The grammar takes a tenth of a second to load, and most runs have no program.
    from lib.language.compiler import compiled

    try:
        return compiled(text, arguments, first_line)
    except LanguageError as error:
        raise error.below(first_line - 1) from None
