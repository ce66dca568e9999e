"""The language of record filters and of converters written in the ini: Python's, made harmless.

It looks like the body of a Python function and means the same, but has no way out: what the
grammar does not have cannot be written, only the functions and methods listed in `functions` can
be called, and the work that a record may cause is bounded. Two things are kinder than in Python: a
field that is missing is None, at any depth, and an order comparison with None is false.

    program = compile_program('return record.asset_type == "computer"', ("record",))
    program.run(record)
"""

from lib.language.compiler import Program, compile_program
from lib.language.errors import LanguageError, Stopped

__all__ = ["LanguageError", "Program", "Stopped", "compile_program"]
