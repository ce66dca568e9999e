"""Text that begins with a large letter."""

import pytest

from tests.textconverter import TextConverter


class TestCapitalize(TextConverter):
    name = "capitalize"

    @pytest.mark.parametrize(
        ("value", "changed"),
        [
            ("hELLO", "Hello"),
            ("BERLIN", "Berlin"),
            ("NEW YORK", "New york"),
            ("O'NEIL", "O'neil"),
            ("éCOLE", "École"),
            (" berlin", " berlin"),
            ("4TH", "4th"),
            (7, "7"),
            (["PARIS", None, " ", "berlin"], ["Paris", "Berlin"]),
        ],
    )
    def test_the_first_letter_becomes_large_and_all_others_small(self, value, changed):
        assert self.convert(value) == changed

    def settles(self, text):
        return len(text.capitalize()) == len(text)  # some letters become two when large
