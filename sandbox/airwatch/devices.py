"""The devices of the mock AirWatch, as versions 1 and 2 of the API show them.

Any key may be missing. Some devices have no user, no MAC address, no serial number. Moments are in
UTC and do not say so; those that never came are in the year 1.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sandbox.people import Person, people

Device = dict[str, Any]

FIRST_ID = 5000
NEVER = "0001-01-01T00:00:00.000"
TODAY = datetime(2026, 3, 2, 7, 15, 20)


class Model(NamedTuple):
    """One kind of device; `platform` and `platform_id` as AirWatch names and numbers them."""

    name: str
    platform: str
    platform_id: int
    maker: str
    system: str
    build: str
    is_phone: bool


MODELS = (
    Model("iPhone 15 (128 GB Black)", "Apple", 2, "Apple", "18.3.1", "22D72", True),
    Model("SM-S921B", "Android", 5, "samsung", "14.0.0", "UP1A.231005.007", True),
    Model('MacBook Pro "Core i7" 13" (2020)', "AppleOsX", 10, "Apple", "15.3.0", "24D60", False),
    Model("Latitude 5440", "WinRT", 12, "Dell Inc.", "10.0.22631", "4890", False),
    Model("iPad (10th Gen) (64 GB Silver)", "Apple", 2, "Apple", "17.7.2", "21H221", False),
)
GROUPS = ("Example Company", "Außendienst", "Kiosk, Lobby & Labs")


def devices(count: int) -> list[Device]:
    return [_device(number, owner) for number, owner in enumerate(people(count), start=1)]


def network(device: Device) -> dict[str, Any]:
    """What /network answers; a device that never told it has less."""
    number = device["Id"]["Value"] - FIRST_ID
    mac = f"02AB{number:08X}"
    facts: dict[str, Any] = {
        "PhoneNumber": device["PhoneNumber"],
        "RoamingStatus": False,
        "DataRoamingEnabled": False,
        "VoiceRoamingEnabled": True,
        "IPAddress": {
            "WifiIPAddress": f"192.0.2.{number % 250 + 1}",
            "CellularIPAddress": "0.0.0.0",
            "EthernetIPAddress": "",
        },
        "WifiInfo": {"WifiMacAddress": mac, "SignalStrength": 0} if number % 6 else None,
    }
    if "DeviceCellularNetworkInfo" in device:
        sim = device["DeviceCellularNetworkInfo"][0]
        facts["CellularNetworkInfo"] = {
            "CarrierName": sim["CarrierName"],
            "CurrentOperator": sim["CarrierName"],
            "CurrentSIM": sim["CardId"],
        }
    if device["Platform"] == "WinRT":
        facts["DeviceNetworkInfo"] = [{"ConnectionType": "Ethernet", "MACAddress": f"{mac[:-2]}F1"}]
    return facts


def enrolment(device: Device) -> dict[str, Any]:
    """What Apple's enrollment program knows of a device."""
    return {
        "deviceSerialNumber": device["SerialNumber"],
        "deviceImei": device["Imei"],
        "deviceModel": device["Model"],
        "deviceOwnership": "CorporateDedicated",
        "profileName": "Corporate",
        "enrollmentStatus": "Enrolled",
    }


def _device(number: int, owner: Person) -> Device:
    model = MODELS[number % len(MODELS)]
    group = _group(number % len(GROUPS))
    device = {
        "EasIds": {},
        "Udid": f"{number * 2_654_435_761 % 2**64:016x}{number:08x}",
        "SerialNumber": "" if number % 23 == 0 else f"F9F{number:07d}",
        "MacAddress": f"02AB{number:08X}",
        "AssetNumber": f"AT-{number:04d}" if number % 3 else "",
        "DeviceFriendlyName": f"{owner.login} {model.name} {model.platform} {model.system}",
        "DeviceReportedName": f"{owner.full_name}\N{RIGHT SINGLE QUOTATION MARK}s {model.maker}",
        "LocationGroupId": group,
        "LocationGroupName": group["Name"],
        "Ownership": ("C", "S", "E", "Undefined")[number % 4],
        "PlatformId": {"Id": {"Value": model.platform_id}, "Name": model.platform},
        "Platform": model.platform,
        "ModelId": {"Id": {"Value": number % len(MODELS) + 1}, "Name": model.name},
        "Model": model.name,
        "OperatingSystem": model.system,
        "OSBuildVersion": model.build,
        "OEMInfo": model.maker,
        "DepTokenSource": 0,
        "ManagedBy": 1,
        "WifiSsid": "",
        "Id": {"Value": FIRST_ID + number},
        "Uuid": f"5f0c2a1e-0000-4000-8000-{FIRST_ID + number:012d}",
    }
    device |= _user(number, owner) | _phone(number, owner, model) | _states(number, model)
    if number % 17 == 0:
        del device["MacAddress"]
    return device


def _group(index: int) -> dict[str, Any]:
    number = 570 + index
    uuid = f"5f0c2a1e-0000-4000-8000-{number:012d}"
    return {"Id": {"Value": number}, "Name": GROUPS[index], "Uuid": uuid}


def _user(number: int, owner: Person) -> Device:
    if number % 11 == 0:
        return {"UserName": "", "UserEmailAddress": "", "EnrollmentUserUuid": ""}
    uuid = f"5f0c2a1e-0000-4000-8000-{9000 + number:012d}"
    return {
        "UserId": {"Id": {"Value": 9000 + number}, "Name": owner.full_name, "Uuid": uuid},
        "UserName": owner.login,
        "UserEmailAddress": owner.mail,
        "EnrollmentUserUuid": uuid,
    }


def _phone(number: int, owner: Person, model: Model) -> Device:
    if not model.is_phone:
        return {"Imei": "", "PhoneNumber": ""}
    sim = {
        "CarrierName": "TestTel",
        "CardId": f"8947{number:015d}",
        "PhoneNumber": owner.phone,
        "DeviceMCC": {"SIMMCC": "242", "CurrentMCC": "242"},
        "IsRoaming": False,
    }
    return {
        "Imei": f"99{number:013d}",
        "PhoneNumber": owner.phone,
        "DeviceCellularNetworkInfo": [sim],
    }


def _states(number: int, model: Model) -> Device:
    seen = _text(TODAY - timedelta(hours=number % 700))
    windows = model.platform == "WinRT"
    states: Device = {
        "LastSeen": seen,
        "EnrollmentStatus": "Unenrolled" if number % 29 == 0 else "Enrolled",
        "ComplianceStatus": "NotAvailable" if windows else "Compliant",
        "LastEnrolledOn": _text(TODAY - timedelta(days=100 + number % 900)),
        "LastComplianceCheckOn": NEVER if windows else seen,
        "LastCompromisedCheckOn": NEVER if windows else seen,
        "IsSupervised": model.maker == "Apple",
        "IsRoaming": False,
        "BatteryLevel": "" if windows else f"{number % 101}%",
        "DataProtectionStatus": 0,
        "VirtualMemory": 0,
        "TotalPhysicalMemory": 0,
        "AvailablePhysicalMemory": 0,
        "ProcessorArchitecture": 9 if windows else 0,
    }
    return states if windows else states | {"CompromisedStatus": False}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
