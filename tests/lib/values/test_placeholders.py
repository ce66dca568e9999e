"""Serial numbers that identify nothing."""

import re
from pathlib import Path

import pytest

from lib.values.placeholders import PLACEHOLDERS, is_placeholder

PAGE = Path(__file__).parents[3] / "docs/reference/mapping.md"


@pytest.mark.parametrize(
    "value",
    [
        "To Be Filled By O.E.M.",
        "to be filled by o.e.m.",
        " Default string\u200b",
        "System Serial Number",
        "....................",
        "........",
        "-",
        "None",
        "0",
        0,
        "000000",
        "0000000000000000000",
        "FFFFFF",
        "ffffffffffff",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "00:00:00:00:00:00",
        "03000200-0400-0500-0006-000700080009",
    ],
)
def test_placeholders(value):
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "C02REAL0001",
        "1",
        "00",
        "00000",  # too short
        "FFFFF",
        "0000001",
        "FFFFF0",
        "00FF00FF",
        "Default string 7",  # a part is not enough
        "X To Be Filled By O.E.M.",
        "",
        " ",
        None,
        True,
        False,
        7,
        1.5,
        ["0"],
        "日本",
    ],
)
def test_values_that_are_none(value):
    assert not is_placeholder(value)


def test_the_page_lists_them_all():
    listed = (
        PAGE.read_text("utf-8").split("## Placeholders in the sync key")[1].split("\n- six or")[0]
    )
    named = re.findall(r"`([^`]+)`", listed.replace("\n", " "))
    assert {name.casefold() for name in named} == PLACEHOLDERS
