"""Sample mobile devices as the Classic API has them: `mobile_device.json`, and what differs."""

from __future__ import annotations

import json
from datetime import tzinfo
from pathlib import Path
from typing import Any

from sandbox.jamf.groups import MOBILE_DEVICE_GROUPS
from sandbox.jamf.location import location
from sandbox.jamf.moments import DAY, sentence, twins
from sandbox.people import Person

NO_USER = 4
SAME_NAME = (2, 6)

_TEMPLATE = (Path(__file__).parent / "mobile_device.json").read_text("utf-8")
_REPORTED = 1_755_453_731_450  # 2025-08-17T18:02:11.450Z

MODELS = (
    ("iPad (10th generation)", "iPad13,18", "MPQ03LL"),
    ("iPhone 15", "iPhone15,4", "MTM23LL"),
)


def mobile_device(number: int, owner: Person, zone: tzinfo) -> dict[str, Any]:
    """Return the sections of one mobile device; `zone` is the server's."""
    user = None if number == NO_USER else owner
    record: dict[str, Any] = json.loads(_TEMPLATE)
    record["general"] |= _general(number, user) | _dates(number, zone)
    record["location"] |= location(number, user)
    record["network"] |= _network(number)
    record["mobile_device_groups"] = [
        {"id": group.id, "name": group.name}
        for group in MOBILE_DEVICE_GROUPS
        if group.holds(number)
    ]
    return record


def _general(number: int, user: Person | None) -> dict[str, Any]:
    name = _name(number, user)
    model, identifier, model_number = MODELS[number % len(MODELS)]
    return {
        "id": number,
        "display_name": name,
        "device_name": name,
        "name": name,
        "ip_address": f"203.0.113.{number % 250 + 1}",
        "serial_number": f"SNDBXMOB{number:04d}",
        "udid": f"00008110-{number:016X}",
        "wifi_mac_address": f"02:00:5E:{number >> 8 & 255:02X}:{number & 255:02X}:1A",
        "bluetooth_mac_address": f"02:00:5E:{number >> 8 & 255:02X}:{number & 255:02X}:1B",
        "model": model,
        "model_identifier": identifier,
        "model_number": model_number,
        "modelDisplay": model,
        "model_display": model,
        "exchange_activesync_device_identifier": f"SANDBOXEAS{number:010d}",
        "battery_level": number * 7 % 101,
    }


def _name(number: int, user: Person | None) -> str:
    if number in SAME_NAME:
        return "iPad"
    if user and number % 3 == 0:
        return f"{user.first_name}\N{RIGHT SINGLE QUOTATION MARK}s 📱"
    return f'"Pool" device {number}'


def _dates(number: int, zone: tzinfo) -> dict[str, str | int]:
    reported = _REPORTED + number * 61_003
    entered = reported - (100 + number % 700) * DAY
    return {
        "last_inventory_update": sentence(reported, zone),
        **twins("last_inventory_update", reported, zone),
        **twins("initial_entry_date", entered, zone),
        **twins("last_enrollment", entered + 14_783, zone),
        **twins("mdm_profile_expiration", entered + 730 * DAY, zone),
    }


def _network(number: int) -> dict[str, str]:
    if number % 2 == 0:
        return {}
    return {"imei": f"35 000000 {number:06d} 1", "meid": f"35000000{number:06d}"}
