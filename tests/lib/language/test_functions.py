"""Each function, method and pattern that a program may use, and that the page lists just these."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.language import LanguageError, Stopped, compile_program, functions
from lib.language.functions import FUNCTIONS
from lib.language.methods import ATTRIBUTES, METHODS
from lib.language.patterns import PATTERN_FLAGS, PATTERN_FUNCTIONS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "record-filter.md").read_text("utf-8")
NOW = datetime(2024, 5, 6, 7, 8, 9, 500_000, tzinfo=UTC)
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


def run(text, **values):
    return compile_program(text, tuple(values)).run(*values.values())


def stopped(text, **values):
    with pytest.raises(Stopped) as caught:
        run(text, **values)
    return str(caught.value)


@pytest.fixture
def clock(monkeypatch):
    """The time is NOW."""
    monkeypatch.setattr(functions, "now", lambda: NOW)
    monkeypatch.setitem(FUNCTIONS, "now", functions.now)
    monkeypatch.setattr(functions, "time", NOW.timestamp)


# --- what the page says


def cells(section, head):
    """The words in backquotes in that row of a section's table which has this head."""
    part = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    [row] = [line for line in part.split("\n") if line.startswith(f"| {head} |")]
    return re.findall(r"`([^`]+)`", row)


def test_the_page_lists_every_function():
    heads = ("numbers and strings", "lists", "dates", "records")
    listed = [cell.split("(")[0] for head in heads for cell in cells("Functions", head)]
    assert sorted(listed) == sorted(FUNCTIONS)


def test_the_page_lists_every_pattern_and_flag():
    listed = [cell.removeprefix("re.") for cell in cells("Functions", "patterns")]
    assert sorted(listed) == sorted([*PATTERN_FUNCTIONS, *PATTERN_FLAGS])


@pytest.mark.parametrize(
    ("head", "kinds"),
    [
        ("strings", [str]),
        ("dicts", [dict]),
        ("lists and tuples", [list, tuple]),
        ("sets", [set]),
        ("numbers", [float]),
        ("dates", [datetime]),
        ("differences of dates", [timedelta]),
    ],
)
def test_the_page_lists_every_method(head, kinds):
    listed = cells("Methods", head)
    for kind in kinds:
        assert [name for name in listed if "." not in name] == sorted(METHODS[kind])
        parts = {name.removeprefix(".") for name in listed if "." in name}
        assert parts == ATTRIBUTES.get(kind, set())


def test_the_page_lists_every_method_of_what_a_pattern_found():
    [kind] = [kind for kind in METHODS if kind.__name__ == "Match"]
    assert cells("Methods", "found patterns") == sorted(METHODS[kind])


def test_days_without_a_time_have_no_methods_of_their_own():
    assert METHODS[date].keys() < METHODS[datetime].keys()
    assert ATTRIBUTES[date] < ATTRIBUTES[datetime]


