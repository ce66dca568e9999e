"""The pages use the words of the glossary, and none that a reader would have to decode."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
BANNED = (
    "told",
    "tells of",
    "anew",
    "hence",
    "meanwhile",
    "whoever",
    "nobody",
    "somebody",
    "beside",
    "behind",
    "as it stands",
    "stands in",
    "is away",
    "comes along",
    "counts before",
    "put right",
    "set aside",
    "brake",
    "books",
    "wants",
    "brings",
    "odd",
    "blanks",
    "moment",
    "gravest",
)
PHRASES = "|".join(BANNED).replace(" ", r"\s+")
WORD = re.compile(rf"\b({PHRASES})\b", re.IGNORECASE)
# What is not prose: generated tables, code, and what the program prints, which is quoted as code.
GENERATED = re.compile(
    r"<!-- (?:settings|converters|commands|options|figures)\b.*?<!-- end -->", re.DOTALL
)
BLOCK = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`]*`")


def banned_words(text: str) -> list[tuple[int, str]]:
    """The banned words in the prose of a page, with their lines."""
    for pattern in (GENERATED, BLOCK, CODE):
        text = pattern.sub(_blank, text)
    return [
        (1 + text.count("\n", 0, found.start()), " ".join(found[0].lower().split()))
        for found in WORD.finditer(text)
    ]


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page_has_no_banned_words(page):
    assert banned_words(page.read_text("utf-8")) == []


def test_banned_word_in_prose_is_found_with_its_line():
    assert banned_words("# Title\n\nThe file\nbeside the Books.\n") == [(4, "beside"), (4, "books")]


def test_banned_phrase_across_a_line_break_is_found():
    assert banned_words("it is set\naside.\n") == [(1, "set aside")]


@pytest.mark.parametrize(
    "text",
    [
        "`set aside`, and a momentum of bookshelves\n",
        "```\nbooks\n```\n",
        "- a list\n\n  ```\n  anew\n  ```\n",
        "<!-- settings: lib.x.Y -->\n\n| `a` | who brings |\n\n<!-- end -->\n",
    ],
)
def test_code_and_generated_tables_are_not_prose(text):
    assert banned_words(text) == []
