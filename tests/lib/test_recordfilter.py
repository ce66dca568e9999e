"""The record filter from the ini to the run: how it is written, what it asks for, what it keeps."""

import json
import sys
import textwrap
from types import MappingProxyType, ModuleType

import pytest

from lib.config import config
from lib.config.sections import Section
from lib.connector import AssetConnector, Projection
from lib.errors import ConfigurationError, ExitCode
from lib.ini import Entry
from lib.language import LanguageError, Stopped
from lib.oomnitza.target import OomnitzaSettings
from lib.recordfilter import compile_filter
from lib.report.summary import exit_code, summary
from lib.run.pipeline import RunOptions, run_section
from lib.sectionsettings import AssetSettings

PUBLISHED = """\
recordfilter:
    return record.asset_type == "computer"
"""


@pytest.fixture
def ini(tmp_path, stage):
    """Write a section with this filter as config.ini, and give its path."""

    def write(lines, settings=""):
        (tmp_path / "assets.jsonl").touch()
        text = textwrap.dedent(
            f"""\
            [oomnitza]
            url = {stage.url}
            api_token = sandbox-token
            retries = 0
            [jsonl_assets]
            enable = True
            filename = {tmp_path / "assets.jsonl"}
            sync_field = SERIAL
            mapping.SERIAL = serial
            """
        )
        path = tmp_path / "config.ini"
        path.write_text(text + settings + lines, "utf-8")
        return path

    return write


@pytest.fixture
def mistakes(ini):
    """What config says of a filter: its first lines without the path, and its excerpts."""

    def load(lines, settings=""):
        path = ini(lines, settings)
        with pytest.raises(ConfigurationError) as caught:
            config.load_config(path, ["jsonl_assets"])
        return str(caught.value).replace(f"{path}: ", "").split("\n")

    return load


def written(text, line=1):
    """The filter that an ini with this text at this line has."""
    return compile_filter(Entry("recordfilter", text, line))


def kept(keep, *records):
    return [keep(record) for record in records]


# --- the filter by itself


@pytest.mark.parametrize("text", ["", "  ", "\n\n  \n"])
def test_without_a_filter_every_record_is_kept_and_nothing_is_read(text):
    keep = written(text)
    assert kept(keep, {"a": 1}, {}) == [True, True]
    assert keep.reads == frozenset()


@pytest.mark.parametrize(
    ("value", "keeps"),
    [(1, True), ("x", True), ([0], True), (0, False), ("", False), ([], False), (None, False)],
)
def test_a_record_is_kept_for_anything_true(value, keeps):
    keep = written("record.value")
    assert keep({"value": value}) is keeps


def test_it_tells_which_paths_it_reads():
    assert written('record.a.b == 1 and record["c"]').reads == {"a.b", "c"}
    assert written("len(record) > 5").reads is None


def test_a_filter_that_cannot_be_compiled_is_an_error():
    with pytest.raises(LanguageError):
        written("record.a = 1")


def test_a_filter_that_fails_keeps_nothing():
    with pytest.raises(Stopped, match="line 1: cannot compare text with a number"):
        written("record.a > 1")({"a": "x"})


def test_nothing_but_the_record_is_there():
    for name in ("field", "value", "params", "settings", "LOG"):
        with pytest.raises(LanguageError, match=r"unknown name|logging is not supported"):
            written(f"return {name}")


def test_a_section_without_the_key_keeps_every_record():
    keep = compile_filter(None)
    assert keep({})
    assert keep.decide({}) == (True, None)


def test_it_tells_the_line_of_the_ini_that_decided():
    keep = written("\n    if record.a:\n        return True\n    return record.b", 14)
    assert keep.decide({"a": 1}) == (True, 16)
    assert keep.decide({"b": 0}) == (False, 17)
    with pytest.raises(Stopped, match=r"line 17: cannot add an empty value \(None\) to a number"):
        written("\n    if record.a:\n        return True\n    return 1 + record.b", 14)({})


# --- on the line of its key, and below it