EXAMPLES = re.findall(r"```\n(?:\[casper\]\n)?recordfilter[ :=]+(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_page_can_be_compiled(text):
    compile_program(text, ("record",))


def test_there_are_examples_on_the_page():
    assert len(EXAMPLES) == 2


# --- numbers, texts and lists


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abs(-3)", 3),
        ("all([1, 0])", False),
        ("all(x for x in [1, 0])", False),
        ("all([])", True),
        ("all(x for x in [])", True),
        ("any([0, 1])", True),
        ("any(x for x in [0, 1])", True),
        ("any([])", False),
        ("any(x for x in [])", False),
        ("bool('')", False),
        ("bool()", False),
        ("float('2.5')", 2.5),
        ("int('12')", 12),
        ("int(2.9)", 2),
        ("int()", 0),
        ("int('ff', 16)", 255),
        ("int('0b1', base=0)", 1),
        ("int(True)", 1),
        ("len('abc')", 3),
        ("len([])", 0),
        ("len({'a': 1})", 1),
        ("list('ab')", ["a", "b"]),
        ("list({'a': 1})", ["a"]),
        ("list(x for x in (1, 2))", [1, 2]),
        ("max(1, 3, 2)", 3),
        ("max([1, 3])", 3),
        ("max([], default=None)", None),
        ("min('b', 'a')", "a"),
        ("round(2.567, 2)", 2.57),
        ("round(2.5)", 2),
        ("round(1250, -2)", 1200),
        ("round(2.567, ndigits=1)", 2.6),
        ("set([1, 1])", {1}),
        ("set()", set()),
        ("sorted([2, 1])", [1, 2]),
        ("sorted('ba', reverse=True)", ["b", "a"]),
        ("str(1.0)", "1.0"),
        ("str()", ""),
        ("str(None)", "None"),
        ("sum([1, 2])", 3),
        ("sum([1, 2], 10)", 13),
        ("sum([1], start=1.5)", 2.5),
        ("sum([days(1), days(2)], days(0)).days", 3),
        ("tuple([1])", (1,)),
        ("[1, 2, 1].count(1)", 2),
        ("(1, 2).index(2)", 1),
        ("{1, 2}.union([3])", {1, 2, 3}),
        ("{1, 2}.intersection({2})", {2}),
        ("{1, 2}.difference({2})", {1}),
        ("{1}.issubset({1, 2})", True),
        ("{1}.issuperset([2])", False),
        ("{1}.isdisjoint([2])", True),
        ("(2.0).is_integer()", True),
        ("{'a': 1}.get('a')", 1),
        ("{'a': 1}.get('b', 2)", 2),
        ("{'a': 1}.items()", [("a", 1)]),
        ("{'a': 1}.keys()", ["a"]),
        ("{'a': 1}.values()", [1]),
    ],
)
def test_functions_and_methods_do_what_pythons_do(text, value):
    result = run(text)
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "t.capitalize()", "t.casefold()", "t.center(20)", "t.center(20, '*')", "t.count('a')",
        "t.count('a', 2)", "t.endswith('7')", "t.endswith(('x', '7'))", "t.find('-')",
        "t.find('z')", "t.index('-')", "t.isalnum()", "t.isalpha()", "t.isascii()", "t.isdecimal()",
        "t.isdigit()", "t.islower()", "t.isnumeric()", "t.isprintable()", "t.isspace()",
        "t.istitle()", "t.isupper()", "t.join(['a', 'b'])", "t.join(x for x in 'ab')",
        "t.ljust(20, '.')", "t.lower()", "t.lstrip()", "t.lstrip(' L')", "t.partition('-')",
        "t.removeprefix(' ')", "t.removesuffix('7')", "t.replace('a', 'bb')",
        "t.replace('a', 'bb', 1)", "t.replace('', '-')", "t.rfind('a')", "t.rindex('a')",
        "t.rjust(20)", "t.rpartition('a')", "t.rsplit('a', 1)", "t.rstrip('7')",
        "t.rsplit(maxsplit=1)", "t.rsplit()", "t.split()", "t.split('a')", "t.split('a', 1)",
        "t.title()", "t.split(sep='a', maxsplit=1)", "t.splitlines()", "t.splitlines(True)",
        "t.startswith(' L')", "t.startswith('A', 2)", "t.strip()", "t.strip(' 7')", "t.swapcase()",
        "t.upper()", "t.zfill(20)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("t", [" LAB-Mac a 7", "", "stra\u00dfe", "a\nb"])
def test_methods_of_texts_do_what_pythons_do(text, t):
    try:
        expected = eval(text, {"t": t})  # the reference
    except ValueError:
        method = text.partition("(")[0].removeprefix("t.")
        assert stopped(text, t=t) == f"line 1: {method}(): the value was not found"
    else:
        assert run(text, t=t) == expected


def test_every_method_of_texts_is_tried_above():
    mark = test_methods_of_texts_do_what_pythons_do.pytestmark[1]
    assert {re.match(r"t\.(\w+)", text)[1] for text in mark.args[1]} == METHODS[str].keys()


