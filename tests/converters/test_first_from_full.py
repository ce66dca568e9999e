"""The first name of a full one."""

import pytest

from tests.textconverter import TextConverter


class TestFirstFromFull(TextConverter):
    name = "first_from_full"

    @pytest.mark.parametrize(
        ("full", "first"),
        [
            ("Ada Quill", "Ada"),
            ("Ada Maria Quill", "Ada"),
            ("Ada", "Ada"),
            (" Ada  Quill ", "Ada"),
            ("Ada\tQuill", "Ada"),
            ("Eun-ji 佐藤", "Eun-ji"),
            ("O'Neil, Ada", "O'Neil,"),
            (7, "7"),
            (["Ada Quill", None, "", "Eun-ji 佐藤"], ["Ada", "Eun-ji"]),
        ],
    )
    def test_the_first_word_is_taken(self, full, first):
        assert self.convert(full) == first
