"""CSV files as spreadsheet programs write them: what is corrected, and what is reported."""

import pytest

from lib.connector import Projection
from lib.errors import RecordUnreadable, SourceFault
from lib.files import csvfile
from lib.files.csvfile import CsvSettings
from lib.files.csvrows import usual_delimiter
from lib.files.spreadsheet import text_of_formula
from lib.remarks import Remarks
from lib.settings import read_settings


class Sheet:
    """A file of this content, as it was read."""

    def __init__(self, folder, content, *paths, **given):
        self.path = folder / "sheet.csv"
        self.path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given["filename"] = str(self.path)
        made, faults = read_settings(CsvSettings, given)
        assert faults == []
        self.remarks = Remarks()
        items = list(csvfile.read_csv(made, Projection(frozenset(paths)), self.remarks))
        self.rows = [list(item.values()) for item in items if isinstance(item, dict)]
        self.bad = [item.what for item in items if isinstance(item, RecordUnreadable)]
        self.warnings = [text.replace(str(self.path), "FILE") for text in self.remarks.warnings]
        self.notes = [text.replace(str(self.path), "FILE") for text in self.remarks.notes]


@pytest.fixture
def sheet(tmp_path):
    def make(content, *paths, **given):
        return Sheet(tmp_path, content, *paths, **given)

    return make


class TestRaggedRows:
    def test_missing_values_at_the_end_are_empty(self, sheet):
        made = sheet("a,b,c\n1,2,3\n4,5\n6\n7,,\n")
        assert made.rows == [["1", "2", "3"], ["4", "5", ""], ["6", "", ""], ["7", "", ""]]
        assert made.bad == []
        assert made.warnings == [
            "2 rows have fewer values than there are columns (for example: FILE: line 3). The"
            " connector read the missing ones as empty, as spreadsheet programs leave them out."
        ]

    def test_empty_values_beyond_the_columns_are_ignored(self, sheet):
        made = sheet("a;b\n1;2;\n3;4;;; \n5;6\n", delimiter=";")
        assert made.rows == [["1", "2"], ["3", "4"], ["5", "6"]]
        assert made.bad == made.warnings == made.notes == []

    def test_values_beyond_the_columns_are_an_error(self, sheet):
        made = sheet("a;b\n1;2;;x\n", delimiter=";")
        assert made.rows == []
        assert made.bad == ["the row has 4 values for 2 columns"]


class TestRepeatedHeader:
    @pytest.mark.parametrize(
        "again", ["a, b,c", "a,b,c,,", "\ufeffa,b,c", '\ufeff"a",b,c', '"a","b","c"', " a,b,c "]
    )
    def test_row_with_names_of_columns_is_skipped(self, sheet, again):
        made = sheet(f"a,b,c\n1,2,3\n{again}\n4,5,6\n")
        assert made.rows == [["1", "2", "3"], ["4", "5", "6"]]
        assert made.notes == [
            "1 row repeated the names of the columns and was skipped (for example: FILE: line 3)"
        ]
        assert made.warnings == []

    def test_joined_files_with_delimiter_lines(self, sheet):
        made = sheet("sep=;\na;b\n1;2\nsep=;\na;b\n3;4\n")
        assert made.rows == [["1", "2"], ["3", "4"]]

    @pytest.mark.parametrize("row", ["a,b,x", "x,b,c", "a,b", "a,b,c,d"])
    def test_row_that_differs_is_a_row(self, sheet, row):
        made = sheet(f"a,b,c\n{row}\n")
        assert made.notes == []
        assert len(made.rows) + len(made.bad) == 1


class TestFormulas:
    @pytest.mark.parametrize(
        ("cell", "text"),
        [
            ('="00123"', "00123"),
            (' ="00123" ', "00123"),
            ('="say ""hi"""', 'say "hi"'),
            ('=""', ""),
            ('="1"&"2"', '="1"&"2"'),
            ("=A1", "=A1"),
            ('x="1"', 'x="1"'),
            ("00123", "00123"),
        ],
    )
    def test_text_of_formula(self, cell, text):
        assert text_of_formula(cell) == text

    @pytest.mark.parametrize("cell", ['="00123"', '"=""00123"""'])
    def test_text_keeps_its_zeros(self, sheet, cell):
        assert sheet(f'="a",b\n{cell},x\n').rows == [["00123", "x"]]


class TestShortenedNumbers:
    @pytest.mark.parametrize(
        "cell", ["3.57E+14", '"3,57E+14"', "1.20E+06", "2E+14", "1.20E-04", "-3.57123E+14"]
    )
    def test_number_in_mapped_column_is_reported(self, sheet, cell):
        made = sheet(f"IMEI,Note\n{cell},x\n{cell},y\n", "IMEI")
        shown = cell.strip('"')
        assert made.rows == [[shown, "x"], [shown, "y"]]
        assert made.warnings == [
            "IMEI: 2 values look like a number that a spreadsheet program shortened (for example:"
            f" {shown} in FILE: line 2). Format the column as text, enter the values again, and"
            " export the file again."
        ]

    def test_number_in_other_column_is_not_reported(self, sheet):
        assert sheet("IMEI,Note\n1,3.57E+14\n", "IMEI").warnings == []

    @pytest.mark.parametrize("cell", ["357000000000123", "DELLE-12", "12E5", "E+12", "3.57E+14 kg"])
    def test_other_values_are_not_reported(self, sheet, cell):
        assert sheet(f"IMEI,Note\n{cell},x\n", "IMEI").warnings == []


class TestDelimiter:
    @pytest.mark.parametrize(
        ("header", "delimiter"),
        [
            ("a,b;c\n", ","),
            ("a;b\n", ";"),
            ("a\tb\n", "\t"),
            ("a|b\n", "|"),
            ('"a,b";c\n', ";"),
            ('"a;b",c\n', ","),
            ('"a,b"\n', ","),
            ("a\n", ","),
            ("a;b|c\n", ","),
        ],
    )
    def test_usual_delimiter(self, header, delimiter):
        assert usual_delimiter(header) == delimiter

    @pytest.mark.parametrize("character", [",", ";", "\t", "|"])
    def test_auto_reads_header_only(self, sheet, character):
        others = ",;\t|".replace(character, "")
        made = sheet(f"a{character}b\n1{others}{character}2\n", delimiter="auto")
        assert made.rows == [[f"1{others}", "2"]]

    @pytest.mark.parametrize("begin", ["\n\n", "\ufeff", " \n;;\n"])
    def test_auto_finds_header_after_empty_lines(self, sheet, begin):
        assert sheet(f"{begin}a;b\n1;2\n", delimiter="auto").rows == [["1", "2"]]

    def test_auto_with_line_break_in_a_name(self, sheet):
        made = sheet('"a,\nb";c\n1;2\n', delimiter="auto")
        assert made.rows == [["1", "2"]]

    def test_auto_without_delimiter_is_one_column(self, sheet):
        assert sheet("a\n1\n", delimiter="auto").rows == [["1"]]

    def test_auto_with_two_delimiters_is_an_error(self, sheet):
        with pytest.raises(SourceFault) as caught:
            sheet("a;b|c\n1;2|3\n", delimiter="auto")
        assert "Set delimiter = ;" in caught.value.fix

    def test_sep_line_overrides_auto(self, sheet):
        assert sheet("sep=|\na,b|c\n1|2\n", delimiter="AUTO").rows == [["1", "2"]]

    def test_auto_is_not_the_default(self):
        assert CsvSettings(filename=None).delimiter == ","
