"""Pages and messages use the words of the glossary, and none that a reader would have to decode."""

import ast
import re
from collections.abc import Iterator
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
# Words that only messages used: the docs explain what a stand-in was, and quote `ini`.
BANNED_IN_CODE = (
    *BANNED,
    "stand-ins?",
    "the ini",
    "an ini",
    "there is no such",
    "none such",
    "should not happen",
)
PHRASES = "|".join(BANNED).replace(" ", r"\s+")
PHRASES_IN_CODE = "|".join(BANNED_IN_CODE).replace(" ", r"\s+")
WORD = re.compile(rf"\b({PHRASES})\b", re.IGNORECASE)
WORD_IN_CODE = re.compile(rf"\b({PHRASES_IN_CODE})\b", re.IGNORECASE)
SQL = re.compile(r"(ALTER|CREATE|DELETE|INSERT|PRAGMA|SELECT|UPDATE)\b")
CODE_FOLDERS = ("lib", "connectors", "converters", "sandbox")
PROGRAM = [
    ROOT / "connector.py",
    *(path for folder in CODE_FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))),
]
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


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that may be read by users, with their lines.

    Docstrings are not among them, except those of converters and commands, which become docs.
    """
    code = ast.parse(path.read_text("utf-8"))
    internal = {id(node) for each in ast.walk(code) for node in _docstring(each, path)}
    for node in ast.walk(code):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in internal and " " in node.value and not SQL.match(node.value):
            yield node.lineno, node.value


def _docstring(node: ast.AST, path: Path) -> list[ast.AST]:
    """The docstring of a module, class, or function, unless it becomes help or docs."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    first = node.body[0] if node.body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return []
    is_page = isinstance(node, ast.Module) and path.parent.name == "converters"
    is_section = isinstance(node, ast.ClassDef) and node.name == "Connector"
    is_command = any("command" in ast.dump(item) for item in getattr(node, "decorator_list", []))
    return [] if is_page or is_section or is_command else [first.value]


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_texts_of_the_program_have_no_banned_words(path):
    found = [(line, word[0]) for line, text in texts(path) for word in WORD_IN_CODE.finditer(text)]
    assert found == []


def test_texts_are_messages_and_published_docstrings_only(tmp_path):
    (tmp_path / "converters").mkdir()
    path = tmp_path / "converters" / "x.py"
    path.write_text(
        '"""Page anew."""\n'
        "@main.command()\n"
        'def run():\n    """Help anew."""\n    raise Error(f"told {name} anew")\n'
        'class Connector:\n    """Section anew."""\n'
        'def other():\n    """Internal anew."""\n'
    )
    found = {text for _, text in texts(path)}
    assert found == {"Page anew.", "Help anew.", "Section anew.", "told ", " anew"}
