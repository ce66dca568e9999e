"""Files as sources: which are read, in what order, and how their text is decoded."""

import codecs
import os
import sys
from pathlib import Path

import pytest

from lib.connector import Projection
from lib.errors import RecordUnreadable, SourceFault, SourceUnavailable
from lib.files import csvfile, textfiles
from lib.files.csvfile import CsvSettings
from lib.files.textfiles import FileSettings
from lib.settings import read_settings

TEXT = "Ünit,“quoted”\nsecond\n"


def settings(**given: object) -> FileSettings:
    made, faults = read_settings(FileSettings, {key: str(text) for key, text in given.items()})
    assert faults == []
    return made


def faults_of(**given: object) -> list[str]:
    _, faults = read_settings(FileSettings, {key: str(text) for key, text in given.items()})
    return [fault.key for fault in faults]


def names(**given: object) -> list[str]:
    """The names of the .csv files that settings lead to."""
    read = []

    def note(path: Path):
        read.append(path.name)
        yield {}

    list(textfiles.read_all(settings(**given), ".csv", note))
    return read


class TestSettings:
    def test_one_of_file_and_directory_has_to_be_given(self, tmp_path):
        assert faults_of() == ["filename"]
        assert faults_of(filename="a", directory="b") == ["directory"]

    def test_what_is_not_there_yet_is_no_mistake_in_the_ini(self, tmp_path):
        assert settings(filename=tmp_path / "later.csv").filename == tmp_path / "later.csv"

    def test_paths_are_made_whole(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert settings(filename=" a.csv ").filename == tmp_path / "a.csv"
        assert settings(directory="~/b").directory == tmp_path / "home" / "b"

    @pytest.mark.parametrize("name", ["utf-8", "UTF-16", "cp1252", "latin1", " utf8 "])
    def test_encodings_are_those_of_python(self, name):
        assert settings(filename="x", encoding=name).encoding == name.strip()

    @pytest.mark.parametrize("name", ["utf-9", "rot13", "base64"])
    def test_what_is_no_encoding_of_text_is_refused(self, name):
        assert faults_of(filename="x", encoding=name) == ["encoding"]


class TestWhichFiles:
    def test_a_file_is_read_whatever_its_name(self, tmp_path):
        assert names(filename=tmp_path / "export.txt") == ["export.txt"]

    def test_of_a_directory_all_of_the_kind_are_read_by_name(self, tmp_path):
        for name in ("b.csv", "a.CSV", "c.txt", ".hidden.csv", "csv", "d.csv.bak", "~e.csv#"):
            (tmp_path / name).touch()
        (tmp_path / "folder.csv").mkdir()
        (tmp_path / "folder.csv" / "f.csv").touch()
        assert names(directory=tmp_path) == ["a.CSV", "b.csv"]

    def test_many_files_are_read_in_the_order_of_their_names(self, tmp_path):
        expected = [f"{number:02d}.csv" for number in range(30)]
        for name in (*expected[1::2], *reversed(expected[::2])):
            (tmp_path / name).touch()
        assert names(directory=tmp_path) == expected

    def test_a_directory_without_such_files_is_no_empty_source(self, tmp_path):
        with pytest.raises(SourceUnavailable) as caught:
            names(directory=tmp_path)
        assert caught.value.where == str(tmp_path)
        assert caught.value.what == "no .csv file found in the folder"

    def test_a_directory_that_is_missing_is_told(self, tmp_path):
        with pytest.raises(SourceUnavailable, match="No such file or directory"):
            names(directory=tmp_path / "gone")

    def test_files_are_opened_one_after_the_other(self, tmp_path):
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).touch()
        opened = []

        def read(path):
            opened.append(path.name)
            yield {}

        next(textfiles.read_all(settings(directory=tmp_path), ".csv", read))
        assert opened == ["a.csv"]

    def test_a_check_looks_into_each_file(self, tmp_path):
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text("1\n2\n3\n")
        read = []

        def note(path):
            for line in textfiles.lines(path, "utf-8"):
                read.append(line)
                yield {}

        textfiles.check_all(settings(directory=tmp_path), ".csv", note)
        assert read == ["1\n", "1\n"]