# --- dates


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-01-01", NEW_YEAR),
        ("2024-01-01T00:00:00Z", NEW_YEAR),
        ("2024-01-01T00:00:00", NEW_YEAR),
        ("2024-01-01T02:00:00+02:00", NEW_YEAR),
        (" 2024-01-01 00:00:00.250 ", NEW_YEAR),
        (1704067200, NEW_YEAR),
        (1704067200.9, NEW_YEAR),
        ("1704067200", NEW_YEAR),
        (1704067200000, NEW_YEAR),
        ("1704067200000", NEW_YEAR),
        (NEW_YEAR, NEW_YEAR),
        (datetime(2024, 1, 1), NEW_YEAR),
        (datetime(2024, 1, 1, 5, tzinfo=timezone(timedelta(hours=5))), NEW_YEAR),
        (date(2024, 1, 1), NEW_YEAR),
        (None, None),
        ("", None),
        ("  ", None),
        (0, None),
        ("0", None),
    ],
)
def test_date_knows_the_usual_forms(value, moment):
    result = run("date(value)", value=value)
    assert result == moment
    assert result is None or result.tzinfo


@pytest.mark.parametrize(
    "value", ["soon", "2024-13-01", "01.02.2024", "x" * 500, 10**30, float("nan")]
)
def test_what_is_no_date_is_an_error_on_that_record(value):
    assert stopped("date(value)", value=value)
    assert stopped("days_since(value)", value=value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (["2024-01-01"], "a list"),
        ({"a": 1}, "a dict"),
        (b"2024-01-01", "binary data"),
        ({1}, "a set"),
    ],
)
def test_a_list_is_no_date(value, kind):
    assert f"line 1: {kind} is not a date" == stopped("date(value)", value=value)


def test_now_is_in_utc_and_has_a_zone():
    before = datetime.now(UTC)
    assert before <= run("now()") <= datetime.now(UTC)
    assert run("now()").tzinfo is UTC


@pytest.mark.usefixtures("clock")
class TestAtOneMoment:
    def test_today_is_the_midnight_before_now(self):
        assert run("now()") == NOW
        assert run("today()") == datetime(2024, 5, 6, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("value", "days"),
        [
            ("2024-05-05T07:08:09.5Z", 1 + 0.5 / 86400),
            ("2024-05-06T07:08:09Z", 0.5 / 86400),
            (NOW, 0),
            (NOW.replace(tzinfo=None), 0),
            (date(2024, 5, 6), (7 * 3600 + 8 * 60 + 9.5) / 86400),
            ("2024-05-07T07:08:09Z", -1 + 0.5 / 86400),
            (None, None),
            ("", None),
        ],
    )
    def test_days_since_has_a_fraction_and_is_below_zero_for_the_future(self, value, days):
        assert run("days_since(value)", value=value) == pytest.approx(days, abs=1e-9)

    @pytest.mark.parametrize(
        "text",
        [
            "date(seen) < now() - days(90)", "date(seen) <= now()",
            "now() - date(seen) > days(126)", "date(seen) + hours(24) == date('2024-01-02')",
            "days(1) == hours(24)", "days(0.5) == hours(12)",
            "date(seen).year == 2024 and date(seen).month == 1 and date(seen).day == 1",
            "now().hour == 7 and now().minute == 8 and now().second == 9", "today().weekday() == 0",
            "today().isoweekday() == 1", "(now() - today()).seconds == 25689", "days(3).days == 3",
            "days(1).total_seconds() == 86400",
            "date(seen).isoformat() == '2024-01-01T00:00:00+00:00'",
            "date(seen).strftime('%Y-%m-%d %%') == '2024-01-01 %'",
            "date(seen).timestamp() == 1704067200", "f'{date(seen):%d.%m.%y}' == '01.01.24'",
            "date(seen).date().isoformat() == '2024-01-01'",
            "date(date(seen).date()) == date(seen)",
            "date(seen).astimezone().timestamp() == 1704067200",
            "date(seen).date().strftime('%d.%m.') == '01.01.'",
            "date(seen).date().weekday() == 0", "126 < days_since(seen) < 127",
            "-days(1) < days(0)", "max(date(seen), now()) == now()",
            "sorted([now(), date(seen)])[0].year == 2024",
            "str(date(seen)) == '2024-01-01 00:00:00+00:00'", "now() - now() == days(0)",
        ],
    )  # fmt: skip
    def test_dates_can_be_reckoned_with(self, text):
        assert run(text, seen="2024-01-01") is True


