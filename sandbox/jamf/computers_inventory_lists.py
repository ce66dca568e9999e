"""The sections of computers-inventory that are lists, or hold some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.jamf.fleet import Record
from sandbox.jamf.inventory import constant, renamed, text_or_none
from sandbox.jamf.moments import instant

DISK = {
    "device": "disk",
    "model": "model",
    "revision": "revision",
    "serialNumber": "serial_number",
    "sizeMegabytes": "drive_capacity_mb",
    "smartStatus": "smart_status",
}
PARTITION = {
    "name": "name",
    "sizeMegabytes": "partition_capacity_mb",
    "availableMegabytes": "available_mb",
    "percentUsed": "percentage_full",
    "fileVault2ProgressPercent": "filevault2_percent",
}
PRINTER = {"name": "name", "type": "type", "uri": "uri", "location": "location"}
ACCOUNT = {
    "uid": "uid",
    "username": "name",
    "fullName": "realname",
    "admin": "administrator",
    "homeDirectory": "home",
    "homeDirectorySizeMb": "home_size_mb",
    "fileVault2Enabled": "filevault_enabled",
}


def _storage(record: Record, version: int) -> dict[str, Any]:
    disks = record["hardware"]["storage"]
    partitions = [part for disk in disks for part in _partitions(disk)]
    free = next((part["available_mb"] for part in partitions if part["type"] == "boot"), None)
    return {
        "bootDriveAvailableSpaceMegabytes": free,
        "disks": [
            {
                "id": str(number),
                **renamed(disk, DISK),
                "type": "false",
                "partitions": [_partition(part) for part in _partitions(disk)],
            }
            for number, disk in enumerate(disks, 1)
        ],
    }


def _partitions(disk: dict[str, Any]) -> list[dict[str, Any]]:
    """Return those of a disk; an old record has a single one."""
    return disk["partitions"] if "partitions" in disk else [disk["partition"]]


def _partition(partition: dict[str, Any]) -> dict[str, Any]:
    return {
        **renamed(partition, PARTITION),
        "partitionType": constant(partition["type"]),
        "fileVault2State": constant(partition["filevault2_status"]),
        "lvmManaged": False,
    }


def _printers(record: Record, version: int) -> list[dict[str, Any]]:
    return [renamed(each, PRINTER) for each in record["hardware"]["mapped_printers"]]


def _services(record: Record, version: int) -> list[dict[str, Any]]:
    return [{"name": name} for name in record["software"]["running_services"]]


def _licensed_software(record: Record, version: int) -> list[dict[str, Any]]:
    names = record["software"]["licensed_software"]
    return [{"id": str(number), "name": name} for number, name in enumerate(names, 1)]


def _package_receipts(record: Record, version: int) -> dict[str, Any]:
    software = record["software"]
    return {
        "installedByJamfPro": software["installed_by_casper"],
        "installedByInstallerSwu": software["installed_by_installer_swu"],
        "cached": software["cached_by_casper"],
    }


def _local_user_accounts(record: Record, version: int) -> list[dict[str, Any]]:
    return [
        {**renamed(each, ACCOUNT), "userAccountType": "LOCAL"}
        for each in record["groups_accounts"]["local_accounts"]
    ]


def _certificates(record: Record, version: int) -> list[dict[str, Any]]:
    return [
        {
            "commonName": each["common_name"],
            "identity": each["identity"],
            "expirationDate": instant(each["expires_epoch"] or 0),
            "username": text_or_none(each["name"]),
            "lifecycleStatus": "ACTIVE",
            "certificateStatus": "ISSUED",
        }
        for each in record["certificates"]
    ]


def _configuration_profiles(record: Record, version: int) -> list[dict[str, Any]]:
    return [
        {
            "id": str(each["id"]),
            "username": None,
            "lastInstalled": None,
            "removable": each["is_removable"],
            "displayName": text_or_none(each["name"]),
            "profileIdentifier": None,
        }
        for each in record["configuration_profiles"]
    ]


READERS: dict[str, Callable[[Record, int], Any]] = {
    "STORAGE": _storage,
    "PRINTERS": _printers,
    "SERVICES": _services,
    "LICENSED_SOFTWARE": _licensed_software,
    "PACKAGE_RECEIPTS": _package_receipts,
    "LOCAL_USER_ACCOUNTS": _local_user_accounts,
    "CERTIFICATES": _certificates,
    "CONFIGURATION_PROFILES": _configuration_profiles,
}
"""The sections that are built here, each from a Classic record and the version asked for."""
