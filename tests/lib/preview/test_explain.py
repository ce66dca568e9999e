"""What becomes of a record: each layer, each converter, the record filter, records from files."""

import json
from dataclasses import dataclass
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import connector, secrets
from lib.config import config
from lib.errors import RecordGone, RecordUnreadable, SignInError, SourceFault, SourceUnavailable
from lib.ini import Entry
from lib.language import Stopped
from lib.mapping import mapping
from lib.mapping.converters import Resources
from lib.mapping.mapper import Mapper
from lib.preview.explain import Converted, Decision, explain_record, explain_section, read_records
from lib.recordfilter import compile_filter
from lib.run.plan import NOT_READ
from lib.settings import Settings, setting
from sandbox.jamf import JamfPro
from sandbox.web import WebServer

ADA = {"name": " Ada ", "age": 36, "tags": ["b", "a"], "site": {"city": "London"}}


@dataclass(frozen=True, kw_only=True)
class Example(Settings):
    default_role: str = setting("The role.", default="25")


PROGRAMS = {
    "trim": "value.strip() if value else value",
    "small": "value.lower()",
    "failing": "1 + value",
    "tagged": "f'{field} {value} {params.a}'",
}


def explain(ini=None, record=ADA, recordfilter=None, converters=None, **layers):
    """Explain a record as mapped by layers, of which the ini's is the highest."""
    entries = {name: Entry(name, text, 7) for name, text in PROGRAMS.items()}
    fields = mapping.merge({**layers, "ini": ini or {}}, converters)
    mapper = Mapper(fields.values(), Example(), Resources(entries))
    keep = compile_filter(Entry("recordfilter", recordfilter, 14) if recordfilter else None)
    return explain_record(mapper, fields, keep, record)


def only(explanation):
    [field] = explanation.fields
    return field


# --- where a value comes from


def test_a_field_tells_its_layer_and_path_and_value():
    field = only(explain({"CITY": {"source": "site.city"}}))
    assert (field.field, field.layer, field.origin, field.name) == (
        "CITY",
        "ini",
        "source",
        "site.city",
    )
    assert (field.raw, field.converted, field.value) == ("London", (), "London")


@pytest.mark.parametrize("layer", ["built-in", "server", "ini"])
def test_the_layer_is_the_highest_that_says_where_the_value_comes_from(layer):
    layers = {"built-in": {}, "server": {}, "ini": {}}
    for name in layers:
        layers[name] = {"CITY": {"source": f"from {name}"}}
        if name == layer:
            break
    built_in, server, ini = layers.values()
    field = only(explain(ini, **{"built-in": built_in}, server=server))
    assert (field.layer, field.name) == (layer, f"from {layer}")


def test_a_setting_and_a_hardcoded_value():
    role, site = explain({"ROLE": {"setting": "default_role"}, "SITE": {"hardcoded": 7}}).fields
    assert (role.origin, role.name, role.raw, role.value) == (
        "setting",
        "default_role",
        "25",
        "25",
    )
    assert (site.origin, site.name, site.raw, site.value) == ("hardcoded", "", 7, 7)


def test_a_missing_value_is_none_and_sent():
    explanation = explain({"PHONE": {"source": "phone"}})
    assert only(explanation).raw is None
    assert explanation.outcome == "sent"


# --- converters


def test_each_converter_tells_what_it_made_of_the_value():
    converters = ["trim", "small", "tagged:a=1"]
    field = only(explain({"NAME": {"source": "name", "converter": converters}}))
    assert field.raw == " Ada "
    assert field.converted == (
        Converted("trim", "Ada"),
        Converted("small", "ada"),
        Converted("tagged:a=1", "name ada 1"),
    )
    assert field.value == "name ada 1"
    assert field.failure == ""


def test_a_converter_that_fails_is_the_last_one_and_empties_the_field():
    converters = ["trim", "failing", "small"]
    explanation = explain({"NAME": {"source": "name", "converter": converters}})
    field = only(explanation)
    assert field.converted[0] == Converted("trim", "Ada")
    assert [step.converter for step in field.converted] == ["trim", "failing"]
    assert "cannot add text to a number" in field.failure
    assert "'Ada'" in field.failure
    assert field.value is None
    assert explanation.outcome == "sent"


