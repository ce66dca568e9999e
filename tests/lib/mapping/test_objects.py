"""Fields that get objects are found, and a path to a value is suggested."""

import pytest

from lib.mapping.mapping import FieldMapping
from lib.mapping.objects import ObjectFields


def found(value, *, name="DISK", expected=(), **attributes):
    field = FieldMapping(name, {"source": "hardware.storage"} | attributes, {})
    objects = ObjectFields([field], expected)
    objects.look({name: value})
    return list(objects.sentences())


def test_list_of_objects_is_found_with_a_path_to_a_value():
    assert found([{"parts": [], "model": "SSD"}]) == [
        "DISK: the source path 'hardware.storage' leads to objects, not to a value. Add the name of"
        " one of the values to the path, for example hardware.storage[0].model."
    ]


def test_object_is_found_with_a_path_to_a_value():
    [text] = found({"model": "SSD"})
    assert text.endswith("for example hardware.storage.model.")


def test_objects_without_a_value_have_no_suggestion():
    [text] = found([{"parts": [1]}])
    assert text.endswith("Add the name of one of the values to the path.")


@pytest.mark.parametrize("value", [None, "", "SSD", 7, [], {}, [{}], ["a", "b"], [None]])
def test_values_and_empty_objects_are_not_found(value):
    assert found(value) == []


def test_objects_after_other_items_are_found():
    assert len(found([None, {"a": 1}])) == 1


def test_built_in_paths_applications_and_converters_may_give_objects():
    assert found([{"name": "Mail"}], expected={"hardware.storage"}) == []
    assert found([{"name": "Mail"}], name="APPLICATIONS") == []
    assert found([{"name": "Mail"}], converter="lookup") == []


def test_field_is_found_once():
    objects = ObjectFields([FieldMapping("DISK", {"source": "storage"}, {})], ())
    for value in ("SSD", {"model": "a"}, {"size": "b"}):
        objects.look({"DISK": value})
    [text] = objects.sentences()
    assert text.endswith("storage.model.")


@pytest.mark.parametrize(
    ("converter", "looked_at"),
    [("nothing", True), (["nothing:words=tbd"], True), (["nothing", "lower"], False)],
)
def test_converter_of_the_setting_nothing_hides_no_objects(converter, looked_at):
    assert bool(found({"model": "SSD"}, converter=converter)) is looked_at
