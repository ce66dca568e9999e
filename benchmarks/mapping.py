"""Record filter and mapping, per record, compared with hand-written Python.

Casper computers of about 40 KB of JSON pass a filter and a mapping. The filter has three
comparisons and the age of a date. The mapping has 15 fields: ten plain paths (one of them into a
list), a string that is stripped and converted to lowercase, three dates, and an extension
attribute. The hand-written version is one function for each. It tolerates missing fields and
sections of the wrong type in the same way. Both give the same result for every computer, and for
each computer without one of its sections or fields. The filter keeps all of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from random import Random
from statistics import median
from typing import Any

from benchmarks.measure import Figure, ratios, seconds
from lib.ini import Entry
from lib.mapping import mapping
from lib.mapping.mapper import Mapper
from lib.recordfilter import compile_filter
from lib.values.dates import epoch
from lib.values.values import is_nothing
from sandbox.jamf.computers import computer
from sandbox.jamf.moments import DAY, spellings
from sandbox.people import people

Record = dict[str, Any]

COMPUTERS = 40
SIZE = 40_000  # characters of JSON
OLDEST = 90  # days
TARGET = 2.0
NO_SECTIONS: tuple[Any, ...] = (None, "text", [], {})

FILTER = """
return (
    record.general.platform == "Mac"
    and record.general.remote_management.managed == True
    and record.hardware.total_ram_mb >= 8192
    and days_since(record.general.last_contact_time) < 90
)
"""
MAPPING = {
    "SERIAL_NUMBER": '{"source": "general.serial_number", "required": true}',
    "COMPUTER_NAME": "general.name",
    "MAC_ADDRESS": "general.mac_address",
    "LAST_SEEN": '{"source": "general.last_contact_time", "converter": "casper_date"}',
    "USER": '{"source": "location.username", "converter": ["strip", "lower"]}',
    "DEPARTMENT": "location.department",
    "BUILDING": "location.building",
    "MODEL": "hardware.model",
    "OS_VERSION": "hardware.os_version",
    "RAM": "hardware.total_ram_mb",
    "DISK": "hardware.storage.0.model",
    "PURCHASED": '{"source": "purchasing.po_date", "converter": "casper_date"}',
    "WARRANTY": '{"source": "purchasing.warranty_expires", "converter": "casper_date"}',
    "COST_CENTER": '{"source": "extension_attributes",'
    ' "converter": "casper_extension_attribute:attr=Cost Center"}',
    "APPLICATIONS": "software.applications",
}


def figures() -> Iterator[Figure]:
    computers = list(sample())
    keep = compile_filter(Entry("recordfilter", FILTER, 1))
    layer = {name: mapping.parse_field_mapping(text) for name, text in MAPPING.items()}
    mapper = Mapper(mapping.merge({"ini": layer}).values(), settings=None)

    def both(record: Record) -> Any:
        return mapper(record) if keep(record) else None

    def both_by_hand(record: Record) -> Any:
        return map_by_hand(record) if keep_by_hand(record) else None

    for one in [variant for record in computers for variant in variants(record)]:
        mapped = mapper(one)
        assert keep(one) == keep_by_hand(one)
        assert (mapped.values, mapped.missing) == map_by_hand(one)
    yield _compared("filter and mapping", computers, both, both_by_hand)
    yield _compared("filter alone", computers, keep, keep_by_hand)
    yield _compared("mapping alone", computers, mapper, map_by_hand)


def sample(size: int = SIZE) -> Iterator[Record]:
    """Computers last seen 1, 2, 3, ... days ago, each with so many applications as fill it.

    No two of these have the same name, lest a record can be compressed to next to nothing.
    """
    chance = Random(1)
    for number, owner in enumerate(people(COMPUTERS), 1):
        record = computer(number, owner, UTC)
        seen = int(time.time() * 1000) - number * DAY
        record["general"] |= spellings("last_contact_time", seen, UTC)
        applications = record["software"]["applications"]
        one = _named(applications[-1], chance)
        lacking = (size - len(json.dumps(record))) // len(json.dumps([one]))
        applications += [_named(one, chance) for _ in range(lacking)]
        yield json.loads(json.dumps(record))


def _named(application: Record, chance: Random) -> Record:
    """The application under a name that is made up."""
    name = f"{chance.getrandbits(48):012x}"
    told = {"name": f"{name}.app", "path": f"/Applications/{name}.app"}
    return {**application, **told, "bundle_id": f"com.example.{name}"}


def variants(record: Record) -> Iterator[Record]:
    """The record; it without each section and each field; with something else for a section."""
    yield record
    for name, section in record.items():
        yield {key: value for key, value in record.items() if key != name}
        yield from (record | {name: odd} for odd in NO_SECTIONS)
        for key in section if isinstance(section, dict) else ():
            yield record | {name: {other: section[other] for other in section if other != key}}
            yield record | {name: section | {key: None}}


def keep_by_hand(record: Record) -> bool:
    general, hardware = _section(record, "general"), _section(record, "hardware")
    if general.get("platform") != "Mac":
        return False
    if _section(general, "remote_management").get("managed") is not True:
        return False
    memory = hardware.get("total_ram_mb")
    if memory is None or memory < 8192:
        return False
    seen = epoch(general.get("last_contact_time"))
    return seen is not None and (time.time() - seen) / 86400 < OLDEST


def map_by_hand(record: Record) -> tuple[Record, list[str]]:
    """The fields of Oomnitza, and which required ones are empty."""
    general, hardware = _section(record, "general"), _section(record, "hardware")
    location, purchasing = _section(record, "location"), _section(record, "purchasing")
    serial_number = general.get("serial_number")
    values = {
        "SERIAL_NUMBER": serial_number,
        "COMPUTER_NAME": general.get("name"),
        "MAC_ADDRESS": general.get("mac_address"),
        "LAST_SEEN": _date(general, "last_contact_time"),
        "USER": _login(location.get("username")),
        "DEPARTMENT": location.get("department"),
        "BUILDING": location.get("building"),
        "MODEL": hardware.get("model"),
        "OS_VERSION": hardware.get("os_version"),
        "RAM": hardware.get("total_ram_mb"),
        "DISK": _disk(hardware),
        "PURCHASED": _date(purchasing, "po_date"),
        "WARRANTY": _date(purchasing, "warranty_expires"),
        "COST_CENTER": _attribute(record, "Cost Center"),
        "APPLICATIONS": _section(record, "software").get("applications"),
    }
    missing = [] if serial_number and serial_number.strip() else ["SERIAL_NUMBER"]
    return values, missing


def _section(record: Record, name: str) -> Record:
    section = record.get(name)
    return section if isinstance(section, dict) else {}


def _date(section: Record, name: str) -> int | None:
    """A day as it stands; a moment from its twin that tells its zone, if there is one."""
    value = section.get(name)
    try:
        if isinstance(value, str) and len(value.strip()) == 10:
            return epoch(value)
        twins = section.get(f"{name}_epoch"), section.get(f"{name}_utc")
        return epoch(twins[0]) or epoch(twins[1]) or epoch(value)
    except ValueError:
        return None


def _login(value: Any) -> str | None:
    text = value.strip().lower() if isinstance(value, str) else None
    return text or None


def _disk(hardware: Record) -> Any:
    drives = hardware.get("storage")
    if not isinstance(drives, list) or not drives or not isinstance(drives[0], dict):
        return None
    return drives[0].get("model")


def _attribute(record: Record, name: str) -> Any:
    """The value of an extension attribute; of several with one name the first that is filled."""
    attributes = record.get("extension_attributes")
    if not isinstance(attributes, list):
        return None
    values = [
        item.get("value")
        for item in attributes
        if isinstance(item, dict) and item.get("name") == name
    ]
    if not values:
        return None
    return next((value for value in values if not is_nothing(value)), values[0])


def _compared(
    what: str, records: list[Record], ours: Callable[[Record], Any], hand: Callable[[Record], Any]
) -> Figure:
    def over_all(way: Callable[[Record], Any]) -> Callable[[], None]:
        def run() -> None:
            for record in records:
                way(record)

        return run

    found = seconds({"ours": over_all(ours), "by hand": over_all(hand)})
    each = {name: median(times) / len(records) for name, times in found.items()}
    return Figure(
        what,
        _speed(each["ours"]),
        f"by hand: {_speed(each['by hand'])}",
        ratios(found["ours"], found["by hand"]),
        TARGET,
    )


def _speed(each: float) -> str:
    return f"{1 / each:,.0f} records/s ({each * 1e6:.2f} µs each)"
