"""Values and sections that are valid, but probably a mistake."""

import pytest

from lib.config.plausibility import doubtful_section, doubtful_values
from lib.connector import load_connector
from lib.ini import Entry, IniSection

LDAP = load_connector("ldap").settings_type
RESERVED = ("oomnitza", "run", "report", "converters", "default")


def doubts(key, value):
    return [text for _, text in doubtful_values(LDAP, {key: Entry(key, value, 7)})]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "ldaps://ldap.example.com:636"),
        ("password", "change-me"),
    ],
)
def test_example_of_the_generated_file_is_doubtful(key, value):
    [text] = doubts(key, value)
    assert text.startswith("this is the example of the generated config file")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_dn", "dc=example,dc=com"),
        ("default_role", "25"),
        ("default_position", "Employee"),
        ("password", "#start"),
        ("password", '"half'),
        ("password", "'"),
        ("filter", '(cn="a")'),
        ("base_dn", ""),
    ],
)
def test_ordinary_value_is_not_doubtful(key, value):
    assert doubts(key, value) == []


@pytest.mark.parametrize("value", ['"dc=acme,dc=com"', "'dc=acme,dc=com'"])
def test_quotes_around_a_value_are_doubtful(value):
    assert doubts("base_dn", value) == [
        "the quotes are part of the value. Write the value without quotes"
    ]


def test_comment_after_a_value_is_doubtful():
    [text] = doubts("base_dn", "dc=acme,dc=com # the staff")
    assert text.startswith("the value contains ' #'. A comment is not possible after a value")


def test_secret_is_never_in_the_warning():
    for value in ('"hunter2"', "hunter2 # note"):
        [text] = doubts("password", value)
        assert "hunter2" not in text


def test_entry_is_returned_for_its_line():
    [(entry, _)] = doubtful_values(LDAP, {"password": Entry("password", "change-me", 7)})
    assert entry.line == 7


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reports", "unknown section, ignored; did you mean [report]?"),
        ("ldpa", "unknown section, ignored; did you mean [ldap]?"),
        ("quite-other", "unknown section, ignored"),
        (
            "ldap.mapping",
            "this section is ignored. Write its lines in [ldap], for example mapping.FIELD",
        ),
        ("ldap", ""),
        ("ldap.Contractors", ""),
    ],
)
def test_doubtful_section(name, text):
    assert doubtful_section(IniSection(name, 1), RESERVED) == text


def test_disabled_section_named_like_a_part_is_a_section():
    section = IniSection("ldap.mapping", 1)
    section.entries["enable"] = Entry("enable", "False", 2)
    assert doubtful_section(section, RESERVED) == ""
