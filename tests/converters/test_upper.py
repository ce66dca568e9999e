"""Text in capital letters."""

import pytest

from tests.textconverter import TextConverter


class TestUpper(TextConverter):
    name = "upper"

    @pytest.mark.parametrize(
        ("value", "changed"),
        [
            ("c02xk1jklvcf", "C02XK1JKLVCF"),
            ("äöü", "ÄÖÜ"),
            ("straße", "STRASSE"),
            (" a ", " A "),
            (7, "7"),
            (["a", None, " ", "B", 7], ["A", "B", "7"]),
        ],
    )
    def test_all_letters_become_large(self, value, changed):
        assert self.convert(value) == changed
