"""One result of /api/v1 to v4/computers-inventory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sandbox.jamf import computers_inventory_lists as lists
from sandbox.jamf.fleet import Record
from sandbox.jamf.groups import COMPUTER_GROUPS
from sandbox.jamf.inventory import (
    ATTRIBUTE_TYPES,
    constant,
    id_of,
    renamed,
    section_key,
    text_or_none,
)
from sandbox.jamf.location import BUILDINGS
from sandbox.jamf.moments import instant
from sandbox.people import DEPARTMENTS

SECTIONS = (
    "GENERAL", "DISK_ENCRYPTION", "PURCHASING", "APPLICATIONS", "STORAGE", "USER_AND_LOCATION",
    "CONFIGURATION_PROFILES", "PRINTERS", "SERVICES", "HARDWARE", "LOCAL_USER_ACCOUNTS",
    "CERTIFICATES", "ATTACHMENTS", "PACKAGE_RECEIPTS", "SECURITY", "OPERATING_SYSTEM",
    "LICENSED_SOFTWARE", "IBEACONS", "SOFTWARE_UPDATES", "EXTENSION_ATTRIBUTES",
    "CONTENT_CACHING", "GROUP_MEMBERSHIPS",
)  # fmt: skip
V1_SECTIONS = (*SECTIONS, "PLUGINS", "FONTS")

GENERAL = {
    "name": "name",
    "lastIpAddress": "ip_address",
    "jamfBinaryVersion": "jamf_version",
    "platform": "platform",
    "barcode1": "barcode_1",
    "barcode2": "barcode_2",
    "assetTag": "asset_tag",
    "supervised": "supervised",
    "initialEntryDate": "initial_entry_date",
    "distributionPoint": "distribution_point",
    "itunesStoreAccountActive": "itunes_store_account_is_active",
    "lastReportedIpV4": "last_reported_ip",
}
HARDWARE = {
    "make": "make",
    "model": "model",
    "modelIdentifier": "model_identifier",
    "processorSpeedMhz": "processor_speed_mhz",
    "processorCount": "number_processors",
    "coreCount": "number_cores",
    "processorType": "processor_type",
    "processorArchitecture": "processor_architecture",
    "busSpeedMhz": "bus_speed_mhz",
    "cacheSizeKilobytes": "cache_size_kb",
    "totalRamMegabytes": "total_ram_mb",
    "openRamSlots": "available_ram_slots",
    "batteryCapacityPercent": "battery_capacity",
    "smcVersion": "smc_version",
    "nicSpeed": "nic_speed",
    "opticalDrive": "optical_drive",
    "bootRom": "boot_rom",
    "bleCapable": "ble_capable",
    "supportsIosAppInstalls": "supports_ios_app_installs",
    "appleSilicon": "is_apple_silicon",
}
HARDWARE_FROM_GENERAL = {
    "serialNumber": "serial_number",
    "networkAdapterType": "network_adapter_type",
    "macAddress": "mac_address",
    "altNetworkAdapterType": "alt_network_adapter_type",
    "altMacAddress": "alt_mac_address",
}
OPERATING_SYSTEM = {
    "name": "os_name",
    "version": "os_version",
    "build": "os_build",
    "activeDirectoryStatus": "active_directory_status",
    "softwareUpdateDeviceId": "software_update_device_id",
}
USER_AND_LOCATION = {
    "username": "username",
    "realname": "realname",
    "email": "email_address",
    "position": "position",
    "phone": "phone",
    "room": "room",
}
SECURE_BOOT = {"full": "FULL_SECURITY"}
EXTERNAL_BOOT = {"allowed": "ALLOW_BOOTING_FROM_EXTERNAL_MEDIA"}
PURCHASING = {
    "leased": "is_leased",
    "purchased": "is_purchased",
    "poNumber": "po_number",
    "poDate": "po_date",
    "vendor": "vendor",
    "warrantyDate": "warranty_expires",
    "appleCareId": "applecare_id",
    "leaseDate": "lease_expires",
    "purchasePrice": "purchase_price",
    "lifeExpectancy": "life_expectancy",
    "purchasingAccount": "purchasing_account",
    "purchasingContact": "purchasing_contact",
}


def computer_result(record: Record, sections: Collection[str], version: int) -> dict[str, Any]:
    """Return what version 1 to 4 of the listing says of a computer.

    Every section has its key; those not among `sections`, all of `READERS`, are None.
    """
    result: dict[str, Any] = {
        "id": str(record["general"]["id"]),
        "udid": record["general"]["udid"],
    }
    for section in V1_SECTIONS if version == 1 else SECTIONS:
        read = READERS[section] if section in sections else None
        result[section_key(section)] = read(record, version) if read else None
    return result


def _general(record: Record, version: int) -> dict[str, Any]:
    general = record["general"]
    management = general["remote_management"]
    status = general.get("management_status", {})
    enrollment = {"id": "9", "objectName": None, "objectType": "User-initiated - no invitation"}
    return {
        **renamed(general, GENERAL),
        **_contact(general, version),
        "remoteManagement": {
            "managed": management["managed"],
            "managementUsername": management["management_username"],
        },
        "mdmCapable": {
            "capable": general["mdm_capable"],
            "capableUsers": list(general["mdm_capable_users"].values()),
        },
        "reportDate": instant(general["report_date_epoch"]),
        "lastCloudBackupDate": instant(general["last_cloud_backup_date_epoch"]),
        "lastEnrolledDate": instant(general["last_enrolled_date_epoch"]),
        "mdmProfileExpiration": instant(general.get("mdm_profile_expiration_epoch", 0)),
        "site": {"id": str(general["site"]["id"]), "name": general["site"]["name"]},
        "enrolledViaAutomatedDeviceEnrollment": status.get("enrolled_via_dep", False),
        "userApprovedMdm": status.get("user_approved_mdm", False),
        "enrollmentMethod": enrollment,
        "declarativeDeviceManagementEnabled": False,
        "managementId": f"00000000-0000-4000-8000-{general['id']:012x}",
        "extensionAttributes": [_attribute(each) for each in record["extension_attributes"][:1]],
    }


def _contact(general: dict[str, Any], version: int) -> dict[str, str | None]:
    seen = instant(general["last_contact_time_epoch"])
    if version < 4:
        return {"lastContactTime": seen, "lastReportedIp": general["last_reported_ip"]}
    return {"lastCheckIn": seen, "lastContact": seen, "lastReportedIpV6": None}


def _hardware(record: Record, version: int) -> dict[str, Any]:
    return {
        **renamed(record["hardware"], HARDWARE),
        **renamed(record["general"], HARDWARE_FROM_GENERAL),
        "extensionAttributes": [],
    }


def _operating_system(record: Record, version: int) -> dict[str, Any]:
    return {
        **renamed(record["hardware"], OPERATING_SYSTEM),
        "supplementalBuildVersion": None,
        "rapidSecurityResponse": None,
        "fileVault2Status": "BOOT_ENCRYPTED",
        "extensionAttributes": [],
    }


def _user_and_location(record: Record, version: int) -> dict[str, Any]:
    location = record["location"]
    return {
        **renamed(location, USER_AND_LOCATION),
        "departmentId": id_of(location["department"], DEPARTMENTS),
        "buildingId": id_of(location["building"], BUILDINGS),
        "extensionAttributes": [],
    }


def _purchasing(record: Record, version: int) -> dict[str, Any]:
    return {**renamed(record["purchasing"], PURCHASING), "extensionAttributes": []}


def _security(record: Record, version: int) -> dict[str, Any]:
    """An old record without a `security` section has nothing collected there."""
    hardware, security = record["hardware"], record.get("security", {})
    return {
        "sipStatus": constant(hardware["sip_status"]),
        "gatekeeperStatus": constant(hardware["gatekeeper_status"]),
        "xprotectVersion": hardware["xprotect_version"],
        "autoLoginDisabled": True,
        "remoteDesktopEnabled": False,
        "activationLockEnabled": security.get("activation_lock"),
        "recoveryLockEnabled": security.get("recovery_lock_enabled"),
        "firewallEnabled": security.get("firewall_enabled"),
        "secureBootLevel": SECURE_BOOT.get(security.get("secure_boot_level")),
        "externalBootLevel": EXTERNAL_BOOT.get(security.get("external_boot_level")),
        "bootstrapTokenAllowed": True,
    }


def _disk_encryption(record: Record, version: int) -> dict[str, Any]:
    hardware = record["hardware"]
    boot = {
        "partitionName": "Macintosh HD (Boot Partition)",
        "partitionFileVault2State": "ENCRYPTED",
        "partitionFileVault2Percent": 100,
    }
    return {
        "bootPartitionEncryptionDetails": boot,
        "individualRecoveryKeyValidityStatus": "UNKNOWN",
        "institutionalRecoveryKeyPresent": hardware["institutional_recovery_key"] == "Present",
        "diskEncryptionConfigurationName": text_or_none(hardware["disk_encryption_configuration"]),
        "fileVault2EnabledUserNames": hardware["filevault2_users"],
        "fileVault2EligibilityMessage": "Eligible",
    }


def _applications(record: Record, version: int) -> list[dict[str, Any]]:
    return [_application(each, version) for each in record["software"]["applications"]]


def _application(application: dict[str, str], version: int) -> dict[str, Any]:
    number = text_or_none(application["version"])
    bundle = {"cfBundleShortVersionString": number, "cfBundleVersion": number}
    return {
        "name": application["name"],
        "path": application["path"],
        "version": number,
        **(bundle if version >= 3 else {}),
        "macAppStore": False,
        "sizeMegabytes": 12,
        "bundleId": application["bundle_id"],
        "updateAvailable": False,
        "externalVersionId": "0",
    }


def _group_memberships(record: Record, version: int) -> list[dict[str, Any]]:
    return [
        {"groupId": str(group.id), "groupName": group.name, "smartGroup": group.is_smart}
        for group in COMPUTER_GROUPS
        if group.holds(record["general"]["id"])
    ]


def _extension_attributes(record: Record, version: int) -> list[dict[str, Any]]:
    """All but the first, which the server is set to display in the general section."""
    return [_attribute(each) for each in record["extension_attributes"][1:]]


def _attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    return {
        "definitionId": str(attribute["id"]),
        "name": attribute["name"],
        "description": None,
        "enabled": True,
        "multiValue": attribute["multi_value"],
        "values": [attribute["value"]] if attribute["value"] else [],
        "dataType": ATTRIBUTE_TYPES[attribute["type"]],
        "options": [],
        "inputType": "TEXT",
    }


READERS: dict[str, Callable[[Record, int], Any]] = {
    "GENERAL": _general,
    "HARDWARE": _hardware,
    "OPERATING_SYSTEM": _operating_system,
    "USER_AND_LOCATION": _user_and_location,
    "PURCHASING": _purchasing,
    "APPLICATIONS": _applications,
    "GROUP_MEMBERSHIPS": _group_memberships,
    "EXTENSION_ATTRIBUTES": _extension_attributes,
    "SECURITY": _security,
    "DISK_ENCRYPTION": _disk_encryption,
    **lists.READERS,
}
"""The sections that are built here, each from a Classic record and the version asked for."""