@pytest.mark.parametrize(
    "lines",
    [
        'recordfilter = record.kind == "a"\n',
        'recordfilter: record.kind == "a"\n',
        'recordfilter = return record["kind"] == "a"\n',
        'recordfilter =\n  record.kind == "a"\n',
        'recordfilter:\n    return record.kind == "a";\n',
        'recordfilter:\n    # only these\n\n    return record.kind == "a"\n',
        'recordfilter:\n# only these\n    return record.kind == "a"\n',
        'recordfilter:\n\treturn record.kind == "a"\n',
        'recordfilter = if record.kind == "a": return True\n',
        'recordfilter = if record.kind == "a":\n        return True\n',
        'recordfilter = if record.kind == "a":\n\treturn True\n',
        'recordfilter = if record.kind == "a":  # so it is\n    return True\n',
        'recordfilter = if record.kind == "a":\n    x = 1\n    return x\n',
        'recordfilter = if record.kind == "a":\n        return True\n    return False\n',
        'recordfilter = if record.kind != "a":\n      x = 0\n  else:\n      x = 1\n  return x\n',
        'recordfilter = if record.kind != "a":\n\t\treturn 0\n\telif 1:\n\t\treturn 1\n',
        'recordfilter = if record.kind != "a": return False\n    return True\n',
        'recordfilter = kind = record.kind\n    return kind == "a"\n',
        'recordfilter = kind = record.kind\n\treturn kind == "a"\n',
        'recordfilter = kind = record.kind\n\n  # a comment\n    return kind == "a"\n',
        'recordfilter = kind = record.kind\n    if kind == "a":\n        return 1\n    return 0\n',
        'recordfilter = record.kind in (\n        "a",\n    "c")\n',
        'recordfilter = return any(\n    x == "a"\n      for x in [record.kind]\n  )\n',
        'recordfilter:\n    if record.kind != "a":\n        return False\n\n    return True\n',
        'recordfilter:\n          kind = record.kind\n          return kind == "a"\n',
        'RecordFilter: record.kind == "a"\n',
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_however_it_is_written_it_means_the_same(ini, lines, ends):
    path = ini("")
    path.write_bytes(
        (path.read_text("utf-8") + lines + "version = 1\n").replace("\n", ends).encode()
    )
    [section] = config.load_config(path, ["jsonl_assets"]).sections
    keep = compile_filter(section.recordfilter)
    assert kept(keep, {"kind": "a"}, {"kind": "b"}, {}) == [True, False, False]


def test_the_published_example_works_as_it_is_written(ini):
    [section] = config.load_config(ini(PUBLISHED), ["jsonl_assets"]).sections
    keep = compile_filter(section.recordfilter)
    assert kept(keep, {"asset_type": "computer"}, {"asset_type": "phone"}) == [True, False]
    assert keep.reads == {"asset_type"}


# --- mistakes


def test_a_mistake_is_told_with_the_line_of_the_file_and_its_excerpt(mistakes):
    lines = 'recordfilter:\n    # computers\n\n    if record.a:\n        return record.b = "x"\n'
    assert mistakes(lines) == [
        "line 14 [jsonl_assets] recordfilter: = assigns a value; use == to compare",
        '            return record.b = "x"',
        "                            ^",
    ]


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        ("recordfilter = record.a = 1\n", 10, "= assigns a value"),
        ("recordfilter = if record.a\n    return 1\n", 10, "expected a colon"),
        ("recordfilter = if record.a:\n    return recrod.b\n", 11, "did you mean record?"),
        (
            "recordfilter = if record.a:\n        return 1\n    retrun 2\n",
            12,
            "did you mean return?",
        ),
        (
            "recordfilter = x = 1\n    y = 2\n      return x\n",
            12,
            "the indentation matches no line above",
        ),
        ("recordfilter:\n    if record.a:\n    return 1\n", 11, "an indented line is missing"),
        ("recordfilter:\n    return (record.a\n    or record.b\n", 11, "this ( is not closed"),
        ("recordfilter:\n    # nothing\n", 10, "the expression is empty"),
        ("recordfilter:\n    import os\n", 11, "unexpected `import`"),
        (
            "recordfilter:\n    x = 1\n\n\n    y = x +\n    return y\n",
            14,
            "found the end of the line",
        ),
    ],
)
def test_a_mistake_is_found_in_its_line_of_the_file(mistakes, lines, line, what):
    first, shown, caret = mistakes(lines)
    assert first.startswith(f"line {line} [jsonl_assets] recordfilter: ")
    assert what in first
    assert shown.startswith("    ")
    assert caret.strip() == "^"
    assert len(caret) <= len(shown) + 1


def test_a_caret_stands_below_the_mistake_also_in_the_line_of_the_key(mistakes):
    _, shown, caret = mistakes("recordfilter = x = record.b\n    return record.a = x\n")
    assert shown[caret.index("^")] == "="
    _, shown, caret = mistakes("recordfilter = return record.a = x\n")
    assert shown[caret.index("^") - 9 : caret.index("^")] == "record.a "


def test_mistakes_in_other_keys_are_told_beside_it(mistakes):
    lines = mistakes(PUBLISHED.replace("==", "="), settings='mapping.NAME = {"source"\n')
    assert [line.split(":")[0] for line in lines if line.startswith("line ")] == [
        "line 10 [jsonl_assets] mapping.NAME",
        "line 12 [jsonl_assets] recordfilter",
    ]


def test_a_filter_for_all_sections_is_checked_where_it_is_used(ini, tmp_path):
    path = ini("")
    path.write_text("[DEFAULT]\nrecordfilter = record.a = 1\n" + path.read_text("utf-8"), "utf-8")
    with pytest.raises(
        ConfigurationError, match=r"line 2 \[jsonl_assets\] recordfilter: = assigns a value"
    ):
        config.load_config(path, ["jsonl_assets"])