def test_a_converter_of_another_layer_than_the_value_s_is_told():
    built_in = {"NAME": {"source": "nickname", "converter": "small"}}
    field = only(explain({"NAME": {"source": "name"}}, **{"built-in": built_in}))
    assert (field.layer, field.converters_layer) == ("ini", "built-in")
    assert field.value == " ada "


def test_a_converter_of_the_connector_s_for_a_path_is_told():
    field = only(explain({"NAME": {"source": "name"}}, converters={"name": "small"}))
    assert field.converted == (Converted("small", " ada "),)
    assert (field.layer, field.converters_layer) == ("ini", "built-in")


def test_a_converter_that_changes_what_it_got_does_not_change_what_came(tmp_path):
    (tmp_path / "emptied.py").write_text(
        "def converter(field, record, value, params):\n    value.clear()\n    return value\n"
    )
    fields = mapping.merge({"ini": {"TAGS": {"source": "tags", "converter": "emptied"}}})
    mapper = Mapper(fields.values(), Example(), Resources(folder=tmp_path))
    field = only(explain_record(mapper, fields, compile_filter(None), {"tags": ["b", "a"]}))
    assert (field.raw, field.value) == (["b", "a"], [])


# --- required fields


@pytest.mark.parametrize("source", ["phone", "empty", "blank"])
def test_a_required_field_that_is_empty_makes_the_record_incomplete(source):
    record = {"empty": [], "blank": "  ", "name": "x"}
    layer = {
        "PHONE": {"source": source, "required": True},
        "NAME": {"source": "name", "required": True},
        "OTHER": {"source": source},
    }
    explanation = explain(layer, record)
    assert [field.missing for field in explanation.fields] == [True, False, False]
    assert explanation.missing == ["PHONE"]
    assert explanation.outcome == "incomplete"


def test_a_required_field_whose_converter_fails_is_empty():
    layer = {"AGE": {"source": "name", "converter": "failing", "required": True}}
    assert explain(layer).outcome == "incomplete"


# --- the record filter

BRANCHES = """
    if record.age > 60:
        return False
    elif record.name:
        return record.site.city == "London"
    else:
        return True"""


@pytest.mark.parametrize(
    ("record", "decision", "outcome"),
    [
        ({"age": 70}, Decision(False, 16), "filtered"),
        ({"name": "Ada", "site": {"city": "London"}}, Decision(True, 18), "sent"),
        ({"name": "Ada"}, Decision(False, 18), "filtered"),
        ({}, Decision(True, 20), "sent"),
    ],
)
def test_the_filter_tells_the_line_that_decided(record, decision, outcome):
    explanation = explain({}, record, BRANCHES)
    assert explanation.decision == decision
    assert explanation.outcome == outcome


def test_a_filter_that_comes_to_no_return_tells_its_last_line():
    explanation = explain({}, {}, "\n    if record.name:\n        return True")
    assert explanation.decision == Decision(None, 15)
    assert explanation.outcome == "filtered"


def test_what_a_filter_returned_is_told_as_it_is():
    assert explain(recordfilter="record.tags").decision == Decision(["b", "a"], 14)
    assert explain(recordfilter="record.tags[5:]").decision == Decision([], 14)


def test_a_filter_that_fails_rejects_the_record_and_tells_the_line():
    explanation = explain({"NAME": {"source": "name"}}, ADA, "\n    return 1 + record.name")
    assert explanation.decision.line == 15
    assert explanation.decision.failure == "cannot add text to a number"
    assert explanation.outcome == "rejected"
    assert only(explanation).value == " Ada "


def test_a_dropped_record_is_mapped_nevertheless():
    explanation = explain({"PHONE": {"source": "phone", "required": True}}, ADA, "return False")
    assert explanation.missing == ["PHONE"]
    assert explanation.outcome == "filtered"


