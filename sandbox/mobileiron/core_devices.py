"""The devices of MobileIron Core: flat, by the dotted names of fields; and those names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sandbox.people import Person, people

Device = dict[str, Any]

TODAY = datetime(2026, 3, 2, 7, 38, 22, tzinfo=UTC)

# Names that devices have values for; the documentation has more, also with blanks in them.
FIELDS = (
    "common.id", "common.uuid", "common.SerialNumber", "common.model", "common.manufacturer",
    "common.platform", "common.platform_name", "common.os_version", "common.status",
    "common.imei", "common.imsi", "common.owner", "common.compliant", "common.quarantined",
    "common.security_state", "common.wifi_mac_address", "common.current_phone_number",
    "common.ip_address", "common.storage_capacity", "common.memory_capacity",
    "common.last_connected_at", "common.registration_date", "common.device_space_name",
    "common.comment", "common.battery_level", "common.language", "common.locale",
    "user.user_id", "user.display_name", "user.email_address",
    "ios.DeviceName", "ios.iPhone UDID", "ios.iPhone ICCID", "ios.iPhone MAC_ADDRESS_EN0",
    "android.afw_capable", "android.security_patch",
)  # fmt: skip


class Model(NamedTuple):
    """One kind of device."""

    name: str
    maker: str
    platform: str
    version: str


MODELS = (
    Model("Pixel 7", "Google", "Android", "13.0"),
    Model("iPhone 13", "Apple", "iOS", "17.4.1"),
    Model("SM-S921B", "samsung", "Android", "14.0"),
)


def devices(count: int, spaces: list[tuple[int, str]]) -> list[Device]:
    """Devices, each with `space`, the id of its device space, beside its fields."""
    return [
        _device(number, owner, *spaces[number % len(spaces)])
        for number, owner in enumerate(people(count), start=1)
    ]


def _device(number: int, owner: Person, space: int, space_name: str) -> Device:
    model = MODELS[number % len(MODELS)]
    is_apple = model.platform == "iOS"
    phone = f"99{number:013d}" if number % 4 else ""
    own = {
        "ios.DeviceName": f"{owner.full_name}\N{RIGHT SINGLE QUOTATION MARK}s iPhone",
        "ios.iPhone UDID": f"{number:040x}",
        "ios.iPhone ICCID": f"8947 {number:05d}",
        "ios.iPhone MAC_ADDRESS_EN0": f"02ac{number:08x}",
    }
    others = {"android.afw_capable": True, "android.security_patch": "2026-02-05"}
    return {
        "space": space,
        "common.id": number,
        "common.uuid": f"22222222-0000-4000-8000-{number:012d}",
        "common.SerialNumber": None if number % 37 == 0 else f"TSTCORE{number:05d}",
        "common.model": model.name,
        "common.manufacturer": model.maker,
        "common.platform": model.platform,
        "common.platform_name": f"{model.platform} {model.version}",
        "common.os_version": model.version,
        "common.status": "RETIRED" if number % 41 == 0 else "ACTIVE",
        "common.imei": phone,
        "common.imsi": f"24201{number:010d}" if phone else "",
        "common.owner": "COMPANY" if number % 3 else "EMPLOYEE",
        "common.compliant": number % 5 != 0,
        "common.quarantined": False,
        "common.security_state": "Ok",
        "common.wifi_mac_address": f"02ac{number:08x}",
        "common.current_phone_number": owner.phone or None,
        "common.ip_address": f"192.0.2.{number % 250 + 1}",
        "common.storage_capacity": 137_438_953_472,
        "common.memory_capacity": 6_442_450_944,
        "common.last_connected_at": _text(TODAY - timedelta(hours=number % 500)),
        "common.registration_date": _text(TODAY - timedelta(days=100 + number % 700)),
        "common.device_space_name": space_name,
        "common.comment": None,
        "common.battery_level": number % 101,
        "common.language": "en",
        "common.locale": "en-US",
        "user.user_id": owner.login,
        "user.display_name": owner.full_name,
        "user.email_address": owner.mail,
        **(own if is_apple else others),
    }


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
