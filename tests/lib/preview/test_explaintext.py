"""The words of an explanation: the filter's decision, the table of the fields, the end."""

from types import SimpleNamespace

import pytest

from lib.ini import Entry
from lib.preview.explain import Converted, Decision, Explanation, Filled
from lib.preview.explaintext import render_explanations

FILTER = Entry("recordfilter", '\n\n    return record.a == "\x1b[2J"', 12)


def filled(field="NAME", **how):
    usual = {
        "layer": "ini",
        "origin": "source",
        "name": "general.name",
        "raw": "x",
        "converted": (),
        "converters_layer": "",
        "value": "x",
        "missing": False,
    }
    return Filled(field=field, **(usual | how))


def words(*fields, decision=None, recordfilter=FILTER, width=200):
    section = SimpleNamespace(name="casper", recordfilter=recordfilter)
    explanation = Explanation(decision or Decision(True, 14), fields)
    [text] = render_explanations(section, [("record 1", explanation)], width)
    return text.splitlines()


ADA = filled(
    "USER",
    name="location.username",
    raw=" Ada@x.com ",
    converted=(Converted("strip", "Ada@x.com"), Converted("lower", "ada@x.com")),
    converters_layer="ini",
    value="ada@x.com",
)


def test_a_table_of_fields_with_their_converters_below_them():
    fields = filled("SERIAL", layer="server", name="general.serial_number", raw="C02"), ADA
    assert words(*fields)[1:] == [
        "  field   source, converters             value (the last one is sent)",
        '  SERIAL  server: general.serial_number  "C02"',
        '  USER    ini: location.username         " Ada@x.com "',
        '          strip                          "Ada@x.com"',
        '          lower                          "ada@x.com"',
        "Would be sent.",
    ]


def test_field_that_is_left_out_says_so():
    lines = words(filled(raw="", value="", omitted=True))
    assert lines[-2].strip() == "not sent, because it is empty"


def test_settings_and_hardcoded_values():
    role = filled("ROLE", layer="built-in", origin="setting", name="default_role", raw="25")
    site = filled("SITE", origin="hardcoded", name="", raw=["a", None])
    assert [line.split() for line in words(role, site)[2:-1]] == [
        ["ROLE", "built-in:", "setting", "default_role", '"25"'],
        ["SITE", "ini:", "hardcoded", '["a",', "null]"],
    ]


def test_converters_of_another_layer_say_so():
    lines = words(filled(converted=(Converted("lower", "x"),), converters_layer="built-in"))
    assert "lower [built-in]" in lines[3]


def test_a_failure_and_an_empty_required_field_have_their_reasons():
    steps = (Converted("strip", "x"), Converted("number", None, "number: \x07 is none"))
    lines = words(filled(converted=steps, converters_layer="ini", value=None, missing=True))
    assert [line.split()[-1] for line in lines[2:4]] == ['"x"', '"x"']
    assert lines[4].split() == ["number", "null"]
    assert lines[5].strip() == r"conversion failed: number: \x07 is none"
    assert lines[6].strip() == "required, but empty"
    assert lines[7] == "Incomplete: would not be sent, because required field NAME is empty."


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Decision(True, 14), "passed the record filter, line 14: "),
        (Decision([1], 14), "passed the record filter, line 14: "),
        (Decision(False, 14), "filtered out by the record filter, line 14: "),
        (Decision(None, 14), "filtered out by the record filter, which returned None, line 14: "),
        (Decision("", 14), "filtered out by the record filter, which returned '', line 14: "),
        (
            Decision(None, 14, "ValueError: \x1b"),
            r"the record filter failed (ValueError: \x1b), line 14: ",
        ),
    ],
)
def test_the_decision_of_the_filter_and_the_line_that_it_came_from(decision, expected):
    assert words(decision=decision)[0] == (
        f"[casper] record 1: {expected}" + r'return record.a == "\x1b[2J"'
    )


def test_a_filter_on_the_line_of_its_key():
    entry = Entry("recordfilter", "record.a", 9)
    assert words(decision=Decision(True, 9), recordfilter=entry)[0].endswith("line 9: record.a")


def test_without_a_filter():
    lines = words(decision=Decision(), recordfilter=None)
    assert lines[0] == "[casper] record 1: no record filter"


@pytest.mark.parametrize(
    ("decision", "missing", "end"),
    [
        (Decision(True, 14), False, "Would be sent."),
        (Decision(False, 14), True, "Filtered: would not be sent."),
        (
            Decision(True, 14),
            True,
            "Incomplete: would not be sent, because required fields NAME, AGE are empty.",
        ),
        (
            Decision(None, 14, "TypeError"),
            True,
            "Rejected: would not be sent, because the record filter failed.",
        ),
    ],
)
def test_the_last_line_is_what_becomes_of_the_record(decision, missing, end):
    fields = filled("NAME", missing=missing), filled("SITE"), filled("AGE", missing=missing)
    assert words(*fields, decision=decision)[-1] == end


@pytest.mark.parametrize("width", [50, 80, 100, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(width):
    long = filled("LIST", name="a." * 60, raw=["x" * 30] * 40)
    failing = Converted("regex:" + "y" * 60, None, "regex: " + "such as this " * 10)
    failed = filled("X", raw="z" * 400, converted=(failing,), value=None)
    lines = words(long, failed, ADA, width=width)
    assert max(map(len, lines[1:-1])) <= width
    together = "".join(line.strip() for line in lines)
    assert "... (40 items)" in together
    assert "such as this such as this" in together.replace("thissuch", "this such")


def test_where_there_is_room_values_are_shown_whole():
    value = "v" * 100
    assert words(filled(raw=value))[2].endswith(f'"{value}"')


def test_values_are_harmless_and_on_one_line():
    lines = words(filled(raw="a\nb\x1b[2J\x9b\u202e"))
    assert lines[2].endswith(r'"a\nb\u001b[2J\x9b\u202e"')
    assert len(lines) == 4


def test_paths_and_converters_are_harmless():
    lines = words(filled(name="a\x1b", converted=(Converted("\x07", "x"),)))
    assert "\x1b" not in "".join(lines)
    assert "\x07" not in "".join(lines)


def test_sentences_stand_between_the_records():
    section = SimpleNamespace(name="casper", recordfilter=None)
    explanation = Explanation(Decision(), ())
    found = list(render_explanations(section, [("a note", None), ("record 1", explanation)], 80))
    assert found[0] == "Warning: [casper] a note"
    assert found[1].startswith("[casper] record 1: ")


def test_a_long_list_is_cut_in_the_narrowest_column():
    lines = words(filled(raw=["x" * 30] * 1_000_000), width=30)
    assert "... (1000000" in " ".join(lines)
    assert sum(map(len, lines)) < 400


def test_wide_characters_take_two_columns():
    lines = words(
        filled("A", name="名前", raw="x"), filled("B", name="name", raw="山" * 60), width=60
    )
    assert lines[2].index('"x"') + 2 == lines[3].index('"山')
    assert len(lines[3]) < 50
    assert lines[3].endswith("...")
    assert "\0" not in "".join(lines)


def test_a_filter_that_fails_where_no_line_is_known_is_shown_with_that_of_its_key():
    decision = Decision(None, None, "it takes too long")
    assert words(decision=decision)[0] == (
        "[casper] record 1: the record filter failed (it takes too long), line 12"
    )
