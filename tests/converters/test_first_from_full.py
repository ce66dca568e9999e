"""The first name of a full one."""

import pytest

from converters.first_from_full import converter


@pytest.mark.parametrize(
    ("full", "first"),
    [
        ("Ada Quill", "Ada"),
        ("Ada Maria Quill", "Ada"),
        ("Ada", "Ada"),
        (" Ada  Quill ", "Ada"),
        ("Eun-ji 佐藤", "Eun-ji"),
        ("", ""),
        (None, None),
    ],
)
def test_the_first_word_is_taken(full, first):
    assert converter("name", {"name": full}, full, {}) == first
