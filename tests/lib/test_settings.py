"""Settings as data: what a declaration says, and how texts become typed values or faults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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


@dataclass(frozen=True, kw_only=True)
class EveryType(settings.Settings):
    text: str = setting("A text.", default="")
    some_text: str | None = setting("A text, or none.", default=None)
    truth: bool = setting("Whether.", default=False)
    some_truth: bool | None = setting("Whether, or not known.", default=None)
    count: int = setting("How many.", default=0)
    some_count: int | None = setting("How many, or any number.", default=None)
    share: float = setting("How much.", default=0.5)
    some_share: float | None = setting("How much, or any.", default=None)
    path: Path | None = setting("A path.", default=None)
    names: tuple[str, ...] = setting("Names.", default=())
    some_names: tuple[str, ...] | None = setting("Names, or all.", default=None)
    kind: Literal["one", "Two"] = setting("Which.", default="one")
    some_kind: Literal["one", "Two"] | None = setting("Which, or none.", default=None)
    kinds: tuple[Literal["one", "Two"], ...] = setting("Which ones.", default=())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("text", " a b ", "a b"),
        ("some_text", " None ", "None"),
        ("truth", "yes", True),
        ("some_truth", "no", False),
        ("count", "-3", -3),
        ("some_count", " 7 ", 7),
        ("share", "2", 2.0),
        ("share", " -0.25 ", -0.25),
        ("some_share", "+1.50", 1.5),
        ("names", "a, b", ("a", "b")),
        ("some_names", "a,\n  b", ("a", "b")),
        ("kind", "TWO", "Two"),
        ("some_kind", "One", "one"),
        ("kinds", "two, ONE, Two", ("Two", "one")),
        ("kinds", '["two"]', ("Two",)),
    ],
)
def test_texts_become_values_of_the_declared_type(name, text, expected):
    made, faults = read_settings(EveryType, {name: text})
    assert faults == []
    value = getattr(made, name)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize("text", ["one", " ONE ", "o n e", '["One"]', "one, one"])
def test_case_and_spaces_make_no_difference_for_choices(text):
    made, faults = read_settings(EveryType, {"kinds": text})
    assert faults == []
    assert made.kinds == ("one",)


def kinds() -> settings.Setting:
    return next(item for item in declared(EveryType) if item.name == "kinds")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("one, Two", ""),
        ("", ""),
        ("one, tow", "'tow' is not one of: one, Two, so it is ignored; did you mean Two?"),
        ("3, two, 4", "'3', '4' are not among: one, Two, so they are ignored"),
    ],
)
def test_unknown_value_in_a_list_of_choices_is_a_warning(text, warning):
    assert kinds().warning(text) == warning


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tow", "'tow' is not one of: one, Two; did you mean Two?"),
        ("three, 4", "'three', '4' are not among: one, Two"),
    ],
)
def test_list_of_choices_without_a_known_value_is_an_error(text, message):
    assert read_settings(EveryType, {"kinds": text}) == (None, [Fault("kinds", message)])


def test_list_of_choices_keeps_the_known_values():
    made, faults = read_settings(EveryType, {"kinds": "three, TWO, one"})
    assert faults == []
    assert made.kinds == ("Two", "one")


def test_free_text_has_no_unknown_values():
    names = next(item for item in declared(EveryType) if item.name == "names")
    assert names.warning("a, b") == ""


NO_NUMBER = "is not a number, such as 2 or 2.5"
NO_WHOLE_NUMBER = "is not a whole number"
NOT_ONE = "'three' is not one of: one, Two"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        *[
            (name, text, f"{text!r} {NO_NUMBER}")
            for name in ("share", "some_share")
            for text in (
                "nan",
                "inf",
                "-Infinity",
                "1e3",
                "1,5",
                "1_0",
                "2.",
                "two",
                "\u0661",
                "0x1",
            )
        ],
        ("share", "9" * 400, NO_NUMBER),
        *[
            (name, text, f"{text!r} {NO_WHOLE_NUMBER}")
            for name in ("count", "some_count")
            for text in ("nan", "inf", "1e3", "1,5", "1.0", "two", "None")
        ],
        ("truth", "maybe", "'maybe' is neither True nor False"),
        ("some_truth", "None", "'None' is neither True nor False"),
        ("path", "/no/such/path", "/path not found"),
        ("names", "[1", "not a valid JSON list"),
        ("kind", "three", NOT_ONE),
        ("some_kind", "three", NOT_ONE),
        ("kinds", "three, four", "'three', 'four' are not among: one, Two"),
        ("some_text", "one\n  two", "several lines"),
        ("some_count", "1\n  2", "several lines"),
    ],
)
def test_texts_that_stand_for_no_value_of_the_type_are_told(name, text, said):
    made, faults = read_settings(EveryType, {name: text})
    assert made is None
    assert [item.key for item in faults] == [name]
    assert said in faults[0].text


def test_what_is_not_given_may_be_nothing():
    made, faults = read_settings(EveryType, {"some_count": " "})
    assert (made, faults) == (EveryType(), [])
    assert made.some_count is None


NO_READER: list[Any] = [
    dict,
    list[str],
    bytes,
    Any,
    complex,
    None,
    tuple[int, ...],
    tuple[str, str],
    tuple[Literal[1, 2], ...],
    Literal[1, 2],
    int | str,
    int | str | None,
]


@pytest.mark.parametrize("kind", NO_READER)
def test_a_class_with_a_setting_that_could_not_be_read_cannot_be_declared(kind):
    body = {
        "__annotations__": {"name": str, "odd": kind},
        "name": setting("A name."),
        "odd": setting("What is odd.", default=None),
        "__qualname__": "Odd",
    }
    with pytest.raises(TypeError, match=r"^Odd\.odd: .* has no parser") as caught:
        type("Odd", (settings.Settings,), body)
    assert str(caught.value).endswith("; give one as parse")


def test_any_type_will_do_that_has_a_reader_of_its_own():
    @dataclass(frozen=True, kw_only=True)
    class Pairs(settings.Settings):
        pairs: dict[str, str] = setting(
            "a=b", default=None, parse=lambda text: dict([text.split("=")])
        )

    made, faults = read_settings(Pairs, {"pairs": "a=b"})
    assert faults == []
    assert made.pairs == {"a": "b"}


def test_the_help_ends_with_what_there_is_to_choose_from():
    by_name = {item.name: item for item in declared(EveryType)}
    assert by_name["kind"].help_text() == "Which. One of: one, Two."
    assert by_name["some_kind"].help_text(quote="`") == "Which, or none. One of: `one`, `Two`."
    assert by_name["kinds"].help_text() == "Which ones. Any of: one, Two."
    assert by_name["names"].help_text() == "Names."


def test_a_path_that_may_be_missing_is_a_path():
    assert [item.name for item in declared(EveryType) if item.is_path] == ["path"]


def test_what_is_not_given_or_blank_takes_its_default():
    made = read(timeout="", names="   ", kind="\n")
    assert made == Example(url="https://x")
    assert (made.timeout, made.names, made.kind) == (120, ("a", "b"), "Computers")


def test_an_example_is_no_default():
    made, faults = read_settings(Example, {})
    assert made is None
    assert faults == [Fault("url", "the value is missing. The address.")]


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
    assert fault(timeout="0").text == "0 is too small. The minimum is 1"
    assert settings.between(1, 3)(" 3") == 3
    with pytest.raises(ValueError, match="4 is not between 1 and 3"):
        settings.between(1, 3)("4")
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
    assert "not a valid JSON list (error at character 9)" in fault(names='["one", two]').text


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
    assert "is not a valid URL" in fault(url=text).text


def test_the_schemes_an_address_may_have_are_named():
    with pytest.raises(ValueError, match=r"begin with ldap:// or ldaps://"):
        settings.address("https://x", ("ldap", "ldaps"))


@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_a_password_in_an_address_is_refused_and_not_repeated(scheme):
    text = fault(url=f"{scheme}://ada:hunter2@example.com").text
    assert "the URL must not contain a user name or password" in text
    assert "hunter2" not in text


def test_paths_have_to_exist_and_become_absolute(tmp_path, monkeypatch):
    (tmp_path / "ca.pem").touch()
    monkeypatch.chdir(tmp_path)
    assert read(cacert="ca.pem").cacert == tmp_path / "ca.pem"
    assert read(cacert="").cacert is None
    assert fault(cacert="none.pem").text == "none.pem not found"


def test_only_a_setting_of_several_lines_takes_several_lines():
    assert read(note="one\n  two").note == "one\n  two"
    assert "the value has several lines" in fault(url="https://a\n  two").text


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


def test_a_secret_that_is_not_given_is_none_and_several_are_each_one():
    @dataclass(frozen=True, kw_only=True)
    class Secrets(settings.Settings):
        token: str | None = setting("A token.", default=None, secret=True)
        keys: tuple[str, ...] = setting("Keys.", default=(), secret=True)

    assert list(settings.secrets_of(Secrets(keys=("one", "two")))) == ["one", "two"]


@pytest.mark.parametrize(
    ("value", "text"), [(("a", "b"), "a, b"), ((), ""), (None, ""), (True, "True"), (5, "5")]
)
def test_values_as_they_would_be_typed(value, text):
    assert settings.as_text(value) == text
