"""Settings as data: what a declaration says, and how texts become typed values or faults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from lib import settings
from lib.settings import Fault, declared, read_settings, setting


@dataclass(frozen=True, kw_only=True)
class Base(settings.Settings):
    timeout: int = setting("How long to wait.", default=120, parse=settings.at_least(1))
    update_only: bool = setting("Only update.", default=False, advanced=True)


@dataclass(frozen=True, kw_only=True)
class Example(Base):
    url: str = setting("The address.", example="https://example.com", parse=settings.url)
    password: str = setting("The password.", default="", secret=True)
    kind: Literal["Computers", "mobile"] = setting("Which.", default="Computers")
    names: tuple[str, ...] = setting("Names.", default=("a", "b"))
    cacert: Path | None = setting("A file.", default=None)
    note: str = setting("Words.", default="", multiline=True)
    update_only: bool = setting("Only update.", default=False)

    def problems(self):
        yield from super().problems()
        if self.update_only and not self.password:
            yield "password", "a password is needed"


def read(**given: str) -> Example:
    made, faults = read_settings(Example, {"url": "https://x", **given})
    assert faults == []
    return made


def fault(**given: str) -> Fault:
    made, faults = read_settings(Example, {"url": "https://x", **given})
    assert made is None
    (only,) = faults
    return only


def test_a_class_s_own_settings_come_before_those_of_its_bases_and_replace_them():
    names = [item.name for item in declared(Example)]
    assert names == ["url", "password", "kind", "names", "cacert", "note", "update_only", "timeout"]
    update_only = next(item for item in declared(Example) if item.name == "update_only")
    assert not update_only.about.advanced


def test_a_declaration_tells_type_default_choices_and_example():
    by_name = {item.name: item for item in declared(Example)}
    assert by_name["url"].required
    assert not by_name["password"].required
    assert by_name["kind"].choices == ("Computers", "mobile")
    assert by_name["url"].choices == ()
    assert by_name["timeout"].kind is int
    assert by_name["password"].about.secret
    examples = {name: item.example for name, item in by_name.items()}
    assert examples == {
        "url": "https://example.com",
        "password": "",
        "kind": "Computers",
        "names": "a, b",
        "cacert": "",
        "note": "",
        "update_only": "False",
        "timeout": "120",
    }


def test_what_is_not_given_or_blank_takes_its_default():
    made = read(timeout="", names="   ", kind="\n")
    assert made == Example(url="https://x")
    assert (made.timeout, made.names, made.kind) == (120, ("a", "b"), "Computers")


def test_an_example_is_no_default():
    made, faults = read_settings(Example, {})
    assert made is None
    assert faults == [Fault("url", "a value is missing. The address.")]


def test_all_faults_are_found_together_also_those_of_settings_that_do_not_fit():
    given = {"url": "ftp://x", "timeout": "soon", "kind": "tablet", "update_only": "true"}
    made, faults = read_settings(Example, given)
    assert made is None
    assert {item.key for item in faults} == {"url", "timeout", "kind", "password"}


def test_a_setting_that_is_at_fault_itself_is_not_told_twice():
    made, faults = read_settings(
        Example, {"url": "https://x", "update_only": "true", "password": "one\n  two"}
    )
    assert made is None
    assert [item.key for item in faults] == ["password"]
    assert "several lines" in faults[0].text


@pytest.mark.parametrize("text", ["True", "true", "YES", "y", "1", "on", " t "])
def test_words_for_true(text):
    assert settings.boolean(text) is True


@pytest.mark.parametrize("text", ["False", "false", "NO", "n", "0", "off", " f "])
def test_words_for_false(text):
    assert settings.boolean(text) is False


@pytest.mark.parametrize("text", ["maybe", "2", "True # really", "'True'"])
def test_other_words_are_neither_true_nor_false(text):
    assert fault(update_only=text).text == f"{text!r} is neither True nor False"


def test_choices_are_taken_in_any_case_and_made_as_declared():
    assert read(kind="COMPUTERS").kind == "Computers"
    assert read(kind="Mobile").kind == "mobile"
    assert fault(kind="tablet").text == "'tablet' is not one of: Computers, mobile"


def test_numbers_are_whole_and_not_too_small():
    assert read(timeout=" 5 ").timeout == 5
    assert read(timeout="1").timeout == 1
    assert fault(timeout="5.0").text == "'5.0' is not a whole number"
    assert fault(timeout="0").text == "0 is too small; the least is 1"
    assert settings.number_text(" 025 ") == "25"
    with pytest.raises(ValueError, match="not a whole number"):
        settings.number_text("Employee")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", ("one",)),
        ("one, two ,three", ("one", "two", "three")),
        ("one,,two,", ("one", "two")),
        ('["one", "two, too"]', ("one", "two, too")),
        ("[1, 2]", ("1", "2")),
        (" []", ()),
    ],
)
def test_lists_are_json_or_words_between_commas(text, expected):
    assert read(names=text).names == expected


def test_a_list_that_is_begun_as_json_has_to_be_json():
    assert "not a JSON list" in fault(names='["one", two]').text


def test_distinguished_names_hold_commas():
    one = "cn=staff,ou=groups,dc=example,dc=com"
    assert settings.distinguished_names(f" {one} ") == (one,)
    assert settings.distinguished_names(f'["{one}", "cn=x,dc=y"]') == (one, "cn=x,dc=y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com", "https://example.com"),
        (" HTTPS://example.com/ ", "HTTPS://example.com"),
        ("http://127.0.0.1:8080/jss//", "http://127.0.0.1:8080/jss"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_addresses_lose_the_slash_at_their_end(text, expected):
    assert settings.url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "example.com",
        "ldap://example.com",
        "https://",
        "https:/example.com",
        "https://x:port",
        "x y",
    ],
)
def test_what_is_no_address_is_said_to_be_none(text):
    assert "is not an address" in fault(url=text).text


def test_the_schemes_an_address_may_have_are_named():
    with pytest.raises(ValueError, match=r"begin with ldap:// or ldaps://"):
        settings.address("https://x", ("ldap", "ldaps"))


@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_a_password_in_an_address_is_refused_and_not_repeated(scheme):
    text = fault(url=f"{scheme}://ada:hunter2@example.com").text
    assert "there are settings for them" in text
    assert "hunter2" not in text


def test_paths_have_to_exist_and_become_absolute(tmp_path, monkeypatch):
    (tmp_path / "ca.pem").touch()
    monkeypatch.chdir(tmp_path)
    assert read(cacert="ca.pem").cacert == tmp_path / "ca.pem"
    assert read(cacert="").cacert is None
    assert fault(cacert="none.pem").text == "there is no none.pem"


def test_only_a_setting_of_several_lines_takes_several_lines():
    assert read(note="one\n  two").note == "one\n  two"
    assert "is the next line indented?" in fault(url="https://a\n  two").text


def test_a_list_may_take_several_lines():
    assert read(names="one,\n  two\n  three").names == ("one", "two", "three")
    assert read(names='["one",\n  "two, three"]').names == ("one", "two, three")


def test_values_lose_the_blanks_around_them():
    assert read(password="  a b  ").password == "a b"


def test_unknown_keys_are_left_alone():
    assert read(colour="red") == Example(url="https://x")


def test_secrets_are_those_declared_as_such():
    made = read(password="hunter2", note="nothing")
    assert list(settings.secrets_of(made)) == ["hunter2"]


@pytest.mark.parametrize(
    ("value", "text"), [(("a", "b"), "a, b"), ((), ""), (None, ""), (True, "True"), (5, "5")]
)
def test_values_as_they_would_be_typed(value, text):
    assert settings.as_text(value) == text