def test_without_a_filter_no_line_decides():
    assert explain().decision == Decision(True, None)


# --- it is what a run does

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("aB ", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
CHAINS = st.lists(st.sampled_from(["trim", "small", "failing", "tagged:a=1"]), max_size=3)


@given(
    record=st.dictionaries(st.sampled_from("ab"), VALUES),
    chains=st.lists(CHAINS, min_size=3, max_size=3),
    recordfilter=st.sampled_from(["record.a", "record.a > 1", "return record.a + record.b", ""]),
)
def test_an_explanation_agrees_with_the_mapping_and_the_filter(record, chains, recordfilter):
    layer = {
        name: {"source": path, "converter": chain, "required": name == "B"}
        for name, path, chain in zip("ABC", ["a", "b", "a.b"], chains, strict=True)
    }
    entries = {name: Entry(name, text, 7) for name, text in PROGRAMS.items()}
    fields = mapping.merge({"ini": layer})
    mapper = Mapper(fields.values(), Example(), Resources(entries))
    keep = compile_filter(Entry("recordfilter", recordfilter, 14))
    explanation = explain_record(mapper, fields, keep, record)

    mapped = mapper(record)
    assert {item.field: item.value for item in explanation.fields} == mapped.values
    assert [(each.field, each.failure) for each in explanation.fields if each.failure] == (
        mapped.failures
    )
    assert explanation.missing == mapped.missing
    try:
        kept = keep(record)
    except Stopped:
        assert explanation.outcome == "rejected"
    else:
        assert (explanation.outcome == "filtered") is not kept


def test_secrets_are_masked_in_every_value():
    secrets.remember("pass word")
    record = {"a": "my pass word", "b": [{"c": "pass word"}], "pass word": 1}
    layer = {
        "A": {"source": "a", "converter": ["trim", "failing"]},
        "B": {"source": "b"},
    }
    for recordfilter in ("return record.a", "return int(record.a)"):
        assert "pass word" not in repr(explain(layer, record, recordfilter))


# --- a section

INI = """\
[oomnitza]
url = {oomnitza}
api_token = {token}
retries = 0

[casper]
enable = True
url = {jamf}
username = oomnitza-reader
password = sandbox password
retries = 0
sync_field = SERIAL
mapping.APPLICATIONS =
{more}
"""


@pytest.fixture
def jamf():
    made = JamfPro(computers=6, mobile_devices=1)
    with WebServer(made.app) as web:
        made.url = web.url
        yield made


@pytest.fixture
def casper(tmp_path, jamf, oomnitza, stage):
    """Explain records of [casper]; gives (record's name or sentence, explanation) pairs."""
    oomnitza.mappings["Casper"] = {"general.serial_number": "SERIAL"}

    def run(*given, more="", url=stage.url, token="sandbox-token", **how):
        ini = tmp_path / "config.ini"
        ini.write_text(INI.format(oomnitza=url, token=token, jamf=jamf.url, more=more), "utf-8")
        loaded = config.load_config(ini, ["casper"])
        return list(explain_section(loaded.sections[0], loaded.oomnitza, *given, **how))

    return run


def records(*items):
    yield from items


def fields_of(explanation):
    return {item.field: (item.layer, item.name, item.value) for item in explanation.fields}


def test_the_first_record_of_the_source_with_all_three_layers(casper, oomnitza):
    [(name, explanation)] = casper(more="mapping.NAME = general.name")
    assert name == "record 1 (SERIAL SNDBXMAC0001, general.id 1)"
    assert fields_of(explanation) == {
        "SERIAL": ("server", "general.serial_number", "SNDBXMAC0001"),
        "NAME": ("ini", "general.name", "LAB-MAC-0001"),
    }
    assert oomnitza.runs() == []


def test_as_many_records_as_are_asked_for_and_no_more_than_needed(casper, jamf):
    found = casper(count=2)
    assert [name for name, _ in found] == [
        "record 1 (SERIAL SNDBXMAC0001, general.id 1)",
        "record 2 (SERIAL SNDBXMAC0002, general.id 2)",
    ]
    assert len([path for _, path in jamf.requests if "/id/" in path]) < 8


@pytest.mark.parametrize("all_fields", [False, True])
def test_the_source_is_asked_for_what_an_upload_needs_or_for_all(casper, monkeypatch, all_fields):
    asked = []

    def records(self, projection):
        asked.append(projection)
        yield {}

    monkeypatch.setattr(connector.load_connector("casper"), "records", records)
    casper(
        more="mapping.NAME = general.name\nrecordfilter = record.location.room",
        all_fields=all_fields,
    )
    paths = {"general.serial_number", "general.name", "location.room"}
    [sources] = asked
    assert (sources.paths, sources.everything) == (paths, all_fields)


def test_the_source_is_not_asked_for_records_that_are_given(casper, jamf):
    given = records({"general": {"serial_number": "X1"}}, {"general": {}})
    found = casper(given, count=5)
    assert [explanation.outcome for _, explanation in found] == ["sent", "incomplete"]
    assert jamf.requests == []


def test_offline_nobody_is_asked(casper, jamf, oomnitza):
    given = records({"general": {"serial_number": "X1"}})
    note, (_, explanation) = casper(given, offline=True)
    assert note == (f"{NOT_READ}.", None)
    assert fields_of(explanation) == {}
    assert jamf.requests == []
    assert oomnitza.requests == []


def test_a_sync_field_without_a_value_is_told(casper, oomnitza):
    oomnitza.mappings["Casper"] = {"general.name": "NAME"}
    _, (sentence, _) = casper()
    assert sentence == "An upload would fail: the sync key SERIAL is not mapped."


@pytest.mark.parametrize("how", [{"url": "http://127.0.0.1:1"}, {"offline": True}])
def test_it_is_not_told_where_oomnitza_may_have_a_mapping_for_it(casper, how):
    found = casper(records({}), **how)
    assert [name for name, _ in found][1:] == ["record 1"]


def test_where_oomnitza_is_away_it_goes_on_without_and_says_so(casper):
    found = casper(url="http://127.0.0.1:1", more="mapping.SERIAL = general.serial_number")
    (note, nothing), (name, explanation) = found
    assert note.startswith(f"{NOT_READ}: http://127.0.0.1:1")
    assert nothing is None
    assert name == "record 1 (SERIAL SNDBXMAC0001, general.id 1)"
    assert fields_of(explanation) == {"SERIAL": ("ini", "general.serial_number", "SNDBXMAC0001")}


def test_a_token_that_oomnitza_refuses_ends_it(casper):
    with pytest.raises(SignInError):
        casper(token="wrong")


def test_oomnitza_is_not_asked_where_its_mapping_is_not_used(casper, oomnitza):
    casper(more="use_server_map = no\nmapping.SERIAL = general.serial_number")
    assert oomnitza.requests == []


def test_a_field_that_oomnitza_fills_twice_is_told(casper, oomnitza):
    oomnitza.mappings["Casper"]["general.name"] = "SERIAL"
    (note, _), _ = casper()
    assert note.startswith("the mapping in Oomnitza fills SERIAL from ")


@pytest.mark.parametrize("with_server", ["yes", "no"])
def test_converters_know_the_locations_of_oomnitza(casper, oomnitza, with_server):
    oomnitza.locations = [{"location_id": "LDN", "name": "London"}]
    more = f"""use_server_map = {with_server}
mapping.SERIAL = serial
mapping.PLACE = {{"source": "city", "converter": "location"}}"""
    [(_, explanation)] = casper(records({"serial": "1", "city": "London"}), more=more)
    assert fields_of(explanation)["PLACE"][2] == "LDN"


def test_records_that_are_gone_or_cannot_be_read_are_told_and_do_not_count(casper):
    given = records(RecordGone("no 7"), RecordUnreadable("no 8", where="http://x"), {}, {})
    found = casper(given)
    assert found[0] == ("record 1 no longer exists: no 7", None)
    assert found[1] == ("record 2 could not be read: http://x: no 8", None)
    assert [name for name, _ in found[2:]] == ["record 3"]


def test_a_source_of_no_records_is_told(casper):
    assert casper(records()) == [("no records found", None)]


def test_a_source_that_refuses_ends_it_in_its_own_words(casper, jamf):
    jamf.password = "another"
    with pytest.raises(SignInError):
        casper()


def test_a_source_is_closed_when_enough_was_read(casper, monkeypatch):
    closed = []

    def endless(self, projection):
        try:
            while True:
                yield {}
        finally:
            closed.append(True)

    monkeypatch.setattr(connector.load_connector("casper"), "records", endless)
    casper(count=3)
    assert closed == [True]


def test_a_source_that_breaks_off_has_told_what_came_before(casper, monkeypatch):
    def broken(self, projection):
        yield {}
        raise SourceUnavailable("gone away")

    monkeypatch.setattr(connector.load_connector("casper"), "records", broken)
    with pytest.raises(SourceUnavailable):
        casper(count=3)


# --- records from a file


@pytest.fixture
def read(tmp_path):
    """The records of a file with this content, and what is said of it in place of its path."""
    path = tmp_path / "x.json"

    def run(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with path.open("rb") as file:
            return list(read_records(file))

    run.path = path
    return run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ('{"a": 1}\n', [{"a": 1}]),
        ('{\n  "a": [\n\n    1\n  ]\n}\n', [{"a": [1]}]),
        ('[{"a": 1}, {"a": "Zoë"}]', [{"a": 1}, {"a": "Zoë"}]),
        ('[\n{"a": 1},\n{"a": 2}\n]\n', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('\n\n{"a": 1}\r\n\r\n{"a": 2}\r\n', [{"a": 1}, {"a": 2}]),
        ("\n \n[]", []),
        ("", []),
        (b'\xef\xbb\xbf{"a": 1}\n{"a": 2}', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}'.encode("utf-16"), [{"a": 1}]),
    ],
)
def test_an_object_or_a_list_or_json_lines(read, text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"a": 1;}', "line 1", "invalid JSON at column 8"),
        ('\n{\n  "a": 1\n  "b": 2\n}', "line 4", "invalid JSON at column 3"),
        ('{"a": 1}\n\n{"a": 2\n{"a": 3}\n', "line 3", "invalid JSON at column 8"),
        ('{"a": 1}\n[1]\n', "line 2", "a record must be a JSON object"),
        ('{"a": 1}\n7\n', "line 2", "a record must be a JSON object"),
        ('[{"a": 1}, 7]', "item 2", "a record must be a JSON object"),
        ('"a"', "item 1", "a record must be a JSON object"),
        ("a,b\n1,2\n", "line 1", "invalid JSON at column 1"),
        (b'{"a": 1}\n{"a": "\xfc"}', "line 2", "the text is not valid UTF-8"),
        (b'[\n{"a": "\xfc"}]', "line 2", "the text is not valid UTF-8"),
        ('{"a": ' + "9" * 5000 + "}", "line 1", "invalid JSON: a number is too long"),
        ("[" * 100_000, "line 1", "invalid JSON: lists or objects are nested too deeply"),
        (
            '{"a": 1}\n' + "[" * 100_000,
            "line 2",
            "invalid JSON: lists or objects are nested too deeply",
        ),
    ],
)
def test_what_is_no_json_is_told_with_its_line(read, text, place, words):
    with pytest.raises(SourceFault) as raised:
        read(text)
    assert raised.value.where == f"{read.path}: {place}"
    assert raised.value.what.startswith(words)


def test_json_lines_are_read_one_by_one(tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"a": number}) + "\n" for number in range(3)) + "broken")
    with path.open("rb") as file:
        found = read_records(file)
        assert [next(found), next(found)] == [{"a": 0}, {"a": 1}]


def test_read_records_of_standard_input_is_named_in_words():
    file = BytesIO(b"[1]")
    file.name = "<stdin>"
    with pytest.raises(SourceFault, match=r"^standard input: item 1: "):
        list(read_records(file))
