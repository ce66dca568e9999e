"""CSV files: what is a record, what is malformed, and that the one does not end the other."""

import csv
import io
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.connector import Projection
from lib.errors import RecordUnreadable, SourceFault, SourceUnavailable
from lib.files import csvfile
from lib.files.csvfile import CsvSettings
from lib.files.csvrows import LONGEST_VALUE
from lib.remarks import Remarks
from lib.settings import read_settings

VALUES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)


@pytest.fixture
def read(tmp_path):
    """Read a file of this content; malformed rows become (line, what is wrong)."""

    def read(content, *paths, **given):
        path = tmp_path / "people.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        made = settings(filename=path, **given)
        delivered = csvfile.read_csv(made, Projection(frozenset(paths)))
        return [
            told(item, path) if isinstance(item, RecordUnreadable) else item for item in delivered
        ]

    return read


def settings(**given):
    made, faults = read_settings(CsvSettings, {key: str(text) for key, text in given.items()})
    assert faults == []
    return made


def told(error, path):
    before, line = error.where.split(": line ")
    assert before == str(path)
    return int(line), error.what


class TestRows:
    def test_columns_are_named_by_the_first_row(self, read):
        assert read("Login,First name\nada,Ada\nbo,Bo\n") == [
            {"Login": "ada", "First name": "Ada"},
            {"Login": "bo", "First name": "Bo"},
        ]

    def test_quotes_hold_delimiters_quotes_and_line_breaks(self, read):
        content = 'a,b\n"1,5","say ""hi"""\n"two\r\nlines\n\nand more",x\ny,z\n'
        assert [row["a"] for row in read(content)] == ["1,5", "two\r\nlines\n\nand more", "y"]
        assert read(content)[0]["b"] == 'say "hi"'

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_lines_may_end_in_any_way_also_the_last_one(self, read, end):
        for last in (end, ""):
            assert read(f"a,b{end}1,2{end}3,4{last}") == [
                {"a": "1", "b": "2"},
                {"a": "3", "b": "4"},
            ]

    def test_values_are_left_as_they_are_and_names_are_not(self, read):
        assert read(" a , b \n 1 ,\t2\n") == [{"a": " 1 ", "b": "\t2"}]

    def test_rows_without_any_value_are_passed_over(self, read):
        assert read("\n\na,b\n\n,\n  , \n1,\n\n") == [{"a": "1", "b": ""}]

    def test_columns_without_a_name_are_left_out(self, read):
        assert read("a,,b,\n1,2,3,4\n") == [{"a": "1", "b": "3"}]

    def test_names_alone_are_no_records(self, read):
        assert read("a,b\n") == []

    @pytest.mark.parametrize(
        ("text", "character"), [(";", ";"), ("tab", "\t"), ("TAB", "\t"), ("\\t", "\t"), ("|", "|")]
    )
    def test_other_delimiters(self, read, text, character):
        content = f"a{character}b\n1,1{character}2\n"
        assert read(content, delimiter=text) == [{"a": "1,1", "b": "2"}]

    @pytest.mark.parametrize("line", ["sep=;\r\n", '"sep=;"\n', "sep=;\n"])
    def test_a_file_may_tell_its_delimiter_as_for_excel(self, read, line):
        assert read(f"{line}a;b\n1,1;2\n3\n") == [
            {"a": "1,1", "b": "2"},
            {"a": "3", "b": ""},
        ]
        assert read("sep=\t\na\tb\n1\t2\n") == [{"a": "1", "b": "2"}]
        assert read("sep=x,b\n1,2\n") == [{"sep=x": "1", "b": "2"}]

    @pytest.mark.parametrize("text", ["comma", ";;", '"', "ta b"])
    def test_what_is_no_delimiter_is_refused(self, text):
        _, [fault] = read_settings(CsvSettings, {"filename": "x", "delimiter": text})
        assert fault.key == "delimiter"

    def test_a_mark_of_the_encoding_is_no_part_of_the_first_name(self, read):
        assert read(b"\xef\xbb\xbfa,b\n1,2\n") == [{"a": "1", "b": "2"}]
        assert read("a\tb\n1\tü\n".encode("utf-16"), delimiter="tab") == [{"a": "1", "b": "ü"}]

    @given(st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=6))
    def test_what_a_csv_writer_writes_is_read(self, tmp_path_factory, rows):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([["a", "b", "c"], *rows])
        path = tmp_path_factory.mktemp("csv") / "x.csv"
        path.write_bytes(text.getvalue().encode())
        delivered = list(csvfile.read_csv(settings(filename=path), Projection()))
        filled = [row for row in rows if any(value.strip() for value in row)]
        assert [list(record.values()) for record in delivered] == filled


