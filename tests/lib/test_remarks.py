"""Remarks: sentences with a count and the first example, of which a source keeps a few."""

from lib.remarks import MOST_REMARKS, Remarks


def late(count, about):
    return f"{count} late in {about}. Hurry."


def early(count, about):
    return f"{count} early"


def test_warnings_count_and_keep_first_example():
    remarks = Remarks()
    remarks.warn(late, "March", example="ada")
    remarks.warn(late, "April")
    remarks.warn(late, "March", example="bo", count=2)
    assert remarks.warnings == [
        "3 late in March (for example: ada). Hurry.",
        "1 late in April. Hurry.",
    ]
    assert remarks.notes == []


def test_notes_are_apart_from_warnings():
    remarks = Remarks()
    remarks.note(early, example="ada")
    assert remarks.notes == ["1 early (for example: ada)"]
    assert remarks.warnings == []


def test_kinds_beyond_limit_are_counted_together():
    remarks = Remarks()
    for number in range(MOST_REMARKS + 5):
        remarks.warn(late, str(number))
        remarks.warn(late, "0")
    assert len(remarks.warnings) == MOST_REMARKS + 1
    assert remarks.warnings[-1].startswith("5 further")
