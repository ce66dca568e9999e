"""The last name of a full one."""

import pytest

from tests.textconverter import TextConverter


class TestLastFromFull(TextConverter):
    name = "last_from_full"

    @pytest.mark.parametrize(
        ("full", "last"),
        [
            ("Ada Quill", "Quill"),
            ("Ada Maria Quill", "Quill"),
            ("Ada", "Ada"),
            (" Ada  Quill ", "Quill"),
            ("Ada\tQuill", "Quill"),
            ("Eun-ji 佐藤", "佐藤"),
            ("O'Neil, Ada", "Ada"),
            (7, "7"),
            (["Ada Quill", None, "", "Eun-ji 佐藤"], ["Quill", "佐藤"]),
        ],
    )
    def test_the_first_word_is_taken(self, full, last):
        assert self.convert(full) == last