class TestMalformedRows:
    def test_too_many_values(self, read):
        assert read("a,b\n1,2,3\n1,2\n1,,3\n") == [
            (2, "the row has 3 values for 2 columns"),
            {"a": "1", "b": "2"},
            (4, "the row has 3 values for 2 columns"),
        ]

    def test_last_row_without_line_end_may_be_cut_off(self, read):
        assert read("a,b,c\n1,2,3\n4,5") == [
            {"a": "1", "b": "2", "c": "3"},
            (3, "the row has 2 values for 3 columns, and the file seems to be cut off there"),
        ]

    def test_nul_in_a_row(self, read):
        assert read(b"a,b\n1,x\n2,y\0z\n3,\0\n4,w\n") == [
            {"a": "1", "b": "x"},
            (3, "the row contains a NUL character"),
            (4, "the row contains a NUL character"),
            {"a": "4", "b": "w"},
        ]

    def test_the_line_is_the_one_where_the_row_begins(self, read):
        content = 'a,b\n"x\ny\nz",1\n\n1,2,3\n"p\nq",1,2\n5,6\n'
        delivered = read(content)
        assert [item[0] for item in delivered if isinstance(item, tuple)] == [6, 7]
        assert delivered[-1] == {"a": "5", "b": "6"}

    @pytest.mark.parametrize(
        "rows",
        [
            '1,"open\n{inner}',  # never closed
            '1,"open\n{inner}2,"closed"\n{inner}',  # closed by another row, as it seems
            '1,"two\n{inner}lines"x\n{inner}',
            '1,"a "word"\n{inner}in quotes"\n{inner}',
            '"a" word\n{inner}in quotes",2\n{inner}',
        ],
    )
    def test_what_may_be_the_inside_of_a_value_is_never_a_record(self, read, tmp_path, rows):
        content = f"a,b\nada,Ada\n{rows.format(inner='eve,Eve' + chr(10))}"
        path = tmp_path / "x.csv"
        path.write_text(content)
        made = csvfile.read_csv(settings(filename=path), Projection())
        assert next(made) == {"a": "ada", "b": "Ada"}
        with pytest.raises(SourceFault, match="malformed") as caught:
            next(made)
        assert caught.value.where == f"{path}: line 3"
        assert "quotes" in caught.value.fix

    def test_a_long_value_is_one(self, read):
        notes = "eve,Eve\n" * 30_000
        assert read(f'a,b\n1,"{notes}"\n2,x\n') == [{"a": "1", "b": notes}, {"a": "2", "b": "x"}]

    def test_text_behind_a_closing_quote(self, read):
        delivered = read('a,b\n"1"x,2\n3,4\n')
        assert delivered[0][0] == 2
        assert delivered[1:] == [{"a": "3", "b": "4"}]

    def test_a_value_that_is_too_long_to_be_one(self, read):
        long = "x" * (LONGEST_VALUE + 1)
        delivered = read(f"a,b\n{long},2\n3,4\n")
        assert delivered[0][0] == 2
        assert delivered[1:] == [{"a": "3", "b": "4"}]
        with pytest.raises(SourceFault, match="a value is longer than 16,000,000 characters"):
            read(f'a,b\n1,"{long}\neve,Eve\n",2\n3,4\n')

    def test_bytes_that_are_not_in_the_encoding(self, read):
        delivered = read(b"a,b\n1,M\xfcller\n2,M\xc3\xbcller\n")
        assert delivered[0] == (2, "the row is not valid utf-8 text. Check encoding")
        assert delivered[1:] == [{"a": "2", "b": "Müller"}]

    def test_broken_rows_at_every_place_leave_the_others_alone(self, read):
        good = [f"{number},x" for number in range(6)]
        for at in range(7):
            for bad in ("9,9,9", '"9"9,9'):
                rows = [*good[:at], bad, *good[at:]]
                delivered = read("a,b\n" + "\n".join(rows) + "\n")
                assert [item["a"] for item in delivered if isinstance(item, dict)] == list("012345")
                assert [item[0] for item in delivered if isinstance(item, tuple)] == [at + 2]


