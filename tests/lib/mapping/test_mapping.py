"""Mappings: how they are written, checked, merged from layers, and applied to records."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import ConfigurationError
from lib.ini import Entry
from lib.mapping import mapping
from lib.mapping.converters import NOTHING, Resources
from lib.mapping.mapper import Mapper
from lib.mapping.mapping import FieldMapping
from lib.settings import Settings, setting
from lib.values.paths import compile_path

DEFAULT_CONVERTERS = {"general.report_date": "date_format"}


@dataclass(frozen=True, kw_only=True)
class Example(Settings):
    default_role: str = setting("The role.", default="25")
    password: str = setting("The password.", default="hunter2", secret=True)


def apply(layer, record, **layers):
    """Map a record with what the ini, above other layers, says."""
    fields = mapping.merge({**layers, "ini": layer}, DEFAULT_CONVERTERS)
    return Mapper(fields.values(), Example())(record)


# --- as written in an ini


@pytest.fixture
def own():
    """Resources with these programs in the section [converters], all at line 7."""
    return lambda **programs: Resources(
        {name: Entry(name, text, 7) for name, text in programs.items()}
    )


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ('{"source": "mobilePhone"}', {"source": "mobilePhone"}),
        ("{'source': \"workEmail\"}", {"source": "workEmail"}),
        ("{'source': \"login\"},", {"source": "login"}),
        ("  {'setting': \"default_role\"},  ", {"setting": "default_role"}),
        (
            "{'source': \"name\", 'converter': \"first_from_full\"}",
            {"source": "name", "converter": "first_from_full"},
        ),
        ("telephoneNumber", {"source": "telephoneNumber"}),
        ("general.serial_number", {"source": "general.serial_number"}),
        ('{\n  "source": "mail",\n\n  "required": true\n}', {"source": "mail", "required": True}),
        ("{'source': 'mail', 'required': True}", {"source": "mail", "required": True}),
        ('{"source": "mail", "required": "yes"}', {"source": "mail", "required": True}),
        ('{"required": 0}', {"required": False}),
        ('{"empty": " Omit"}', {"empty": "omit"}),
        ('{"source": "mail", "empty": "send"}', {"source": "mail", "empty": "send"}),
        ('{"hardcoded": []}', {"hardcoded": []}),
        ("{'hardcoded': None}", {"hardcoded": None}),
        ('{"hardcoded": "Größe"}', {"hardcoded": "Größe"}),
        ('{"source": "uid", "converter": ""}', {"source": "uid", "converter": ""}),
        ('{"converter": ["a", "b:c=1"]}', {"converter": ["a", "b:c=1"]}),
        (r'{"converter": "regex:pattern=\\d"}', {"converter": r"regex:pattern=\d"}),
        (r"{'converter': 'regex:pattern=\\d\\'}", {"converter": "regex:pattern=\\d\\"}),
        ('{"source": " mail "}', {"source": "mail"}),
        ("{'hardcoded': ('a', {'b'})}", {"hardcoded": ["a", ["b"]]}),
        ("", None),
        ("  ", None),
    ],
)
def test_a_mapping_is_json_or_a_python_dict_or_a_bare_path_or_nothing(text, attributes):
    assert mapping.parse_field_mapping(text) == attributes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"source": "mail"', "invalid JSON"),
        ("{source: mail}", "invalid JSON"),
        ('{{"source": "mail"}}', "invalid JSON"),
        ("{['a']: 1}", "invalid JSON"),
        ("{'a', 'b'}", "expected {"),
        ("{1: 2}", "expected {"),
        ('{"sorce": "mail"}', "did you mean source?"),
        ('{"colour": "red"}', "use one of: source, setting, hardcoded, converter, required"),
        ('{"source": ["mail"]}', "source must be a string"),
        ('{"setting": 5}', "setting must be a string"),
        ('{"converter": true}', "converter must be a string"),
        ('{"converter": ["strip", 1]}', "or a list of strings"),
        (r'{"converter": "regex:pattern=(\d+)"}', "a backslash must be written twice"),
        (
            r"{'converter': 'regex:pattern=(x)|replace=\1'}",
            r"written twice here: \\d instead of \d",
        ),
        ('{"source": "a", "hardcoded": 1}', "source and hardcoded cannot be combined"),
        ('{"required": "perhaps"}', "neither True nor False"),
        ('{"empty": "omitt"}', "empty: 'omitt' is not one of: send, omit; did you mean omit?"),
        ('{"empty": true}', "empty: 'True' is not one of: send, omit"),
        ('{"source": "a", "required": true, "source": "b"}', "'source' is set twice"),
        ("{'source': 'a', 'source': 'b'}", "'source' is set twice"),
        ("{'hardcoded': b'x'}", "binary data cannot be sent"),
        ('{"hardcoded": ' + "[" * 100_000, "the brackets are nested too deeply"),
        ("mobile\n  mapping.TITLE = title", "Check whether the next line is indented by mistake"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(text, words):
    with pytest.raises(ValueError) as caught:
        mapping.parse_field_mapping(text)
    assert words in str(caught.value)


def test_no_code_in_a_mapping_is_run():
    with pytest.raises(ValueError):
        mapping.parse_field_mapping("{'source': __import__('os').getcwd()}")


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"setting": "default_rol"}, "did you mean default_role?"),
        ({"setting": "zzz"}, "use one of: default_role, password"),
        ({"setting": "password"}, "'password' is a secret"),
        ({"source": "x", "converter": "date_fromat"}, "did you mean date_format?"),
        ({"source": "x", "converter": "unheard:a=1"}, "unknown converter 'unheard'"),
        ({"source": "x", "converter": ["first_from_full", "none"]}, "unknown converter 'none'"),
        (
            {"source": "a..b"},
            "the path a..b has an empty part: two dots in a row, or a dot at the start or end",
        ),
        ({"source": "a[name=x"}, "has a bracket that is not closed"),
        ({"source": "x", "converter": "a|b"}, "Write several converters as a list"),
    ],
)
def test_a_mapping_may_name_only_settings_that_can_be_sent_and_converters_that_are_there(
    attributes, words
):
    with pytest.raises(ValueError) as caught:
        mapping.check_field_mapping(attributes, Example, NOTHING)
    assert words in str(caught.value)


def test_what_is_right_passes_the_check():
    mapping.check_field_mapping({"setting": "default_role"}, Example, NOTHING)
    mapping.check_field_mapping({"source": "x", "converter": "date_format"}, Example, NOTHING)
    mapping.check_field_mapping({"source": "x", "converter": ""}, Example, NOTHING)


def test_the_server_s_answer_has_the_source_first_and_one_field_or_several():
    answer = {"general.serial_number": "24DCF8", "location.username": ["assigned_to", "OWNER"]}
    assert mapping.from_server(answer) == {
        "24DCF8": {"source": "general.serial_number"},
        "ASSIGNED_TO": {"source": "location.username"},
        "OWNER": {"source": "location.username"},
    }


@pytest.mark.parametrize(
    ("key", "name"),
    [("mapping.phone", "PHONE"), ('mapping."24dcf8"', "24DCF8"), ("mapping.[ a_b ]", "A_B")],
)
def test_a_key_names_the_field(key, name):
    assert mapping.field_name(key) == name


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("mapping.", "the field name after `mapping.` is missing"),
        ('mapping.""', "the field name after `mapping.` is missing"),
        ("mapping.y.z", "'Y.Z' is not a valid field name"),
        (
            "mapping.first name",
            "'FIRST NAME' is not a valid field name; a field name cannot contain dots or spaces",
        ),
    ],
)
def test_a_key_that_names_no_field_is_told(key, words):
    with pytest.raises(ValueError, match=words):
        mapping.field_name(key)


def test_a_malformed_path_of_the_server_s_is_a_key():
    server = mapping.from_server({"a..b": "A", "x" * 5000 + "[0" * 2000: "B"})
    assert apply({}, {"a..b": 1}, server=server).values == {"A": 1, "B": None}


# --- merged


def test_layers_are_merged_by_field_and_key_and_remembered():
    merged = mapping.merge(
        {
            "built-in": {"USER": {"source": "uid", "required": True, "converter": "x"}},
            "server": {"USER": {"source": "login"}, "PHONE": {"source": "mobile"}},
            "ini": {"USER": {"required": False}},
        }
    )
    assert merged["USER"] == FieldMapping(
        "USER",
        {"source": "login", "required": False, "converter": "x"},
        {"source": "server", "required": "ini", "converter": "built-in"},
    )
    assert merged["PHONE"].layers == {"source": "server"}
    assert not merged["USER"].required


@pytest.mark.parametrize(
    "attributes", [{"source": "title"}, {"hardcoded": ""}, {"setting": "default_role"}]
)
def test_an_origin_of_a_higher_layer_replaces_every_lower_one(attributes):
    below = {"POSITION": {"source": "x", "setting": "y", "hardcoded": 1, "required": True}}
    merged = mapping.merge({"built-in": below, "ini": {"POSITION": attributes}})
    assert merged["POSITION"].attributes == {**attributes, "required": True}
    assert set(merged["POSITION"].layers) == {*attributes, "required"}


def test_an_empty_mapping_takes_the_field_out_and_a_higher_one_brings_it_back():
    built_in = {"USER": {"source": "uid"}, "EMAIL": {"source": "mail"}}
    merged = mapping.merge({"built-in": built_in, "ini": {"USER": None, "PHONE": None}})
    assert list(merged) == ["EMAIL"]
    again = mapping.merge({"a": built_in, "b": {"USER": None}, "c": {"USER": {"source": "x"}}})
    assert again["USER"].attributes == {"source": "x"}


def test_layers_stay_as_they_were():
    built_in = {"USER": {"source": "uid"}}
    mapping.merge({"built-in": built_in, "ini": {"USER": {"source": "x"}}})
    mapping.merge({"built-in": built_in})["USER"].attributes["required"] = True
    assert built_in == {"USER": {"source": "uid"}}


def test_a_field_without_an_origin_is_told_with_what_to_do():
    with pytest.raises(ConfigurationError) as caught:
        mapping.merge({"ini": {"PHONE": {"required": True}}})
    assert "mapping.PHONE needs a source, a setting, or a hardcoded value" in str(caught.value)
    assert "Add one, or remove the field with `mapping.PHONE =`" in str(caught.value)


# --- applied


def test_values_come_from_paths_settings_and_constants():
    layer = {
        "SERIAL": {"source": "general.serial_number"},
        "PERMISSIONS_ID": {"setting": "default_role"},
        "LOCATION": {"hardcoded": "Berlin"},
        "APPLICATIONS": {"hardcoded": []},
    }
    mapped = apply(layer, {"general": {"serial_number": "C02"}})
    assert mapped.values == {
        "SERIAL": "C02",
        "PERMISSIONS_ID": "25",
        "LOCATION": "Berlin",
        "APPLICATIONS": [],
    }
    assert (mapped.missing, mapped.failures) == ([], [])


def test_of_several_origins_in_one_layer_the_source_counts():
    layer = {"A": {"hardcoded": 1, "setting": "default_role", "source": "a"}}
    assert apply(layer, {"a": "from the record"}).values == {"A": "from the record"}


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "a.c"]),
        st.one_of(st.none(), st.text("x"), st.dictionaries(st.sampled_from("cd"), st.integers())),
    ),
    st.permutations(["a.c", "a.d", "b.c", "a", "c", '"a".c', 'a."c"', "b[0]", "a.c.e", "a.0"]),
)
def test_a_field_is_what_its_path_leads_to_whichever_others_there_are(record, paths):
    mapped = apply({path: {"source": path} for path in paths}, record)
    assert list(mapped.values.items()) == [(path, compile_path(path)(record)) for path in paths]


def test_one_mapper_serves_many_records():
    layer: dict[str, dict[str, Any]] = {
        "A": {"source": "a"},
        "B": {"source": "b.c"},
        "D": {"source": "a", "required": True},
    }
    fields = mapping.merge({"ini": layer})
    mapper = Mapper(fields.values(), Example())
    records = [{"a": 1, "b": {"c": 2}}, {"b": []}, {"a": 3}]
    mapped = [mapper(record) for record in records]
    assert [(item.values, item.missing) for item in mapped] == [
        ({"A": 1, "B": 2, "D": 1}, []),
        ({"A": None, "B": None, "D": None}, ["D"]),
        ({"A": 3, "B": None, "D": 3}, []),
    ]


def test_a_record_gets_every_field_also_where_the_source_has_none():
    assert apply({"PHONE": {"source": "phone"}}, {}).values == {"PHONE": None}


@pytest.mark.parametrize("value", [None, "", "  ", "\t\n", 0, False, []])
def test_a_required_field_without_a_value_is_missing(value):
    layer = {"USER": {"source": "uid", "required": True}, "PHONE": {"source": "uid"}}
    assert apply(layer, {"uid": value}).missing == ["USER"]


def test_a_converter_may_fill_a_required_field():
    layer = {"USER": {"source": "uid", "required": True, "converter": "ldap_user_field"}}
    mapped = apply(layer, {"sAMAccountName": "ada"})
    assert (mapped.values, mapped.missing) == ({"USER": "ada"}, [])


def test_a_converter_that_fails_leaves_its_field_empty_and_is_told():
    layer = {
        "BOUGHT": {"source": "date", "converter": "date_format", "required": True},
        "NAME": {"source": "name"},
    }
    mapped = apply(layer, {"date": "last week", "name": "x"})
    assert mapped.values == {"BOUGHT": None, "NAME": "x"}
    assert mapped.missing == ["BOUGHT"]
    ((field, text),) = mapped.failures
    assert field == "BOUGHT"
    assert text.startswith("date_format: ")
    assert "'last week'" in text


def test_a_long_value_is_told_in_short():
    layer = {"BOUGHT": {"source": "list", "converter": "date_format"}}
    ((_, text),) = apply(layer, {"list": "x" * 10_000}).failures
    assert text.endswith("(value: '" + "x" * 99 + ")")
    assert len(text) < 400


def test_a_source_has_its_default_converter_unless_the_mapping_names_one():
    record = {"general": {"report_date": "1970-01-02 00:00:00"}}
    layer = {
        "BY_DEFAULT": {"source": "general.report_date"},
        "NONE": {"source": "general.report_date", "converter": ""},
    }
    assert apply(layer, record).values == {"BY_DEFAULT": 86400, "NONE": "1970-01-02 00:00:00"}


def test_an_inherited_converter_stays_when_only_the_source_changes():
    built_in = {"USER": {"source": "uid", "converter": "ldap_user_field"}}
    record = {"sAMAccountName": "ada"}
    values = apply({"USER": {"source": "login"}}, record, built_in=built_in).values
    assert values == {"USER": "ada"}


def test_the_mapper_tells_which_paths_it_reads_also_inside_converters():
    fields = mapping.merge(
        {
            "ini": {
                "USER": {"source": "uid", "converter": "ldap_user_field"},
                "OWNER": {
                    "hardcoded": None,
                    "converter": "casper_extension_attribute:attr=Owner",
                },
                "SERIAL": {"source": "general.serial_number"},
                "ROLE": {"setting": "default_role"},
            }
        }
    )
    paths = Mapper(fields.values(), Example()).paths
    assert paths == {"uid", "sAMAccountName", "extension_attributes", "general.serial_number"}


def test_converters_are_applied_one_after_the_other(own):
    resources = own(
        twice="value + value",
        seen='f"{field}={value}"',
    )
    fields = mapping.merge({"ini": {"A": {"source": "a.b", "converter": ["twice", "seen"]}}})
    mapped = Mapper(fields.values(), Example(), resources)({"a": {"b": "x"}})
    assert mapped.values == {"A": "a.b=xx"}
    assert mapped.failures == []


def test_of_several_converters_the_first_that_fails_empties_the_field(own):
    resources = own(fails="1 + value", after='"never"')
    fields = mapping.merge({"ini": {"A": {"source": "a", "converter": ["fails", "after"]}}})
    mapped = Mapper(fields.values(), Example(), resources)({"a": "x"})
    assert mapped.values == {"A": None}
    [(name, text)] = mapped.failures
    assert name == "A"
    assert text.startswith("fails: line 7: cannot add text to a number (value: 'x')")


def test_a_converter_that_may_look_at_anything_is_told(own):
    resources = own(sized="len(record)", picks='record["b"]["c"]')
    layer = {"A": {"source": "a", "converter": "picks"}}
    assert Mapper(mapping.merge({"ini": layer}).values(), Example(), resources).paths == {
        "a",
        "b.c",
    }
    layer["B"] = {"source": "a", "converter": "sized"}
    assert Mapper(mapping.merge({"ini": layer}).values(), Example(), resources).paths is None


def test_a_path_that_the_server_maps_to_several_fields_fills_them_all():
    answer = {"a": "NAME", "b": ["serial", "TAG"]}
    assert mapping.from_server(answer) == {
        "NAME": {"source": "a"},
        "SERIAL": {"source": "b"},
        "TAG": {"source": "b"},
    }