def test_a_date_without_a_zone_is_told_apart_from_one_with():
    naive = datetime(2024, 1, 1)
    assert (
        "cannot compare a timestamp without a time zone with a timestamp; use date(...) for both"
        in stopped("seen < now()", seen=naive)
    )
    assert run("date(seen) < now()", seen=naive) is True


def test_what_a_date_does_not_have_is_none_or_is_told():
    assert run("now().zone") is None
    assert run("now().tzinfo") is None
    assert "write isoformat()" in stopped("now().isoformat")
    assert "has no method lower" in stopped("now().lower()")


# --- records


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("get_field_value(record, 'a.b')", 1),
        ("get_field_value(record, 'a.x', 5)", 5),
        ("get_field_value(record, path='a.x', default=5)", 5),
        ("get_field_value(data=record, path='list.1')", 3),
        ("get_field_value(record, 'list[0]')", 2),
        ("get_field_value(record, 'nothing', 5)", 5),
        ("get_field_value(record, 'zero', 5)", 0),
        ("get_field_value(record, 'c.d')", 4),
        ("get_field_value(None, 'a', 5)", 5),
        ("get_field_value([1], '0', 5)", 5),
        ("cae(record, 'Owner')", "ada"),
        ("cae(record, 'Twice')", "second"),
        ("cae(record, 'Blank')", ""),
        ("cae(record, 'Blank', 'x')", ""),
        ("cae(record, 'Other')", None),
        ("cae(record, 'Other', 'x')", "x"),
        ("cae(record, attr='Other', default='x')", "x"),
        ("cae({}, 'Owner', 'x')", "x"),
        ("cae(None, 'Owner', 'x')", "x"),
        ("cae({'extension_attributes': None}, 'Owner', 'x')", "x"),
    ],
)
def test_fields_by_their_path_and_extension_attributes_by_their_name(text, value):
    record = {
        "a": {"b": 1},
        "list": [2, 3],
        "nothing": None,
        "zero": 0,
        "c.d": 4,
        "extension_attributes": [
            {"id": 1, "name": "Owner", "value": "ada"},
            {"name": "Twice", "value": ""},
            {"name": "Twice", "value": "second"},
            {"name": "Blank", "value": ""},
            {"id": 9},
        ],
    }
    assert run(text, record=record) == value


# --- patterns: what Python's re gives

PATTERNS = [
    "a",
    "(a)(b)?",
    "[0-9]+",
    "^",
    "$",
    "",
    "b*",
    "(?P<x>a|b)",
    "x(?=y)",
    "(a)|(b)",
    "\\s",
    ".",
]
TEXTS = ["", "aab", "a1b22 c", "xyxy", "ab\nab", "zzz"]
USES = [
    "re.search(p, t)", "re.match(p, t)", "re.fullmatch(p, t)", "re.findall(p, t)", "re.split(p, t)",
    "re.split(p, t, 1)", "re.split(p, t, maxsplit=2)", "re.sub(p, '<>', t)",
    "re.sub(p, r'<\\g<0>>', t)", "re.sub(p, '-', t, 1)", "re.sub(p, '-', t, count=2)",
    "re.findall(p, t, re.M)", "re.search(p, t, re.I)",
    "re.findall(p, t, flags=re.MULTILINE | re.DOTALL)", "re.sub(p, '-', t, 0, re.S)",
    "re.split(p, t, 0, re.IGNORECASE)",
]  # fmt: skip


class Reference:
    """Python's re, with counts and flags by their places, which it warns of from 3.13 on."""

    def __getattr__(self, name):
        return getattr(re, name)

    @staticmethod
    def split(pattern, string, maxsplit=0, flags=0):
        return re.split(pattern, string, maxsplit=maxsplit, flags=flags)

    @staticmethod
    def sub(pattern, repl, string, count=0, flags=0):
        return re.sub(pattern, repl, string, count=count, flags=flags)


def comparable(value):
    if hasattr(value, "groups"):
        return (
            value.span(),
            value.group(),
            value.groups(),
            value.groupdict(),
            value.start(),
            value.end(),
        )
    return value