class TestFaultyFiles:
    @pytest.mark.parametrize("content", ["", "\n\n", ",,\n"])
    def test_an_empty_file_is_no_empty_source(self, read, content):
        with pytest.raises(SourceFault, match="empty"):
            read(content)

    @pytest.mark.parametrize(("character", "fix"), [(";", ";"), ("\t", "tab"), ("|", "|")])
    def test_another_delimiter_is_recognised_by_the_names(self, read, character, fix):
        with pytest.raises(SourceFault) as caught:
            read(f"a{character}b\n1{character}2\n")
        assert caught.value.fix == f"Set delimiter = {fix}"

    def test_a_single_column_is_a_table_too(self, read):
        assert read("a\n1\n") == [{"a": "1"}]
        assert read('"a,b"\n1\n') == [{"a,b": "1"}]

    def test_two_mapped_columns_of_one_name_cannot_be_told_apart(self, read):
        content = "Name,Mail,Name, Mail,Note,Note\n1,2,3,4,5,6\n"
        with pytest.raises(
            SourceFault, match="two columns have the same name: Mail, Name"
        ) as caught:
            read(content, "Name", "Mail")
        assert "Rename" in caught.value.fix

    def test_two_columns_of_one_name_are_left_out_if_not_mapped(self, tmp_path):
        path = tmp_path / "x.csv"
        path.write_text("Name,Note,Mail, Note\n1,2,3,4\n")
        remarks = Remarks()
        made = csvfile.read_csv(settings(filename=path), Projection(frozenset({"Mail"})), remarks)
        assert list(made) == [{"Name": "1", "Mail": "3"}]
        assert remarks.notes == [
            f"Note: two columns have this name, so they were not read (for example: {path})"
        ]

    @pytest.mark.parametrize(
        ("begin", "what"),
        [
            (b"PK\x03\x04\x14\0\x06\0", "Excel workbook (.xlsx)"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel workbook (.xls)"),
            (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
            (b"%PDF-1.7\n", "PDF"),
        ],
    )
    def test_other_kinds_of_files_are_recognized(self, read, begin, what):
        with pytest.raises(SourceFault) as caught:
            read(begin + bytes(range(256)) * 20)
        assert what in caught.value.what
        assert "CSV" in caught.value.fix

    @pytest.mark.parametrize("content", [b"Gr\xfc\xdfe,b\n1,2\n", "a,b\n1,2\n".encode("utf-16-le")])
    def test_names_in_another_encoding(self, read, content):
        with pytest.raises(SourceFault) as caught:
            read(content)
        assert "encoding" in caught.value.fix

    def test_names_that_are_malformed(self, read):
        with pytest.raises(SourceFault, match="the names of the columns: the row is malformed"):
            read('a,"b\n1,2\n')

    def test_a_check_finds_them_without_reading_on(self, tmp_path):
        path = tmp_path / "x.csv"
        with pytest.raises(SourceUnavailable, match="No such file"):
            csvfile.check_csv(settings(filename=path))
        path.write_text("a;b\n")
        with pytest.raises(SourceFault):
            csvfile.check_csv(settings(filename=path))
        path.write_text("a;b\n1;2;3\n")
        csvfile.check_csv(settings(filename=path, delimiter=";"))


class TestColumnsAndFiles:
    def test_mapped_columns_that_are_missing_are_named(self, read, caplog):
        read("Login,a.b,Extra\n1,2,3\n", "Login", "a.b", "Mail", "Phone")
        [warning] = [item.getMessage() for item in caplog.records]
        assert warning.endswith(
            "people.csv: mapped columns not found, so their fields are empty: Mail, Phone"
        )

    def test_a_file_without_any_mapped_column_is_another_one(self, read):
        with pytest.raises(
            SourceFault, match=r"the mapped columns are missing in the file \(Mail, Phone\)"
        ) as caught:
            read("Login,Name\n1,2\n", "Mail", "Phone")
        assert "Login, Name" in caught.value.fix

    def test_files_of_a_directory_may_have_columns_of_their_own(self, tmp_path):
        (tmp_path / "1.csv").write_text("a,b\n1,2\n")
        (tmp_path / "2.csv").write_text("b,c\n3,4\n")
        made = csvfile.read_csv(settings(directory=tmp_path), Projection())
        assert list(made) == [{"a": "1", "b": "2"}, {"b": "3", "c": "4"}]

    def test_a_broken_file_ends_the_section_after_those_before_it(self, tmp_path):
        (tmp_path / "1.csv").write_text("a,b\n1,2\n")
        (tmp_path / "2.csv").write_text("")
        made = csvfile.read_csv(settings(directory=tmp_path), Projection())
        assert next(made) == {"a": "1", "b": "2"}
        with pytest.raises(SourceFault, match="empty"):
            next(made)

    def test_a_file_is_read_no_further_than_needed(self, tmp_path, monkeypatch):
        path = tmp_path / "x.csv"
        path.write_text("a,b\n" + "1,2\n" * 1000)
        taken = []
        lines = csvfile.textfiles.lines

        def noting(line):
            taken.append(line)
            return line

        monkeypatch.setattr(
            "lib.files.textfiles.lines",
            lambda *how: map(noting, lines(*how)),
        )
        with closing(csvfile.read_csv(settings(filename=path), Projection())) as made:
            assert taken == []
            next(made)
            assert len(taken) == 2
