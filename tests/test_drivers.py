"""What a test does that needs a driver that is not installed."""

import pytest

from tests import drivers


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_a_missing_driver_skips_a_test_or_in_ci_fails_it(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setitem(drivers.PACKAGES, "Nonesuch", "libnonesuch")
    with pytest.raises(outcome, match=r"Nonesuch: apt-get install (unixodbc )?libnonesuch"):
        drivers.require_driver("Nonesuch")
