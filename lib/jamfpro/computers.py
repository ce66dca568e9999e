"""Computers: the fields of the Classic API, and their paths in `computers-inventory`.

The fields are those of the schema `ComputerInventory`, versions 1 to 4 (`/api/schema` of a server).
"""

from __future__ import annotations

from functools import partial

from lib.jamfpro.transforms import (
    Each,
    attributes,
    below,
    dated,
    day,
    gathered,
    last_user,
    listed,
    lowered,
    mapped,
    megabytes,
    milliseconds_or_none,
    names_of,
    renamed,
    site,
    whole,
    with_offset,
    worded,
)

# fmt: off
PARTITION = (
    *renamed(name="name", size="sizeMegabytes", partition_capacity_mb="sizeMegabytes",
             available_mb="availableMegabytes", percentage_full="percentUsed",
             filevault_percent="fileVault2ProgressPercent",
             filevault2_percent="fileVault2ProgressPercent"),
    mapped("type", "partitionType", transform=lowered),
    mapped("filevault_status", "fileVault2State", transform=worded),
    mapped("filevault2_status", "fileVault2State", transform=worded),
)
DISK = (
    *renamed(disk="device", model="model", revision="revision", serial_number="serialNumber",
             size="sizeMegabytes", drive_capacity_mb="sizeMegabytes", smart_status="smartStatus"),
    mapped("partitions", "partitions", transform=Each(*PARTITION)),
)
ACCOUNT = (
    *renamed(name="username", realname="fullName", uid="uid", home="homeDirectory",
             home_size_mb="homeDirectorySizeMb", administrator="admin",
             filevault_enabled="fileVault2Enabled"),
    mapped("home_size", "homeDirectorySizeMb", transform=megabytes),
)
CERTIFICATE = (
    *renamed(common_name="commonName", identity="identity", name="username"),
    mapped("expires_utc", "expirationDate", transform=with_offset),
    mapped("expires_epoch", "expirationDate", transform=milliseconds_or_none),
)
PROFILE = (
    mapped("id", "id", transform=whole),
    *renamed(name="displayName", is_removable="removable"),
)

