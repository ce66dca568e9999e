"""Jamf Pro's inventory in the Classic API's names: every path, against the sandbox's two APIs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from lib import jamfpro
from lib.connector import Projection
from lib.jamfpro import COMPUTERS, MOBILE_DEVICES, ClassicView, Inventory, sections_of
from lib.jamfpro.transforms import (
    attributes,
    classic_paths,
    in_utc,
    last_user,
    milliseconds,
    milliseconds_in_text,
    milliseconds_or_none,
    site,
    whole,
    with_offset,
    worded,
    yes_or_no,
)
from lib.values.paths import compile_path
from sandbox.jamf import JamfPro, computers, computers_inventory, mobile_devices_detail
from sandbox.jamf.computers_inventory import computer_result
from sandbox.jamf.location import BUILDINGS
from sandbox.jamf.mobile_devices_detail import mobile_device_result
from sandbox.people import DEPARTMENTS

ROOT = Path(__file__).resolve().parent.parent.parent
EVERYTHING = Projection(everything=True)
COUNT = 40
JAMF = JamfPro(computers=COUNT, mobile_devices=COUNT)
# Where the two APIs tell the same in another way: the day without the time of day, a sentence.
OTHERWISE = {
    "general.initial_entry_date_epoch",
    "general.initial_entry_date_utc",
    "general.last_inventory_update",
}


def of_computer(record: dict[str, Any], version: int = 4) -> dict[str, Any]:
    """A result of the Jamf Pro API, with the names that are read beside it."""
    result = computer_result(record, list(computers_inventory.READERS), version)
    user = result["userAndLocation"]
    for key, names in (("department", DEPARTMENTS), ("building", BUILDINGS)):
        user[key] = dict(enumerate(names, 1)).get(int(user[f"{key}Id"] or 0))
    return result


def of_mobile_device(record: dict[str, Any]) -> dict[str, Any]:
    return mobile_device_result(record, list(mobile_devices_detail.READERS))


def missing_in(path: str, record: dict[str, Any]) -> bool:
    """Whether a Classic record has no such key, as old ones lack some."""
    keys = path.split(".")
    for key in keys:
        name, _, selector = key.partition("[")
        if not isinstance(record, dict) or name not in record:
            return True
        record = record[name]
        if selector:
            return missing_in(path.partition("[*].")[2], record[0]) if record else False
    return False


def differing(
    inventory: Inventory, pairs: list[tuple[dict[str, Any], dict[str, Any]]]
) -> set[tuple[str, int]]:
    """The paths, and the numbers of the records, at which the two APIs are not the same.

    `pairs` are records of the Classic API, each with what is presented.
    """
    getters = {path: compile_path(path) for path in {*classic_paths(inventory.fields)} - OTHERWISE}
    return {
        (path, classic["general"]["id"])
        for path, get in getters.items()
        for classic, presented in pairs
        if not missing_in(path, classic) and get(presented) != get(classic)
    }


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_each_field_of_a_computer_is_the_same_in_both_apis(version: int) -> None:
    view = ClassicView(COMPUTERS, EVERYTHING)
    records = [JAMF.computers.record(number) for number in range(1, COUNT + 1)]
    pairs = [(record, view(of_computer(record, version))) for record in records]
    assert differing(COMPUTERS, pairs) == set()
    lacking = {
        record["general"]["id"]
        for path in classic_paths(COMPUTERS.fields)
        for record in records
        if missing_in(path, record)
    }
    assert lacking == {computers.OLD_SHAPE}


def test_each_field_of_a_mobile_device_is_the_same_in_both_apis() -> None:
    view = ClassicView(MOBILE_DEVICES, EVERYTHING)
    records = [JAMF.mobile_devices.record(number) for number in range(1, COUNT + 1)]
    for record in records:
        for attribute in record["extension_attributes"]:
            del attribute["multi_value"]
    pairs = [(record, view(of_mobile_device(record))) for record in records]
    assert differing(MOBILE_DEVICES, pairs) == set()
    assert not any(
        missing_in(path, one) for path in classic_paths(MOBILE_DEVICES.fields) for one in records
    )


@pytest.mark.parametrize("hours", [-5, 9.5])
def test_what_tells_a_moment_without_its_zone_is_in_utc(hours: float) -> None:
    there = JamfPro(computers=COUNT, zone=timezone(timedelta(hours=hours)))
    here = JamfPro(computers=COUNT, zone=UTC)
    view = ClassicView(COMPUTERS, EVERYTHING)
    for number in range(1, COUNT + 1):
        general = view(of_computer(there.computers.record(number)))["general"]
        expected = here.computers.record(number)["general"]
        for name in ("report_date", "last_contact_time"):
            for key in (name, f"{name}_epoch", f"{name}_utc"):
                assert general[key] == expected[key]


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The paths of all that a record holds, in lists those of all items."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from leaves(item, f"{path}[*]")
    else:
        yield path


def is_part_of(path: str, known: list[str]) -> bool:
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in known)


@pytest.mark.parametrize("kind", ["computers", "mobile_devices"])
def test_what_the_inventory_lacks_is_named_and_nothing_else(kind: str) -> None:
    inventory = {"computers": COMPUTERS, "mobile_devices": MOBILE_DEVICES}[kind]
    fleet = getattr(JAMF, kind)
    there = {path for number in range(1, COUNT + 1) for path in leaves(fleet.record(number))}
    filled = [*classic_paths(inventory.fields), "extension_attributes"]
    lists = {item.classic for item in inventory.fields}  # which may be empty
    lacking = {path for path in there - lists if not is_part_of(path, filled)}
    lacking |= there.intersection(inventory.absent)
    unnamed = {path for path in lacking if not is_part_of(path, list(inventory.absent))}
    assert unnamed == set()
    superfluous = {
        path for path in inventory.absent if not any(is_part_of(one, [path]) for one in there)
    }
    assert superfluous == set()


@pytest.mark.parametrize("inventory", [COMPUTERS, MOBILE_DEVICES])
def test_what_the_inventory_lacks_is_in_the_docs(inventory: Inventory) -> None:
    page = (ROOT / "docs" / "reference" / "connectors" / "casper.md").read_text("utf-8")
    assert [path for path in inventory.absent if f"`{path}`" not in page] == []


def test_no_field_is_there_twice() -> None:
    for inventory in (COMPUTERS, MOBILE_DEVICES):
        filled = classic_paths(inventory.fields)
        assert len(filled) == len(set(filled))


# What is asked for.


@pytest.mark.parametrize(
    ("looked_at", "sections"),
    [
        ({"general.name"}, {"GENERAL"}),
        ({"general.serial_number"}, {"GENERAL", "HARDWARE"}),
        ({"general.report_date_utc"}, {"GENERAL"}),
        ({"hardware.os_version", "location.username"}, {"OPERATING_SYSTEM", "USER_AND_LOCATION"}),
        ({"hardware.storage.0.model"}, {"STORAGE"}),
        ({"hardware.storage[0].partitions[type=boot].name"}, {"STORAGE"}),
        ({"software.applications"}, {"APPLICATIONS"}),
        ({"software.applications[*].name"}, {"APPLICATIONS"}),
        ({"security"}, {"SECURITY"}),
        ({"software"}, {"APPLICATIONS", "LICENSED_SOFTWARE", "PACKAGE_RECEIPTS", "SERVICES"}),
        (
            {"extension_attributes[name=Owner].value"},
            {"HARDWARE", "OPERATING_SYSTEM", "USER_AND_LOCATION", "PURCHASING"}
            | {"EXTENSION_ATTRIBUTES"},
        ),
        ({"hardware.service_pack", "harware.model"}, set()),
    ],
)
def test_only_the_sections_that_are_looked_at(looked_at: set[str], sections: set[str]) -> None:
    view = ClassicView(COMPUTERS, Projection(frozenset(looked_at)))
    assert set(view.sections) == {"GENERAL"} | sections


def test_all_sections_are_known_to_the_service() -> None:
    for inventory, known in (
        (COMPUTERS, computers_inventory.SECTIONS),
        (MOBILE_DEVICES, mobile_devices_detail.SECTIONS),
    ):
        asked = set().union(*map(sections_of, inventory.fields))
        assert asked <= set(known)
        assert set(ClassicView(inventory, EVERYTHING).sections) == asked


def test_what_nothing_leads_to_is_told() -> None:
    looked_at = {"hardware.service_pack", "harware.model", "general.name", "iphones.0.name"}
    view = ClassicView(COMPUTERS, Projection(frozenset(looked_at)))
    assert view.missing == ["hardware.service_pack", "harware.model", "iphones.0.name"]


def test_names_of_departments_are_needed_where_they_are_looked_at() -> None:
    view = ClassicView(COMPUTERS, Projection(frozenset({"location.username", "location.building"})))
    assert view.lookups == {"location.building": "Buildings"}
    record = view({"userAndLocation": {"username": "ada", "departmentId": "4", "building": "B"}})
    assert record["location"]["building"] == "B"
    assert "department" not in record["location"], "an empty one would be a lie"


@pytest.mark.parametrize(
    ("path", "is_long"), [("software.applications", True), ("hardware.model", False)]
)
def test_long_lists_make_long_records(path: str, is_long: bool) -> None:
    assert ClassicView(COMPUTERS, Projection(frozenset({path}))).is_long is is_long


def test_nothing_is_an_empty_text_or_list() -> None:
    for inventory in (COMPUTERS, MOBILE_DEVICES):
        record = ClassicView(inventory, EVERYTHING)({})
        for item in inventory.fields:
            value = compile_path(item.classic)(record)
            assert value in ("", 0, [], {}, {"id": "", "name": ""}), item.classic


# The transforms.


@pytest.mark.parametrize(
    ("value", "epoch", "text"),
    [
        ("2024-03-11T13:37:05.12Z", 1710164225120, "2024-03-11T13:37:05.120+0000"),
        ("2024-03-11T13:37:05Z", 1710164225000, "2024-03-11T13:37:05.000+0000"),
        ("2024-03-11T08:37:05.001-05:00", 1710164225001, "2024-03-11T13:37:05.001+0000"),
        ("2022-09-01", 1661990400000, "2022-09-01T00:00:00.000+0000"),
        (None, 0, ""),
        ("", 0, ""),
        ("soon", 0, ""),
    ],
)
def test_moments(value: str | None, epoch: int, text: str) -> None:
    assert (milliseconds(value), with_offset(value)) == (epoch, text)
    assert milliseconds_or_none(value) == (epoch or "")
    assert milliseconds_in_text(value) == (str(epoch) if epoch else "")


def test_what_is_no_moment_stays_as_it_is() -> None:
    assert in_utc("2024-03-11T13:37:05Z", "%Y-%m-%d") == "2024-03-11"
    assert in_utc("soon", "%Y-%m-%d") == "soon"
    assert in_utc(None, "%Y-%m-%d") == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("ENABLED", "Enabled"),
        ("NOT_AVAILABLE", "Not Available"),
        ("APP_STORE_AND_IDENTIFIED_DEVELOPERS", "App Store and identified developers"),
        ("ALLOW_BOOTING_FROM_EXTERNAL_MEDIA", "allowed"),
        (None, ""),
    ],
)
def test_constants_in_words(value: str | None, words: str) -> None:
    assert worded(value) == words


def test_small_transforms() -> None:
    assert [yes_or_no(value) for value in (True, False, None)] == ["Yes", "No", ""]
    assert [whole(value) for value in ("42", 7, None, "x")] == [42, 7, "", "x"]
    assert [last_user(value) for value in (["a", "b"], [], None)] == [
        {"mdm_capable_user": "b"}, {}, {},
    ]  # fmt: skip
    assert site({"id": "-1", "name": "None"}) == {"id": -1, "name": "None"}


def test_extension_attributes_are_gathered_from_all_sections_by_their_number() -> None:
    def attribute(number: int, values: list[str] | None, kind: str = "STRING") -> dict[str, Any]:
        return {
            "definitionId": str(number), "name": f"EA {number}", "enabled": True,
            "multiValue": False, "values": values, "dataType": kind,
        }  # fmt: skip

    record = {
        "general": {"extensionAttributes": [attribute(10, ["ten"])]},
        "hardware": {"extensionAttributes": [attribute(9, ["37"], "INTEGER")]},
        "operatingSystem": {"extensionAttributes": [attribute(4, [])]},
        "userAndLocation": {"extensionAttributes": [attribute(3, ["a", "b"])]},
        "purchasing": {"extensionAttributes": [attribute(2, None, "DATE_TIME")]},
        "extensionAttributes": [attribute(1, ["one"], "NEW")],
    }
    view = ClassicView(COMPUTERS, Projection(frozenset({"extension_attributes"})))
    found = view(record)["extension_attributes"]
    assert [(item["id"], item["type"], item["value"]) for item in found] == [
        (1, "NEW", "one"),
        (2, "Date", ""),
        (3, "String", ["a", "b"]),
        (4, "String", ""),
        (9, "Number", "37"),
        (10, "String", "ten"),
    ]
    assert attributes([7], number="id", kind="type", values="value") == []


def test_a_section_of_another_kind_is_no_crash() -> None:
    for inventory in (COMPUTERS, MOBILE_DEVICES):
        keys = {path.split(".")[0] for item in inventory.fields for path in item.pro}
        for wrong in (None, "", [], {}, ["x"]):
            ClassicView(inventory, EVERYTHING)(dict.fromkeys(keys - jamfpro.ALWAYS, wrong))