class TestText:
    @pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le"])
    def test_the_encoding_is_the_one_that_is_set(self, tmp_path, encoding):
        path = tmp_path / "x"
        path.write_bytes(TEXT.encode(encoding))
        assert "".join(textfiles.lines(path, encoding)) == TEXT

    @pytest.mark.parametrize(
        ("mark", "encoding"),
        [
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
            (codecs.BOM_UTF32_LE, "utf-32-le"),
            (codecs.BOM_UTF32_BE, "utf-32-be"),
        ],
    )
    @pytest.mark.parametrize("chosen", ["utf-8", "cp1252"])
    def test_a_byte_order_mark_counts_before_it(self, tmp_path, mark, encoding, chosen):
        path = tmp_path / "x"
        path.write_bytes(mark + TEXT.encode(encoding))
        assert "".join(textfiles.lines(path, chosen)) == TEXT

    def test_line_ends_of_all_kinds_are_kept(self, tmp_path):
        path = tmp_path / "x"
        path.write_bytes("a\nb\r\nc\rd\u2028e\x85f\x0bg".encode())
        expected = ["a\n", "b\r\n", "c\r", "d\u2028e\x85f\x0bg"]
        assert list(textfiles.lines(path, "utf-8")) == expected

    def test_bytes_that_are_none_of_the_encoding_do_not_end_the_reading(self, tmp_path):
        path = tmp_path / "x"
        path.write_bytes(b"good\nb\xe4d\nalso good, \xc3\xa4\n")
        read = list(textfiles.lines(path, "utf-8"))
        assert [textfiles.is_text(line) for line in read] == [True, False, True]

    def test_text_that_cannot_be_followed_is_a_fault(self, tmp_path):
        path = tmp_path / "x"
        path.write_bytes(codecs.BOM_UTF16_LE + "text".encode("utf-16-le") + b"\x00\xd8a\x00")
        with pytest.raises(SourceFault, match="utf-16") as caught:
            list(textfiles.lines(path, "utf-8"))
        assert caught.value.fix == "Set encoding to the text encoding of the file"

    @pytest.mark.parametrize("name", ["gone", ""])
    def test_what_cannot_be_read_is_unavailable(self, tmp_path, name):
        with pytest.raises(SourceUnavailable) as caught:
            list(textfiles.lines(tmp_path / name, "utf-8"))
        assert caught.value.where == str(tmp_path / name)

    def test_nothing_is_opened_before_the_first_line_is_wanted(self, tmp_path):
        textfiles.lines(tmp_path / "gone", "utf-8")

    def test_a_file_is_closed_when_enough_was_read(self, tmp_path):
        path = tmp_path / "x"
        path.write_text("1\n2\n")
        lines = textfiles.lines(path, "utf-8")
        next(lines)
        lines.close()  # otherwise a ResourceWarning, which is an error here


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes in Linux only")
def test_file_name_that_is_not_text_is_shown_in_errors(tmp_path):
    path = tmp_path / os.fsdecode(b"m\xfcller.csv")
    path.write_bytes(b"a,b\n1,2,3\n")
    read, faults = read_settings(CsvSettings, {"directory": str(tmp_path)})
    assert faults == []
    (item,) = csvfile.read_csv(read, Projection())
    assert isinstance(item, RecordUnreadable)
    assert item.where == f"{tmp_path}/m\ufffdller.csv: line 2"


def test_folder_in_place_of_a_file_names_the_setting(tmp_path):
    with pytest.raises(SourceUnavailable, match=r"a folder, not a file\. .* set directory"):
        list(textfiles.lines(tmp_path, "utf-8"))