# --- in a run


@pytest.fixture
def run(ini, oomnitza, tmp_path):
    """Run the section with this filter over these records, and give the outcome."""

    def upload(lines, *records, **options):
        loaded = config.load_config(ini(lines), ["jsonl_assets"])
        text = "".join(f"{json.dumps(record)}\n" for record in records)
        (tmp_path / "assets.jsonl").write_text(text, "utf-8")
        return run_section(loaded.sections[0], loaded.oomnitza, RunOptions(**options))

    return upload


def serials(oomnitza):
    return [record["SERIAL"] for record in oomnitza.records("assets")]


def test_a_run_sends_what_the_filter_keeps(run, oomnitza):
    records = [{"serial": f"S{n}", "asset_type": ["computer", "phone"][n % 2]} for n in range(10)]
    outcome = run(PUBLISHED, *records)
    assert (outcome.tally.fetched, outcome.tally.filtered, outcome.tally.sent) == (10, 5, 5)
    assert serials(oomnitza) == ["S0", "S2", "S4", "S6", "S8"]


def test_a_record_on_which_it_fails_is_rejected_with_the_reason_and_the_others_go_on(run, oomnitza):
    outcome = run(
        "recordfilter:\n    count = record.count\n    return count > 5\n",
        {"serial": "S1", "count": 6},
        {"serial": "S2", "count": "6"},
        {"serial": "S3", "count": 5},
        {"serial": "S4"},
        {"serial": "S5", "count": [6]},
        {"serial": "S6", "count": 7},
    )
    tally = outcome.tally
    assert tally.balanced
    assert (tally.fetched, tally.filtered, tally.rejected, tally.sent) == (6, 2, 2, 2)
    assert serials(oomnitza) == ["S1", "S6"]
    assert outcome.error is None
    assert exit_code([outcome]) is ExitCode.RECORDS_LEFT
    reasons = list(outcome.not_sent)
    assert reasons[0] == "rejected: record filter, line 12: cannot compare text with a number"
    assert outcome.not_sent[reasons[0]].text == "SERIAL S2"
    assert "record filter, line 12: cannot compare text with a number" in summary([outcome])


@pytest.mark.parametrize(
    "text",
    [
        "return record.n / 0",
        "return [x for x in record.n]",
        'return record.serial * 10 ** 9 == "x"',
        "return [1 for a in record.list for b in record.list]",
        're.search("(a|aa)+$", record.long)',
        "return record.serial.lower",
        "return record.list.get(0)",
    ],
)
def test_a_filter_that_always_fails_sends_nothing_and_ends_nothing(run, oomnitza, text):
    record = {"n": 1, "list": list(range(1000)), "long": "a" * 1000 + "b"}
    records = [record | {"serial": f"S{n}"} for n in range(3)]
    outcome = run(f"recordfilter:\n    {text}\n", *records)
    assert outcome.error is None
    assert (outcome.tally.rejected, outcome.tally.sent) == (3, 0)
    assert serials(oomnitza) == []


def test_testmode_filters_too(run, oomnitza):
    outcome = run(
        PUBLISHED, {"serial": "S1"}, {"serial": "S2", "asset_type": "computer"}, testmode=True
    )
    assert (outcome.tally.filtered, outcome.tally.sent) == (1, 1)
    assert serials(oomnitza) == []


@pytest.fixture
def asked(monkeypatch):
    """A connector "made_up"; gives the Projection that it is asked for."""
    heard = []

    class Connector(AssetConnector[AssetSettings]):
        title = "Made up"
        mapping = MappingProxyType({})

        def check(self): ...

        def records(self, projection):
            heard.append(projection)
            yield from ()

    module = ModuleType("connectors.made_up")
    module.Connector = Connector
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return heard


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Projection(frozenset({"serial"}))),
        (
            "record.general.name and record.model",
            Projection(frozenset({"serial", "general.name", "model"})),
        ),
        (
            'record.items() and record.get("model")',
            Projection(frozenset({"serial"}), everything=True),
        ),
        ('cae(record, "Owner")', Projection(frozenset({"serial", "extension_attributes"}))),
    ],
)
def test_the_source_is_asked_for_what_mapping_and_filter_read(
    asked, oomnitza, stage, text, expected
):
    settings = AssetSettings(sync_field=("SERIAL",), use_server_map=False)
    section = Section(
        "made_up",
        "made_up",
        settings,
        {"SERIAL": {"source": "serial"}},
        Entry("recordfilter", text, 1),
    )
    oomnitza_settings = OomnitzaSettings(url=stage.url, api_token="sandbox-token", retries=0)
    assert run_section(section, oomnitza_settings, RunOptions()).error is None
    assert asked == [expected]
