"""Sample computers as the Classic API has them: `computer.json`, and what differs."""

from __future__ import annotations

import json
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.jamf.groups import COMPUTER_GROUPS
from sandbox.jamf.location import location
from sandbox.jamf.moments import DAY, day_spellings, spellings, twins
from sandbox.people import Person

OLD_SHAPE = 8
"""The computer last seen by an old server: a single `partition`, no `security`, fewer keys."""
NO_SERIAL_NUMBER = 11
NO_USER = 13
SAME_NAME = (5, 6)
EMOJI_NAME = 9

_TEMPLATE = (Path(__file__).parent / "computer.json").read_text("utf-8")
_REPORTED = 1_755_523_025_120  # 2025-08-18T13:17:05.120Z


class Model(NamedTuple):
    name: str
    identifier: str
    processor: str
    apple_silicon: bool
    memory: int
    """Megabytes."""
    price: str


MODELS = (
    Model("MacBook Pro (14-inch, 2023)", "Mac14,9", "Apple M2 Pro", True, 16384, "$1,999.00"),
    Model("MacBook Air (M3, 2024)", "Mac15,12", "Apple M3", True, 24576, "$1,299.00"),
    Model("iMac (24-inch, M1, 2021)", "iMac21,1", "Apple M1", True, 8192, "€1.499,00"),
    Model("Mac mini (2018)", "Macmini8,1", "6-Core Intel Core i5", False, 8192, ""),
)
SYSTEMS = (("15.6", "24G84"), ("14.7.7", "23H723"), ("13.7.8", "22H730"))


def computer(number: int, owner: Person, zone: tzinfo) -> dict[str, Any]:
    """Return the twelve sections of one computer; plain dates are in `zone`, the server's."""
    user = None if number == NO_USER else owner
    record: dict[str, Any] = json.loads(_TEMPLATE)
    record["general"] |= _general(number, user) | _dates(number, zone)
    record["location"] |= location(number, user)
    record["purchasing"] |= _purchasing(number, zone)
    record["hardware"] |= _hardware(number, user)
    record["hardware"]["storage"][0]["serial_number"] = f"0ba01{number:011x}"
    record["software"]["applications"] = _applications(number)
    record["groups_accounts"] |= _groups_accounts(number, user)
    attributes = record["extension_attributes"]
    attributes[1]["value"] = str(10 + number % 30)
    attributes[4]["value"] = f"CC-{100 + number % 12}"
    if number == OLD_SHAPE:
        _age(record)
    return record


def _general(number: int, user: Person | None) -> dict[str, Any]:
    serial_number = "Not Available" if number == NO_SERIAL_NUMBER else f"SNDBXMAC{number:04d}"
    return {
        "id": number,
        "name": _name(number, user),
        "mac_address": f"02:00:5E:{number >> 8 & 255:02X}:{number & 255:02X}:0A",
        "alt_mac_address": f"02:00:5E:{number >> 8 & 255:02X}:{number & 255:02X}:0B",
        "ip_address": f"203.0.113.{number % 250 + 1}",
        "last_reported_ip": f"192.0.2.{number % 250 + 1}",
        "serial_number": serial_number,
        "udid": f"5A9D80C5-0000-5000-8000-{number:012X}",
        "asset_tag": f"A-{number:05d}" if number % 3 else "",
        "mdm_capable_users": {"mdm_capable_user": user.login} if user else {},
        "site": {"id": 2, "name": "Zürich"} if number % 17 == 0 else {"id": -1, "name": "None"},
    }


def _name(number: int, user: Person | None) -> str:
    if number in SAME_NAME:
        return "MacBook Pro"
    if number == EMOJI_NAME:
        return 'The "Listening" Room 🎧'
    if user and number % 4 == 0:
        return f"{user.first_name}\N{RIGHT SINGLE QUOTATION MARK}s Mac"
    return f"LAB-MAC-{number:04d}"


def _dates(number: int, zone: tzinfo) -> dict[str, str | int]:
    reported = _REPORTED + number * 97_001
    entered = reported - (300 + number % 900) * DAY
    return {
        **spellings("report_date", reported, zone),
        **spellings("last_contact_time", reported + 4_211_898, zone),
        **day_spellings("initial_entry_date", entered, zone),
        **twins("last_enrolled_date", entered + 31_414, zone),
        **twins("mdm_profile_expiration", entered + 730 * DAY, zone),
    }


def _purchasing(number: int, zone: tzinfo) -> dict[str, Any]:
    bought = (19_000 + number % 900) * DAY
    warranty = bought + 1095 * DAY if number % 6 else 0
    return {
        "po_number": f"PO-{7000 + number}",
        "purchase_price": MODELS[number % len(MODELS)].price,
        **day_spellings("po_date", bought, zone),
        **day_spellings("warranty_expires", warranty, zone),
    }


def _hardware(number: int, user: Person | None) -> dict[str, Any]:
    model = MODELS[number % len(MODELS)]
    version, build = SYSTEMS[number % len(SYSTEMS)]
    return {
        "model": model.name,
        "model_identifier": model.identifier,
        "os_version": version,
        "os_build": build,
        "processor_type": model.processor,
        "is_apple_silicon": model.apple_silicon,
        "processor_architecture": "arm64" if model.apple_silicon else "x86_64",
        "total_ram": model.memory,
        "total_ram_mb": model.memory,
        "battery_capacity": 80 + number % 20,
        "filevault2_users": [user.login] if user else [],
    }


def _applications(number: int) -> list[dict[str, str]]:
    count = 30 + number % 31 if number % 10 == 0 else 5 + number % 4
    tools = [(f"Tool {n:02d}", f"{1 + n % 9}.{number % 10}") for n in range(3, count)]
    names = [("Safari", "18.6"), ("Prüfer & Söhne", "4.0.1"), ("Notes “beta”", ""), *tools]
    return [
        {
            "name": f"{name}.app",
            "path": f"/Applications/{name}.app",
            "version": version,
            "bundle_id": f"com.example.app{position}",
        }
        for position, (name, version) in enumerate(names)
    ]


def _groups_accounts(number: int, user: Person | None) -> dict[str, Any]:
    groups = [group.name for group in COMPUTER_GROUPS if group.holds(number)]
    if user is None:
        return {"computer_group_memberships": groups}
    account = {
        "name": user.login,
        "realname": user.full_name,
        "uid": "501",
        "home": f"/Users/{user.login}",
        "home_size": "-1MB",
        "home_size_mb": -1,
        "administrator": number % 5 == 0,
        "filevault_enabled": True,
    }
    policy = {"username": user.login, "password_min_length": "4", "password_max_age": ""}
    return {
        "computer_group_memberships": groups,
        "local_accounts": [account],
        "user_inventories": {"disable_automatic_login": True, "user": policy},
    }


def _age(record: dict[str, Any]) -> None:
    """Turn it into what a server of the 9.x and early 10.x years holds."""
    general, hardware = record["general"], record["hardware"]
    for key in (
        "network_adapter_type",
        "alt_network_adapter_type",
        "supervised",
        "management_status",
        "mdm_profile_expiration_epoch",
        "mdm_profile_expiration_utc",
    ):
        del general[key]
    general["netboot_server"] = ""
    del hardware["is_apple_silicon"], record["security"]
    hardware["master_password_set"] = False
    drive = hardware["storage"][0]
    drive["partition"] = drive.pop("partitions")[0]
