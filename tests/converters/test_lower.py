"""Text in small letters."""

import pytest

from tests.textconverter import TextConverter


class TestLower(TextConverter):
    name = "lower"

    @pytest.mark.parametrize(
        ("value", "changed"),
        [
            ("Ada@Example.COM", "ada@example.com"),
            ("ÄÖÜ", "äöü"),
            (" A ", " a "),
            ("ΑΣ", "ας"),
            (7, "7"),
            (["A", None, " ", "b", 7], ["a", "b", "7"]),
        ],
    )
    def test_all_letters_become_small(self, value, changed):
        assert self.convert(value) == changed