GENERAL = (
    mapped("general.id", "id", transform=whole),
    mapped("general.udid", "udid"),
    *below("general", "general",
           name="name", platform="platform", supervised="supervised", asset_tag="assetTag",
           barcode_1="barcode1", barcode_2="barcode2", ip_address="lastIpAddress",
           jamf_version="jamfBinaryVersion", distribution_point="distributionPoint",
           itunes_store_account_is_active="itunesStoreAccountActive"),
    *below("general", "hardware",
           serial_number="serialNumber", mac_address="macAddress", alt_mac_address="altMacAddress",
           network_adapter_type="networkAdapterType",
           alt_network_adapter_type="altNetworkAdapterType"),
    *below("general.remote_management", "general.remoteManagement",
           managed="managed", management_username="managementUsername"),
    *below("general.management_status", "general",
           enrolled_via_dep="enrolledViaAutomatedDeviceEnrollment",
           user_approved_mdm="userApprovedMdm"),
    mapped("general.last_reported_ip", "general.lastReportedIpV4", "general.lastReportedIp"),
    mapped("general.mdm_capable", "general.mdmCapable.capable"),
    mapped("general.mdm_capable_users", "general.mdmCapable.capableUsers", transform=last_user),
    mapped("general.site", "general.site", transform=site),
    *dated("general.report_date", "general.reportDate"),
    *dated("general.last_contact_time", "general.lastCheckIn", "general.lastContactTime"),
    *day("general.initial_entry_date", "general.initialEntryDate"),
    *dated("general.last_cloud_backup_date", "general.lastCloudBackupDate", plain=False),
    *dated("general.last_enrolled_date", "general.lastEnrolledDate", plain=False),
    *dated("general.mdm_profile_expiration", "general.mdmProfileExpiration", plain=False),
)
LOCATION_AND_PURCHASING = (
    # The listing has the ids of department and building; who reads it puts their names in.
    *below("location", "userAndLocation",
           username="username", realname="realname", real_name="realname", email_address="email",
           position="position", phone="phone", phone_number="phone", room="room",
           department="department", building="building"),
    *below("purchasing", "purchasing",
           is_purchased="purchased", is_leased="leased", po_number="poNumber", vendor="vendor",
           applecare_id="appleCareId", purchase_price="purchasePrice",
           purchasing_account="purchasingAccount", purchasing_contact="purchasingContact",
           life_expectancy="lifeExpectancy"),
    *day("purchasing.po_date", "purchasing.poDate"),
    *day("purchasing.warranty_expires", "purchasing.warrantyDate"),
    *day("purchasing.lease_expires", "purchasing.leaseDate"),
)
HARDWARE_AND_SECURITY = (
    *below("hardware", "hardware",
           make="make", model="model", model_identifier="modelIdentifier",
           processor_type="processorType", processor_architecture="processorArchitecture",
           is_apple_silicon="appleSilicon", processor_speed="processorSpeedMhz",
           processor_speed_mhz="processorSpeedMhz", number_processors="processorCount",
           number_cores="coreCount", total_ram="totalRamMegabytes",
           total_ram_mb="totalRamMegabytes", bus_speed="busSpeedMhz", bus_speed_mhz="busSpeedMhz",
           cache_size="cacheSizeKilobytes", cache_size_kb="cacheSizeKilobytes",
           available_ram_slots="openRamSlots", battery_capacity="batteryCapacityPercent",
           boot_rom="bootRom", nic_speed="nicSpeed", optical_drive="opticalDrive",
           smc_version="smcVersion", ble_capable="bleCapable",
           supports_ios_app_installs="supportsIosAppInstalls"),
    *below("hardware", "operatingSystem",
           os_name="name", os_version="version", os_build="build",
           active_directory_status="activeDirectoryStatus",
           software_update_device_id="softwareUpdateDeviceId"),
    mapped("hardware.sip_status", "security.sipStatus", transform=worded),
    mapped("hardware.gatekeeper_status", "security.gatekeeperStatus", transform=worded),
    mapped("hardware.xprotect_version", "security.xprotectVersion"),
    mapped("hardware.filevault2_users", "diskEncryption.fileVault2EnabledUserNames",
           transform=listed),
    mapped("hardware.disk_encryption_configuration",
           "diskEncryption.diskEncryptionConfigurationName"),
    mapped("hardware.storage", "storage.disks", transform=Each(*DISK)),
    mapped("hardware.mapped_printers", "printers",
           transform=Each(*renamed(name="name", uri="uri", type="type", location="location"))),
    *below("security", "security",
           activation_lock="activationLockEnabled", recovery_lock_enabled="recoveryLockEnabled",
           firewall_enabled="firewallEnabled"),
    mapped("security.secure_boot_level", "security.secureBootLevel", transform=worded),
    mapped("security.external_boot_level", "security.externalBootLevel", transform=worded),
)
SOFTWARE_AND_ACCOUNTS = (
    mapped("software.applications", "applications",
           transform=Each(*renamed(name="name", path="path", version="version",
                                   bundle_id="bundleId"))),
    mapped("software.licensed_software", "licensedSoftware", transform=names_of),
    mapped("software.running_services", "services", transform=names_of),
    mapped("software.installed_by_casper", "packageReceipts.installedByJamfPro", transform=listed),
    mapped("software.installed_by_installer_swu", "packageReceipts.installedByInstallerSwu",
           transform=listed),
    mapped("software.cached_by_casper", "packageReceipts.cached", transform=listed),
    mapped("groups_accounts.computer_group_memberships", "groupMemberships",
           transform=partial(names_of, key="groupName")),
    mapped("groups_accounts.local_accounts", "localUserAccounts", transform=Each(*ACCOUNT)),
    mapped("certificates", "certificates", transform=Each(*CERTIFICATE)),
    mapped("configuration_profiles", "configurationProfiles", transform=Each(*PROFILE)),
    gathered("extension_attributes",
             "general.extensionAttributes", "hardware.extensionAttributes",
             "operatingSystem.extensionAttributes", "userAndLocation.extensionAttributes",
             "purchasing.extensionAttributes", "extensionAttributes",
             transform=partial(attributes, number="definitionId", kind="dataType",
                               values="values")),
)
# fmt: on
FIELDS = (*GENERAL, *LOCATION_AND_PURCHASING, *HARDWARE_AND_SECURITY, *SOFTWARE_AND_ACCOUNTS)

# What the Classic API has, and the inventory has not, or not in that form.
ABSENT = (
    "general.management_status.user_approved_enrollment",
    "general.netboot_server",
    "general.remote_management.management_password_sha256",
    "general.sus",
    "purchasing.attachments",
    "purchasing.os_applecare_id",
    "purchasing.os_maintenance_expires",
    "peripherals",
    "hardware.institutional_recovery_key",
    "hardware.master_password_set",
    "hardware.service_pack",
    "hardware.storage[*].connection_type",
    "hardware.storage[*].partition",
    "hardware.storage[*].partitions[*].boot_drive_available_mb",
    "hardware.storage[*].partitions[*].lvUUID",
    "hardware.storage[*].partitions[*].lvgUUID",
    "hardware.storage[*].partitions[*].pvUUID",
    "software.available_software_updates",
    "software.available_updates",
    "software.fonts",
    "software.plugins",
    "software.unix_executables",
    "groups_accounts.user_inventories",
    "iphones",
    "configuration_profiles[*].uuid",
)
