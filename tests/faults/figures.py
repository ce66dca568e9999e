"""What was measured, written into the page on reliability."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "reliability.md"


def write(name: str, text: str) -> None:
    """Put the text between the marks of this name."""
    page = PAGE.read_text("utf-8")
    begin, end = f"<!-- figures: {name} -->\n", "<!-- end -->"
    pattern = rf"({re.escape(begin)}).*?({re.escape(end)})"
    wrapped = textwrap.fill(text, 110, break_long_words=False, break_on_hyphens=False)
    made, number = re.subn(
        pattern, lambda found: f"{found[1]}\n{wrapped}\n\n{found[2]}", page, flags=re.DOTALL
    )
    assert number == 1, name
    PAGE.write_text(made, "utf-8")
