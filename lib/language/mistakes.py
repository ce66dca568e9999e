"""What to say where the grammar cannot go on."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable

from lib.plugins import did_you_mean

KEYWORDS = frozenset(keyword.kwlist)
CONSTANTS = {"True": True, "False": False, "None": None}
# The parts of the grammar that are worth naming where they are missing.
EXPECTED = frozenset({"an expression", "a name", "a colon", "`in`", "`else`", "`)`", "`]`", "`}`"})
# What people write who think of another language, or of another kind of statement.
HINTS = [
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"&&?", "write `and` for {0}"),
        (r"\|\|?", "write `or` for {0}"),
        (r"<>|=!|!==", "write != for {0}"),
        (r"===", "write == for ==="),
        (r"=<", "write <= for =<"),
        (r"=>", "write >= for =>"),
        (r"!(?!=)", "write `not` for !"),
        (r":=", "a name gets its value on a line of its own"),
        (r"(\*\*|//|[-+*/%])=", "`{0}` is not possible here; write it out, as in `x = x + 1`"),
        (r"=", "a single = gives a name to a value; to compare, write =="),
        (r"(for|while)\b", "a `{0}` of its own is not possible here; write any(... for x in ...)"),
        (r"0\d{1,20}", "the number {0} begins with 0; a text is written in quotes"),
    )
]
# How a line may begin, also as others write it.
BEGINNINGS = {
    "if": "if", "elif": "elif", "elseif": "elif", "elsif": "elif", "else": "else",
    "return": "return",
}  # fmt: skip
WORD = re.compile(r"\w+")
# What other languages have for None.
NOTHING = frozenset({"null", "nil", "undefined", "NULL"})
LONGEST_SHOWN = 30
SHOWN = re.compile(r"\w+|[\s\S]")


def explained(line: str, at: int, expected: str) -> tuple[int, str]:
    """The offset and the sentence to report where, at an offset, something else was expected."""
    first = WORD.match(line)
    if first and BEGINNINGS.get(first[0].lower(), first[0]) != first[0]:
        return 0, f"`{first[0]}` is written `{BEGINNINGS[first[0].lower()]}`"
    there = line[at:]
    shown = SHOWN.match(there)
    if shown and not shown[0].isprintable():
        return at, strange(shown[0])
    found = f"`{shown[0][:LONGEST_SHOWN]}`" if shown else "the end of the line"
    return at, (
        _misplaced(line[:at].rstrip(), there)
        or next((hint.format(m[0]) for known, hint in HINTS if (m := known.match(there))), "")
        or (f"expected {expected}, found {found}" if expected in EXPECTED else "")
        or (f"{found} is not possible here" if shown else "this line is not complete")
    )


def _misplaced(before: str, there: str) -> str:
    """The sentence for a word that stands where it cannot, if that is the mistake."""
    match = WORD.match(there)
    word = match[0] if match else ""
    if word == "if" and before == "else":
        return "write `elif` for `else if`"
    if word in KEYWORDS and before.endswith("."):
        return f'`{word}` is a word of the language; write ["{word}"] for .{word}'
    if word not in KEYWORDS and word.lower() in KEYWORDS:
        return f"`{word}` is written `{word.lower()}`"
    return ""


def strange(char: str) -> str:
    """The sentence for a character that means nothing outside of strings."""
    if char in "\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb":
        return f"{char} is a quotation mark of print; write \" or '"
    if unicodedata.combining(char):
        return "this accent is a character of its own; write the letter with it as one"
    if char == "\\":
        return "behind a \\ the line has to end"
    if char.isspace():
        return f"this is a special blank (U+{ord(char):04X}); write a plain one"
    if char.isprintable():
        return f"{char} means nothing here"
    return f"the character U+{ord(char):04X} means nothing here"


def unknown(name: str, known: Iterable[str]) -> str:
    """The sentence for a name that does not exist; `known` are those that do."""
    if name in NOTHING:
        return f"`{name}` is written None here"
    near = did_you_mean(name, known)
    return f"there is no name `{name}`; " + (near or f'a text is written "{name}"')
