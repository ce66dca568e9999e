"""The names of records in messages: the sync key, and the ID in the source."""

import pytest

from lib.run.recordnames import RecordNames, first_fields
from lib.state import compress
from lib.target.item import Item
from lib.target.packing import pack

MAPPED = {"MODEL": "Mac", "SERIAL": "C02", "SITE": "Berlin", "SEEN": None}
FETCHED = {"general": {"id": 4711, "name": "LAB"}}


@pytest.mark.parametrize(
    ("key_fields", "id_paths", "name"),
    [
        (["SERIAL"], ["general.id"], "SERIAL C02, general.id 4711"),
        (["SERIAL", "SITE"], [], "SERIAL C02, SITE Berlin"),
        (["SEEN", "SERIAL"], [], "SERIAL C02"),
        (["SERIAL"], ["general.uuid"], "SERIAL C02"),
        (["SEEN"], ["uuid", "general.id", "general.name"], "general.id 4711"),
        ([], ["general.id"], "general.id 4711"),
        (["ABSENT"], ["general"], "MODEL Mac, SERIAL C02, SITE Berlin"),
        ([], [], "MODEL Mac, SERIAL C02, SITE Berlin"),
    ],
)
def test_name_is_the_key_and_the_first_id_that_is_there(key_fields, id_paths, name):
    names = RecordNames(key_fields, id_paths)
    assert names(MAPPED, FETCHED) == name
    item = Item(
        pack(FETCHED), compress('{"MODEL": "Mac", "SERIAL": "C02", "SITE": "Berlin"}'), "c02", b""
    )
    assert names.of_item(item) == name


def test_find_without_key_and_id_is_empty():
    assert RecordNames(["SEEN"], ["uuid"]).find(MAPPED, FETCHED) == ""
    assert RecordNames(["SERIAL"], ["general.id"]).find({}) == ""


def test_id_that_is_the_key_is_named_once():
    names = RecordNames(["ICCID"], ["iccid", "id"])
    assert names({"ICCID": " 89ab "}, {"iccid": "89AB", "id": 7}) == "ICCID 89ab"


@pytest.mark.parametrize("value", [True, ["a"], {"a": 1}, "", "  ", None])
def test_value_that_identifies_nothing_is_left_out(value):
    assert RecordNames(["KEY"], ["id"]).find({"KEY": value}, {"id": value}) == ""


def test_long_dn_is_whole_and_longer_values_are_cut():
    dn = "cn=Ada Lovelace," + "ou=Analytical Engines," * 7 + "dc=example"
    assert RecordNames((), ("dn",)).find({}, {"dn": dn}) == f"dn {dn}"
    assert len(RecordNames((), ("dn",)).find({}, {"dn": dn * 9})) == len("dn ") + 200


def test_name_is_one_line():
    assert RecordNames(["A"]).find({"A": "two\nlines"}) == r"A two\nlines"
    assert first_fields({"A": "two\nlines"}) == r"A two\nlines"


def test_in_source_maps_the_key_only_if_there_is_one():
    names = RecordNames((), ("id",))
    assert names.in_source({"id": 7}, lambda: pytest.fail("no key to map")) == "id 7"
    assert RecordNames(("USER",)).in_source({"uid": "ada"}, lambda: {"USER": "ada"}) == "USER ada"
    assert RecordNames(("USER",)).in_source({"cn": "Ada"}, lambda: {"USER": None}) == "cn Ada"


def test_first_fields_are_short_and_filled():
    record = {
        "A": "",
        "B": None,
        "C": "x" * 61,
        "D": "x" * 60,
        "E": 7,
        "F": ["a"],
        "G": "g",
        "H": "h",
    }
    assert first_fields(record) == f"D {'x' * 60}, E 7, G g"
    assert first_fields({}) == ""
