"""A compiled mapping, with converters that do what they may not."""

import pytest

from lib import secrets
from lib.jsontext import to_json
from lib.mapping import mapping
from lib.mapping.converters import Resources
from lib.mapping.keyfields import KeyFields
from lib.mapping.mapper import Mapper
from lib.preview.explain import explain_record
from lib.recordfilter import compile_filter

DEFINITION = "def converter(field, record, value, params):\n    "
CLASSES = """
class Odd(ValueError):
    def __str__(self):
        raise RuntimeError
    __repr__ = __str__

"""


@pytest.fixture
def apply(tmp_path):
    """Map {"a": ...} with a converter of this body, and explain the same."""

    def apply(body, value="x", classes=""):
        (tmp_path / "own.py").write_text(f"{classes}{DEFINITION}{body}\n", "utf-8")
        layer = {"A": {"source": "a", "converter": "own"}, "B": {"source": "a"}}
        fields = mapping.merge({"ini": layer})
        mapper = Mapper(fields.values(), None, Resources(folder=tmp_path))
        mapped = mapper({"a": value})
        filled = explain_record(mapper, fields, compile_filter(None), {"a": value}).fields[0]
        assert filled.value == mapped.values["A"]
        assert filled.failure == (mapped.failures[0][1] if mapped.failures else "")
        return mapped

    return apply


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise SystemExit(4)", "own: unexpected error (SystemExit(4)) (value: 'x')"),
        ("import sys; sys.exit()", "own: unexpected error (SystemExit()) (value: 'x')"),
        (
            "raise Odd()",
            "own: unexpected error (a value of type Odd that cannot be shown) (value: 'x')",
        ),
        ("import re; return re.match('x', value)", "own: the result of a pattern cannot be sent"),
        ("return {(1, 2): 3}", "own: a dict with the key (1, 2) cannot be sent"),
        (
            "value = []; value.append(value); return value",
            "own: a list is nested more than 50 levels deep and cannot be sent",
        ),
        ("import datetime; return datetime.timedelta(1)", "a duration cannot be sent"),
        ("return Odd()", "own: a value of type Odd cannot be sent"),
        ("return 10 ** 5000", "own: the number is too large to be sent"),
    ],
)
def test_whatever_a_converter_does_is_a_failure_of_its_field(apply, body, words):
    mapped = apply(body, classes=CLASSES)
    assert mapped.values == {"A": None, "B": "x"}
    [(name, text)] = mapped.failures
    assert name == "A"
    assert words in text


def test_a_value_that_cannot_be_shown_is_told_by_its_type(apply, tmp_path):
    class Odd:
        def __repr__(self):
            raise SystemExit(1)

    [(_, text)] = Mapper(
        mapping.merge({"ini": {"A": {"source": "a", "converter": "lower"}}}).values(), None
    )({"a": Odd()}).failures
    assert text == (
        "lower: a value of type Odd is not text (value: a value of type Odd that cannot be shown)"
    )


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("return (1, 'a')", [1, "a"]),
        ("return {'b', 'a'}", ["a", "b"]),
        ("import datetime; return datetime.date(2024, 3, 11)", 1710115200),
    ],
)
def test_what_a_converter_gives_takes_the_form_that_is_sent(apply, body, value):
    mapped = apply(body)
    assert (mapped.values["A"], mapped.failures) == (value, [])


def test_a_value_is_checked_behind_the_last_converter_only(tmp_path):
    (tmp_path / "match.py").write_text(
        f"import re\n{DEFINITION}return re.match('.', value)\n", "utf-8"
    )
    (tmp_path / "text.py").write_text(f"{DEFINITION}return value[0]\n", "utf-8")
    fields = mapping.merge({"ini": {"A": {"source": "a", "converter": ["match", "text"]}}})
    mapper = Mapper(fields.values(), None, Resources(folder=tmp_path))
    assert mapper({"a": "xyz"}).values == {"A": "x"}
    filled = explain_record(mapper, fields, compile_filter(None), {"a": "xyz"}).fields[0]
    assert "re.Match" in to_json(filled.converted[0].value)
    assert filled.value == "x"


def test_a_file_of_ones_own_changes_no_list_of_the_record(apply):
    value = ["b", "a"]
    mapped = apply("value.sort(); return value", value)
    assert mapped.values == {"A": ["a", "b"], "B": ["b", "a"]}
    assert value == ["b", "a"]


def test_a_secret_is_masked_before_a_failure_is_cut(apply):
    secrets.remember("open sesame")
    value = "x" * 92 + "open sesame"
    [(_, text)] = apply("raise ValueError('no ' + value)", value).failures
    assert "open" not in text
    assert "*" in text


def test_key_fields_are_trimmed_and_others_are_not():
    fields = mapping.merge({"ini": {"SERIAL": {"source": "a"}, "NAME": {"source": "a"}}})
    mapper = Mapper(fields.values(), None, key=KeyFields(("SERIAL",)))
    assert mapper({"a": "\ufeff x\u200b"}).values == {"SERIAL": "x", "NAME": "\ufeff x\u200b"}
    for value in (7, None, ["x "]):
        assert mapper({"a": value}).values["SERIAL"] == value
