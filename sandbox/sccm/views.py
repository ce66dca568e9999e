"""The views of a site database and their columns, as Microsoft's SQL view reference names them.

What comes from inventory ends in 0, keys and system columns do not. The reference gives the names;
strings are nvarchar(255) where nothing else is said, and dates have no zone.
"""

from __future__ import annotations

# What each inventory view (v_GS_...) begins with; GroupID tells the instances of a class apart.
INVENTORY = "ResourceID=int GroupID=int RevisionID=int AgentID=int TimeStamp=datetime"

# name, or name=type; a string where there is no type.
_COLUMNS = {
    "v_R_System": (
        "ResourceID=int ResourceType=int Name0 Netbios_Name0 Resource_Domain_OR_Workgr0"
        " Full_Domain_Name0 Distinguished_Name0 Operating_System_Name_and0 User_Name0 User_Domain0"
        " AD_Site_Name0 Client0=int Client_Type0=int Client_Version0 Active0=int Obsolete0=int"
        " Decommissioned0=int Creation_Date0=datetime Last_Logon_Timestamp0=datetime"
        " SMS_Unique_Identifier0 SMBIOS_GUID0 Is_Virtual_Machine0=int Build01 SerialNumber"
    ),
    "v_GS_COMPUTER_SYSTEM": (
        f"{INVENTORY} Name0 Domain0 DomainRole0=int Manufacturer0 Model0 SystemType0 UserName0"
        " NumberOfProcessors0=int Roles0"
    ),
    "v_GS_OPERATING_SYSTEM": (
        f"{INVENTORY} Caption0 Version0 BuildNumber0 CSDVersion0 InstallDate0=datetime"
        " LastBootUpTime0=datetime TotalVisibleMemorySize0=bigint"
    ),
    "v_GS_PROCESSOR": (
        f"{INVENTORY} DeviceID0 Name0 Manufacturer0 MaxClockSpeed0=int NumberOfCores0=int"
        " NumberOfLogicalProcessors0=int CPUHash0"
    ),
    "v_GS_X86_PC_MEMORY": (
        f"{INVENTORY} TotalPhysicalMemory0=bigint TotalVirtualMemory0=bigint"
        " TotalPageFileSpace0=bigint"
    ),
    "v_GS_DISK": (
        f"{INVENTORY} Index0=int DeviceID0 Caption0 Model0 MediaType0 InterfaceType0"
        " Partitions0=int Size0=bigint"
    ),
    "v_GS_NETWORK_ADAPTER_CONFIGURATION": (
        f"{INVENTORY} Index0=int IPEnabled0=int DHCPEnabled0=int DHCPServer0 DNSHostName0"
        " DNSDomain0 IPAddress0 IPSubnet0 DefaultIPGateway0 MACAddress0 ServiceName0"
    ),
    "v_GS_SYSTEM_ENCLOSURE": (
        f"{INVENTORY} ChassisTypes0 SerialNumber0 SMBIOSAssetTag0 Manufacturer0 Tag0"
    ),
    "v_GS_PC_BIOS": (
        f"{INVENTORY} SerialNumber0 SMBIOSBIOSVersion0 Manufacturer0 Name0 ReleaseDate0=datetime"
    ),
    "v_GS_ENCRYPTABLE_VOLUME": f"{INVENTORY} DriveLetter0 ProtectionStatus0=int",
    "v_GS_AntimalwareHealthStatus": f"{INVENTORY} AntivirusEnabled=int",
    "v_GS_ADD_REMOVE_PROGRAMS": (
        f"{INVENTORY} ProdID0 DisplayName0 Version0 Publisher0 InstallDate0"
    ),
    "v_GS_ADD_REMOVE_PROGRAMS_64": (
        f"{INVENTORY} ProdID0 DisplayName0 Version0 Publisher0 InstallDate0"
    ),
    "v_UserMachineRelationship": (
        "RelationshipResourceID=int MachineResourceID=int MachineResourceName UniqueUserName"
        " CreationTime=datetime RelationActive=int"
    ),
}
# Names were once cut at 30 characters; sites have the view under both.
SHORT_NAMES = {"v_GS_NETWORK_ADAPTER_CONFIGUR": "v_GS_NETWORK_ADAPTER_CONFIGURATION"}


def _typed(columns: str) -> dict[str, str]:
    pairs = (column.partition("=") for column in columns.split())
    return {name: kind or "varchar(255)" for name, _, kind in pairs}


# view -> column -> type: int, bigint, datetime or varchar(255).
VIEWS = {view: _typed(columns) for view, columns in _COLUMNS.items()}
