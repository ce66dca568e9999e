"""One result of /api/v2/mobile-devices/detail."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sandbox.jamf.fleet import Record
from sandbox.jamf.groups import MOBILE_DEVICE_GROUPS
from sandbox.jamf.inventory import ATTRIBUTE_TYPES, id_of, renamed, section_key
from sandbox.jamf.location import BUILDINGS
from sandbox.jamf.moments import instant
from sandbox.people import DEPARTMENTS

SECTIONS = (
    "GENERAL", "HARDWARE", "USER_AND_LOCATION", "PURCHASING", "SECURITY", "APPLICATIONS", "EBOOKS",
    "NETWORK", "SERVICE_SUBSCRIPTIONS", "CERTIFICATES", "PROFILES", "USER_PROFILES",
    "PROVISIONING_PROFILES", "SHARED_USERS", "GROUPS", "EXTENSION_ATTRIBUTES",
)  # fmt: skip

GENERAL = {
    "udid": "udid",
    "displayName": "display_name",
    "assetTag": "asset_tag",
    "osVersion": "os_version",
    "osBuild": "os_build",
    "ipAddress": "ip_address",
    "managed": "managed",
    "supervised": "supervised",
    "deviceOwnershipType": "device_ownership_level",
    "exchangeDeviceId": "exchange_activesync_device_identifier",
    "cloudBackupEnabled": "cloud_backup_enabled",
    "itunesStoreAccountActive": "itunes_store_account_is_active",
}
DATES = {
    "lastInventoryUpdateDate": "last_inventory_update_epoch",
    "lastEnrolledDate": "last_enrollment_epoch",
    "mdmProfileExpirationDate": "mdm_profile_expiration_epoch",
    "lastCloudBackupDate": "last_cloud_backup_date_epoch",
    "lastBackupDate": "last_backup_time_epoch",
}
HARDWARE = {
    "capacityMb": "capacity_mb",
    "availableSpaceMb": "available_mb",
    "usedSpacePercentage": "percentage_used",
    "batteryLevel": "battery_level",
    "serialNumber": "serial_number",
    "wifiMacAddress": "wifi_mac_address",
    "bluetoothMacAddress": "bluetooth_mac_address",
    "modemFirmwareVersion": "modem_firmware",
    "model": "model",
    "modelIdentifier": "model_identifier",
    "modelNumber": "model_number",
    "bluetoothLowEnergyCapable": "ble_capable",
}
USER_AND_LOCATION = {
    "username": "username",
    "realName": "realname",
    "emailAddress": "email_address",
    "position": "position",
    "phoneNumber": "phone",
    "department": "department",
    "building": "building",
    "room": "room",
}
PURCHASING = {
    "purchased": "is_purchased",
    "leased": "is_leased",
    "poNumber": "po_number",
    "vendor": "vendor",
    "appleCareId": "applecare_id",
    "purchasePrice": "purchase_price",
    "purchasingAccount": "purchasing_account",
    "lifeExpectancy": "life_expectancy",
    "purchasingContact": "purchasing_contact",
}
PURCHASING_DATES = {
    "poDate": "po_date_epoch",
    "warrantyExpiresDate": "warranty_expires_epoch",
    "leaseExpiresDate": "lease_expires_epoch",
}
SECURITY = {
    "dataProtected": "data_protection",
    "blockLevelEncryptionCapable": "block_level_encryption_capable",
    "fileLevelEncryptionCapable": "file_level_encryption_capable",
    "passcodePresent": "passcode_present",
    "passcodeCompliant": "passcode_compliant",
    "passcodeCompliantWithProfile": "passcode_compliant_with_profile",
    "hardwareEncryption": "hardware_encryption",
    "activationLockEnabled": "activation_lock_enabled",
}
NETWORK = {
    "cellularTechnology": "cellular_technology",
    "imei": "imei",
    "iccid": "iccid",
    "meid": "meid",
    "carrierSettingsVersion": "carrier_settings_version",
    "currentCarrierNetwork": "current_carrier_network",
    "homeCarrierNetwork": "home_carrier_network",
    "currentMobileCountryCode": "current_mobile_country_code",
    "currentMobileNetworkCode": "current_mobile_network_code",
    "homeMobileCountryCode": "home_mobile_country_code",
    "homeMobileNetworkCode": "home_mobile_network_code",
    "dataRoamingEnabled": "data_roaming_enabled",
    "roaming": "roaming",
    "phoneNumber": "phone_number",
}
APPLICATION = {
    "identifier": "identifier",
    "name": "application_name",
    "version": "application_version",
    "shortVersion": "application_short_version",
    "managementStatus": "application_status",
}

PROFILE = {
    "displayName": "display_name",
    "version": "version",
    "identifier": "identifier",
    "uuid": "uuid",
}


def mobile_device_result(record: Record, sections: Collection[str]) -> dict[str, Any]:
    """Return what the listing says of a mobile device.

    Every section has its key; those not among `sections`, all of `READERS`, are None.
    """
    result: dict[str, Any] = {
        "mobileDeviceId": str(record["general"]["id"]),
        "deviceType": record["general"]["os_type"],
    }
    for section in SECTIONS:
        read = READERS[section] if section in sections else None
        result[section_key(section)] = read(record) if read else None
    return result


def _general(record: Record) -> dict[str, Any]:
    general = record["general"]
    return {
        **renamed(general, GENERAL),
        **{name: instant(general[classic]) for name, classic in DATES.items()},
        "siteId": str(general["site"]["id"]),
        "extensionAttributes": [
            _attribute(each, "GENERAL") for each in record["extension_attributes"][:1]
        ],
    }


def _hardware(record: Record) -> dict[str, Any]:
    return {**renamed(record["general"], HARDWARE), "extensionAttributes": []}


def _user_and_location(record: Record) -> dict[str, Any]:
    location = record["location"]
    return {
        **renamed(location, USER_AND_LOCATION),
        "departmentId": id_of(location["department"], DEPARTMENTS),
        "buildingId": id_of(location["building"], BUILDINGS),
        "extensionAttributes": [],
    }


def _purchasing(record: Record) -> dict[str, Any]:
    purchasing = record["purchasing"]
    return {
        **renamed(purchasing, PURCHASING),
        **{name: instant(purchasing[classic]) for name, classic in PURCHASING_DATES.items()},
        "extensionAttributes": [],
    }


def _security(record: Record) -> dict[str, Any]:
    security = record["security"]
    return {
        **renamed(security, SECURITY),
        "jailBreakDetected": security["jailbreak_detected"] == "Yes",
    }


def _network(record: Record) -> dict[str, Any]:
    network = record["network"]
    return {
        **renamed(network, NETWORK),
        "voiceRoamingEnabled": network["voice_roaming_enabled"] == "Yes",
        "eid": None,
    }


def _applications(record: Record) -> list[dict[str, Any]]:
    return [renamed(application, APPLICATION) for application in record["applications"]]


def _certificates(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "commonName": each["common_name"],
            "identity": each["identity"],
            "expirationDate": instant(int(each["expires_epoch"] or 0)),
        }
        for each in record["certificates"]
    ]


def _profiles(record: Record) -> list[dict[str, Any]]:
    return [
        {**renamed(each, PROFILE), "removable": False, "lastInstalled": None}
        for each in record["configuration_profiles"]
    ]


def _groups(record: Record) -> list[dict[str, Any]]:
    return [
        {"groupId": str(group.id), "groupName": group.name, "smart": group.is_smart}
        for group in MOBILE_DEVICE_GROUPS
        if group.holds(record["general"]["id"])
    ]


def _extension_attributes(record: Record) -> list[dict[str, Any]]:
    """All but the first, which the server is set to display in the general section."""
    return [_attribute(each, "EXTENSION_ATTRIBUTES") for each in record["extension_attributes"][1:]]


def _attribute(attribute: dict[str, Any], display: str) -> dict[str, Any]:
    return {
        "id": str(attribute["id"]),
        "name": attribute["name"],
        "type": ATTRIBUTE_TYPES[attribute["type"]],
        "value": [attribute["value"]] if attribute["value"] else [],
        "extensionAttributeCollectionAllowed": False,
        "inventoryDisplay": display,
    }


READERS: dict[str, Callable[[Record], Any]] = {
    "GENERAL": _general,
    "HARDWARE": _hardware,
    "USER_AND_LOCATION": _user_and_location,
    "PURCHASING": _purchasing,
    "SECURITY": _security,
    "NETWORK": _network,
    "APPLICATIONS": _applications,
    "CERTIFICATES": _certificates,
    "PROFILES": _profiles,
    "GROUPS": _groups,
    "EXTENSION_ATTRIBUTES": _extension_attributes,
}
"""The sections that are built here, each from a Classic record."""
