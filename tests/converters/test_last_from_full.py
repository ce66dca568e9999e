"""The last name of a full one."""

import pytest

from converters.last_from_full import converter


@pytest.mark.parametrize(
    ("full", "last"),
    [
        ("Ada Quill", "Quill"),
        ("Ada Maria Quill", "Quill"),
        ("Ada", "Ada"),
        (" Ada  Quill ", "Quill"),
        ("Eun-ji 佐藤", "佐藤"),
        ("", ""),
        (None, None),
    ],
)
def test_the_last_word_is_taken(full, last):
    assert converter("name", {"name": full}, full, {}) == last