@pytest.mark.parametrize("use", USES)
def test_patterns_find_what_pythons_find(use):
    for pattern in PATTERNS:
        for text in TEXTS:
            expected = eval(use, {"re": Reference(), "p": pattern, "t": text})
            ours = run(use, p=pattern, t=text)
            assert comparable(ours) == comparable(expected), (pattern, text)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([*"ab1.*+?|()[]^$", "\\d", "\\w", "(?:", "(?i)"]), max_size=6).map(
        "".join
    ),
    st.text("ab1 \n", max_size=8),
)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_what_python_takes_for_a_pattern_finds_the_same(pattern, text):
    try:
        expected = re.search(pattern, text)
    except re.error:
        return
    assert comparable(run("re.search(p, t)", p=pattern, t=text)) == comparable(expected)


def test_a_pattern_that_is_written_out_is_checked_when_it_is_compiled():
    for text in ("re.search('(', t)", "re.sub('[', '', t)", "re.split(pattern='*', string=t)"):
        with pytest.raises(LanguageError, match="invalid pattern"):
            compile_program(text, ("t",))
    compile_program("re.search('a # (', t, re.VERBOSE)", ("t",))
    compile_program("re.search('a # (', t, flags=re.I | re.X)", ("t",))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("re.search(t, 'a')", "a pattern must be text"),
        ("re.search('a', t)", "a pattern can search only text, not a number"),
        ("re.sub('a', t, 'a')", "the replacement must be text, not a number"),
        ("re.sub('(a)', '\\\\2', 'a')", "invalid replacement: unknown group"),
        ("re.search('a', 'b', t)", "invalid flags of a pattern"),
        ("re.search('a', 'b', int(t) + 507)", "invalid flags of a pattern"),
        ("re.search('a', 'b', int(t) - 6)", "invalid flags of a pattern"),
        ("re.search('a', 'b', int(t) ** 90)", "invalid flags of a pattern"),
        ("re.split('a', 'b', -1)", "maxsplit must be a whole number, 0 or greater"),
    ],
)
def test_what_is_no_pattern_stops_the_program(text, reason):
    assert reason in stopped(text, t=5.5)


@pytest.mark.parametrize(
    "pattern",
    [
        "a{e}",
        "(?:foo){e<2}",
        "a{s}",
        "a{ 2 }",
        "[{e}]",
        "[[:alpha:]]",
        "[]{]",
        "{}",
        "\\N{DIGIT ONE}",
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_only_other_libraries_know_is_plain_text(pattern):
    for text in ("a{e}", "ab", "foo{e<2}", "fo", "a{s}", "a{ 2 }", "a]", "{", "1", "{}"):
        assert comparable(run("re.search(p, t)", p=pattern, t=text)) == comparable(
            re.search(pattern, text)
        )


@pytest.mark.parametrize(
    "pattern",
    ["\\X", "[\\X]", "\\p{L}", "\\K", "(?R)", "(?1)", "(?&n)", "(?|a)", "(?<n>a)", "(?e)a",
     "(?r:a)", "a(?i)", "(*FAIL)", "(?P>n)"],
)  # fmt: skip
def test_what_python_does_not_take_for_a_pattern_is_none(pattern):
    with pytest.raises(re.error):
        re.compile(pattern)
    assert "invalid pattern" in stopped("re.search(p, 'a')", p=pattern)


@pytest.mark.parametrize("name", PATTERN_FLAGS)
def test_flags_mean_what_pythons_mean(name):
    pattern = r"^a.b  # (\w+)$"
    for text in ("A\nb  # \u00e4\nx", "a.b", "a b  # x\ny", "a.b  # x", "A.B"):
        expected = re.findall(pattern, text, getattr(re, name))
        assert run(f"re.findall(p, t, re.{name})", p=pattern, t=text) == expected


def test_flags_are_joined_by_a_bar_and_nothing_else_is():
    assert run("re.search('^b.', 'a\\nB\\n', re.I | re.M | re.S)")
    assert not run("re.search('^b.', 'a\\nB\\n', re.I | re.M)")
    for text in ("1 | 2", "re.I | 2", "a | re.I", "re.I | a", "re.I | (1 + 1)", "re.I & re.M"):
        with pytest.raises(LanguageError, match=r"use `(or|and)` instead of"):
            compile_program(text, ("a",))
