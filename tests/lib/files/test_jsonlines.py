"""JSON Lines files: what is a record, what is malformed, and what a malformed line costs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.connector import Projection
from lib.errors import RecordUnreadable, SourceFault, SourceUnavailable
from lib.files import jsonlines
from lib.files.textfiles import FileSettings
from lib.settings import read_settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@pytest.fixture
def read(tmp_path):
    """Read a file of this content; malformed lines become (line, what is wrong)."""

    def read(content, **given):
        path = tmp_path / "people.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        delivered = jsonlines.read_jsonl(settings(filename=path, **given), Projection())
        return [
            told(item, path) if isinstance(item, RecordUnreadable) else item for item in delivered
        ]

    return read


def settings(**given):
    made, faults = read_settings(FileSettings, {key: str(text) for key, text in given.items()})
    assert faults == []
    return made


def told(error, path):
    before, line = error.where.split(": line ")
    assert before == str(path)
    return int(line), error.what


def test_each_line_is_a_record_as_it_stands(read):
    content = '{"a": 1, "b": {"c": [null, "ü"]}}\r\n\n  {"a": 2.5}  \n{"a": "x\\ny\u2028z"}'
    assert read(content) == [
        {"a": 1, "b": {"c": [None, "ü"]}},
        {"a": 2.5},
        {"a": "x\ny\u2028z"},
    ]


@pytest.mark.parametrize(
    "line",
    [
        '{"a": 1',
        '{"a": 1} {"a": 2}',
        "{'a': 1}",
        '{"a": 1},',
        "login,mail",
        '{"a": NaN}',
        '{"a": [Infinity]}',
        '{"a": 1e999}',
        '{"a": [-1e999]}',
        "[" * 100_000,
        "[1, 2]",
        '"text"',
        "17",
        "null",
        '[{"a": 1}]',
    ],
)
def test_a_malformed_line_is_told_and_the_rest_is_read(read, line):
    delivered = read(f'{{"a": 1}}\n{line}\n{{"a": 3}}\n')
    assert delivered[0] == {"a": 1}
    assert delivered[1][0] == 2
    assert delivered[1][1].startswith("the line is not")
    assert delivered[2:] == [{"a": 3}]


@pytest.mark.parametrize("content", ['[{"a": 1}]', '\n [\n{"a": 1},\n{"a": 2}\n]\n', "[]"])
def test_a_json_array_is_another_kind_of_file(read, content):
    with pytest.raises(SourceFault, match="the file is a JSON array, not JSON Lines"):
        read(content)


@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n"])
def test_the_mark_at_the_end_of_an_old_text_is_no_record(read, end):
    assert read('{"a": 1}\r\n' + end) == [{"a": 1}]
    assert read(f'{{"a": 1}}\n{end}\n{{"a": 2}}\n')[1][0] == 2


def test_bytes_that_are_not_in_the_encoding_are_told(read):
    assert read(b'{"a": "\xe4"}\n{"a": "\xc3\xa4"}\n') == [
        (1, "the line is not valid utf-8 text. Check encoding"),
        {"a": "ä"},
    ]
    assert read(b'{"a": "\xe4"}\n', encoding="cp1252") == [{"a": "ä"}]


def test_a_byte_order_mark_is_no_part_of_the_first_line(read):
    assert read(b'\xef\xbb\xbf{"a": 1}\n') == [{"a": 1}]


def test_a_file_without_lines_has_no_records(read):
    assert read("") == read("\n \n") == []


@given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=4), max_size=5))
def test_what_json_writes_is_read(tmp_path_factory, records):
    path = tmp_path_factory.mktemp("jsonl") / "x.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in records), "utf-8")
    assert list(jsonlines.read_jsonl(settings(filename=path), Projection())) == records


def test_of_a_directory_the_files_of_this_kind_are_read(tmp_path):
    for name in ("b.jsonl", "a.jsonl", "c.json", "d.csv"):
        (tmp_path / name).write_text(json.dumps({"from": name}))
    made = jsonlines.read_jsonl(settings(directory=tmp_path), Projection())
    assert [record["from"] for record in made] == ["a.jsonl", "b.jsonl"]


def test_a_check_opens_the_files(tmp_path):
    with pytest.raises(SourceUnavailable, match="No such file"):
        jsonlines.check_jsonl(settings(filename=tmp_path / "gone.jsonl"))
    (tmp_path / "x.jsonl").write_text("no json\n")
    jsonlines.check_jsonl(settings(filename=tmp_path / "x.jsonl"))
