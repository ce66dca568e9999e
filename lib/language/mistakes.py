"""Messages for syntax errors, with what to write instead."""

from __future__ import annotations

import keyword
import re
import unicodedata

from lib.plugins import did_you_mean

KEYWORDS = frozenset(keyword.kwlist)
CONSTANTS = {"True": True, "False": False, "None": None}
# The parts of the grammar that are worth naming where they are missing.
EXPECTED = frozenset({"an expression", "a name", "a colon", "`in`", "`else`", "`)`", "`]`", "`}`"})
# What people write who think of another language, or of another kind of statement.
HINTS = [
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"&&?", "use `and` instead of {0}"),
        (r"\|\|?", "use `or` instead of {0}"),
        (r"<>|=!|!==", "use != instead of {0}"),
        (r"===", "use == instead of ==="),
        (r"=<", "use <= instead of =<"),
        (r"=>", "use >= instead of =>"),
        (r"!(?!=)", "use `not` instead of !"),
        (r":=", "assign the value on a line of its own"),
        (r"(\*\*|//|[-+*/%])=", "`{0}` is not supported; write it out, as in `x = x + 1`"),
        (r"=", "= assigns a value; use == to compare"),
        (r"(for|while)\b", "`{0}` loops are not supported; use any(... for x in ...)"),
        (r"0\d{1,20}", "the number {0} begins with 0; put text in quotes"),
    )
]
# How a line may begin, also as others write it.
BEGINNINGS = {
    "if": "if", "elif": "elif", "elseif": "elif", "elsif": "elif", "else": "else",
    "return": "return",
}  # fmt: skip
STATEMENTS = ("return", "if", "elif", "else", "pass", "not")
WORD = re.compile(r"\w+")
LAST_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*$")
NO_COMMENT = "a comment begins with #"
# A comment as an ini has it: behind a semicolon two words that are no statement.
INI_COMMENT = re.compile(r";\s*\w+$")
LONGEST_SHOWN = 30
SHOWN = re.compile(r"\w+|[\s\S]")


def explained(line: str, at: int, expected: str) -> tuple[int, str]:
    """Return the offset and the message to report for a syntax error at an offset of a line.

    `expected` is the name of the part of the grammar that was expected there.
    """
    first = WORD.match(line)
    if first and BEGINNINGS.get(first[0].lower(), first[0]) != first[0]:
        return 0, f"use `{BEGINNINGS[first[0].lower()]}` instead of `{first[0]}`"
    there, before = line[at:], line[:at].rstrip()
    if WORD.match(there) and (mistaken := _mistaken(before)):
        return mistaken
    shown = SHOWN.match(there)
    if shown and not shown[0].isprintable():
        return at, strange(shown[0])
    found = f"`{shown[0][:LONGEST_SHOWN]}`" if shown else "the end of the line"
    return at, (
        _misplaced(before, there)
        or next((hint.format(m[0]) for known, hint in HINTS if (m := known.match(there))), "")
        or (f"expected {expected}, found {found}" if expected in EXPECTED else "")
        or (f"unexpected {found}" if shown else "the line is incomplete")
    )


def _mistaken(before: str) -> tuple[int, str] | None:
    """The offset and the sentence if the mistake is the word before the one found."""
    last = LAST_WORD.search(before)
    if not last or last[0] in KEYWORDS:
        return None
    begins = before[: last.start()].rstrip()[-1:] in ("", ";")
    near = did_you_mean(last[0], STATEMENTS) if begins else ""
    if last[0].lower() in KEYWORDS:
        return last.start(), f"use `{last[0].lower()}` instead of `{last[0]}`"
    if near:
        return last.start(), f"unknown word `{last[0]}`; {near}"
    comment = INI_COMMENT.search(before)
    return (comment.start(), NO_COMMENT) if comment else None


def _misplaced(before: str, there: str) -> str:
    """The sentence for a word in the wrong place, if that is the mistake."""
    match = WORD.match(there)
    word = match[0] if match else ""
    if word == "if" and before == "else":
        return "use `elif` instead of `else if`"
    if word in KEYWORDS and before.endswith("."):
        return f'`{word}` is a reserved word; use ["{word}"] instead of .{word}'
    if word not in KEYWORDS and word.lower() in KEYWORDS:
        return f"use `{word.lower()}` instead of `{word}`"
    return ""


def strange(char: str) -> str:
    """Return the message for a character that is invalid outside of strings."""
    if char in "\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb":
        return f"typographic quote {char} is not allowed; use \" or '"
    if unicodedata.combining(char):
        return "the accent is a separate character; type the accented letter as one character"
    if char == "\\":
        return "a \\ must be the last character of its line"
    if char.isspace():
        return f"special space U+{ord(char):04X} is not allowed; use a plain space"
    if char.isprintable():
        return f"unexpected character {char}"
    return f"unexpected character U+{ord(char):04X}"
