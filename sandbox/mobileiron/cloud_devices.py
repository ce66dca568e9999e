"""The devices of MobileIron Cloud, and what is known of the hardware of those with Windows.

Almost each value may be null; where iOS and Windows have null, Android has "". Some devices never
checked in, some were retired, a Windows device has its serial number in its hardware only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.people import Person, people

Device = dict[str, Any]

HOUR = 3_600_000  # milliseconds
FIRST_ID = 500_000


class Model(NamedTuple):
    """One kind of device; `windows` is the `windowsDeviceType`."""

    platform: str
    name: str
    pretty: str
    maker: str
    version: str
    build: str
    windows: str | None


MODELS = (
    Model("IOS", "iPhone14,5", "iPhone 13", "Apple Inc.", "17.4.1", "21E236", None),
    Model("ANDROID", "Pixel 7", "Pixel 7", "Google", "14", "UP1A.231105.003", None),
    Model(
        "WINDOWS_PHONE", "Latitude 5440", "Dell: Latitude 5440", "Dell Inc.", "10.0",
        "10.0.19045.1", "WINDOWS_DESKTOP",
    ),
    Model("IOS", "iPad13,18", 'iPad 10.9" (10th gen)', "Apple Inc.", "17.7.2", "21H221", None),
)  # fmt: skip


def devices(count: int, now: int, spaces: list[tuple[int, str]]) -> list[Device]:
    """Devices that checked in up to 90 hours before `now` (milliseconds since 1970)."""
    return [
        _device(number, owner, now, *spaces[number % len(spaces)])
        for number, owner in enumerate(people(count), start=1)
    ]


def hardware(device: Device) -> Device | None:
    """What /hardwareinventory gives as its result; nothing for what is no Windows device."""
    number = device["id"] - FIRST_ID
    if not device["windowsDeviceType"]:
        return None
    return {
        "processor": [{"name": "13th Gen Intel(R) Core(TM) i5-1345U", "cores": 10}],
        "hardDrive": [{"size": 512_110_190_592}, {"size": 1_000_204_886_016}],
        "physicalMemory": [{"capacity": 17_179_869_184}] if number % 12 != 2 else [],
        "computerSystemProduct": {"identifyingNumber": f"TSTWIN{number:06d}"},
    }


def _device(number: int, owner: Person, now: int, space: int, space_name: str) -> Device:
    model = MODELS[number % len(MODELS)]
    nothing = "" if model.platform == "ANDROID" else None
    name = f"{owner.first_name}\N{RIGHT SINGLE QUOTATION MARK}s {model.pretty}"
    age = number * 37 % 90 * HOUR
    return {
        "id": FIRST_ID + number,
        "guid": f"11111111-0000-4000-8000-{number:012d}",
        "udid": f"TESTUDID{number:08d}" if model.platform == "IOS" else None,
        "mdmChannelId": f"33333333-0000-4000-8000-{number:012d}",
        "entityName": name,
        "deviceName": None if model.platform == "ANDROID" else name,
        "deviceModel": model.name,
        "prettyModel": model.pretty,
        "manufacturer": model.maker,
        "platformType": model.platform,
        "windowsDeviceType": model.windows,
        "platformVersion": model.version,
        "osBuildVersion": model.build,
        "lastCheckin": None if number % 31 == 0 else now - age,
        "clientLastCheckin": None if model.windows else now - age,
        "lastRegistrationTime": now - 4000 * HOUR,
        "registrationState": "RETIRED" if number % 43 == 0 else "ACTIVE",
        "wifiMacAddress": ":".join(f"02ab{number:08x}"[at : at + 2] for at in range(0, 12, 2)),
        "dmPartitionId": space,
        "dmPartitionName": space_name,
        **_numbers(number, model, nothing),
        **_owner(number, owner),
        **_states(number, model),
    }


def _numbers(number: int, model: Model, nothing: str | None) -> Device:
    is_phone = model.name != "iPad13,18" and not model.windows
    has_serial = model.platform == "IOS" or (model.platform == "ANDROID" and number % 8 != 1)
    return {
        "serialNumber": f"TST{model.platform}{number:06d}" if has_serial else nothing,
        "altSerialNumber": None,
        "imei": f"99{number:013d}" if is_phone else nothing,
        "imei2": None,
        "meid": nothing,
        "imsi": f"24201{number:010d}" if is_phone else "Not Present",
        "iccid": f"8947{number:015d}" if is_phone else nothing,
        "currentCarrierNetwork": "TestTel" if is_phone else "Not Present",
        "subscriberCarrierNetwork": "TestTel" if is_phone else "unknown",
    }


def _owner(number: int, owner: Person) -> Device:
    return {
        "ownerId": 9_000 + number,
        "uid": owner.mail or owner.login,
        "emailAddress": owner.mail or None,
        "displayName": owner.full_name,
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "phoneNumber": owner.phone or None,
        "ownershipType": "COMPANY_OWNED" if number % 3 else "UNKNOWN",
    }


def _states(number: int, model: Model) -> Device:
    late = number % 5 == 0
    return {
        "complianceState": not late,
        "policyViolationCount": int(late),
        "violatedPolicies": ["Out of Contact", "null"] if late else [],
        "quarantined": False,
        "jailbroken": False,
        "blocked": False,
        "roaming": False,
        "supervised": None if model.windows else model.platform == "IOS",
        "depEnrolled": model.platform == "IOS",
        "totalCapacity": 129.489,
        "availableCapacity": None if model.windows else 61.5,
        "uptime": None,
        "customAttributes": {"attrs": {"costcenter": f"{4700 + number % 9}"} if number % 2 else {}},
        "deviceSource": "CLOUD",
        "clusterIdentifier": "CLOUD",
        "kioskState": "NOT_CONFIGURED",
        "secureAppsStatus": "TRUE",
    }
