"""What every converter owes that changes one text into another and takes no parameters."""

from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings

from lib.mapping.converters import conversion
from tests.values import EMPTY, TEXTS, VALUES

# Hypothesis warns of one test that runs for several classes, as these are meant to.
shared = settings(suppress_health_check=[HealthCheck.differing_executors])


class TextConverter:
    """To be inherited; `name` is the converter."""

    name: ClassVar[str]

    def convert(self, value: Any) -> Any:
        return conversion(self.name)("field", {}, value)

    @pytest.mark.parametrize("value", EMPTY)
    def test_what_is_empty_stays_so(self, value: Any) -> None:
        assert self.convert(value) == value

    @pytest.mark.parametrize("value", [{"a": 1}, True, [["a"]]])
    def test_what_is_no_text_is_refused(self, value: Any) -> None:
        with pytest.raises(ValueError, match="is not text"):
            self.convert(value)

    def test_it_takes_no_parameters(self) -> None:
        with pytest.raises(ValueError, match="unknown parameter 'words'; it has no parameters"):
            conversion(f"{self.name}:words")

    @shared
    @given(TEXTS)
    def test_the_second_time_nothing_changes(self, text: str) -> None:
        if self.settles(text):
            assert self.convert(self.convert(text)) == self.convert(text)

    def settles(self, text: str) -> bool:
        """Whether the converter, done twice, has to give the same as once."""
        return True

    @shared
    @given(VALUES)
    def test_anything_is_converted_or_refused(self, value: Any) -> None:
        try:
            self.convert(value)
        except ValueError as error:
            assert "is not text" in str(error)
