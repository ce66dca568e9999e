"""The computers that a site knows, and what its views hold about each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.people import Person, people

FIRST_RESOURCE = 16_777_216
SCANNED = datetime(2024, 5, 6, 7, 8, 9)  # sites keep dates without a zone
MODELS = (
    ("Dell Inc.", "Latitude 5440"),
    ("LENOVO", "21HMCTO1WW"),
    ("HP", "HP EliteBook 840 G9"),
    ("Microsoft Corporation", "Surface Laptop 5"),
)
SYSTEMS = (
    "Microsoft Windows 11 Enterprise",
    "Microsoft® Windows Server® 2008 Standard, SP2 ",  # with a blank at its end
    "Microsoft Windows 11 专业版",
)
CPU = "Intel(R) Core(TM) i7-1365U"
PROGRAMS = (
    ("7-Zip 23.01 (x64)", "23.01", "Igor Pavlov"),
    ("Microsoft Edge", "124.0.2478.80", "Microsoft Corporation"),
    ("微信", "3.9.10.19", "腾讯科技(深圳)有限公司"),
    ("Adobe Acrobat (64-bit)", "24.002.20687", "Adobe"),
    ("Søgeværktøj „Pro“", "1.0", None),
    ("Python 3.12.3 (64-bit)", "3.12.3150.0", "Python Software Foundation"),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Computer:
    """One resource.

    `kind` is active, obsolete, decommissioned, removed (once it had a client) or discovered (it
    never had one, so there is no inventory).
    """

    number: int
    owner: Person
    kind: str = "active"

    @property
    def resource_id(self) -> int:
        return FIRST_RESOURCE + self.number

    @property
    def name(self) -> str:
        return f"PC-{self.owner.login.upper()}"[:15]

    @property
    def serial_number(self) -> str:
        return f"5CG{self.owner.number:06d}{'X' if self.kind == 'obsolete' else ''}"

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Yield (view, row) for all that the site knows; columns without a value are left out."""
        yield "v_R_System", self._resource()
        if self.kind == "discovered":
            return
        for view, rows in self._inventory().items():
            for group, row in enumerate(rows, self._first_group(view)):
                key = {"ResourceID": self.resource_id, "GroupID": group, "RevisionID": 1}
                yield view, {**key, "AgentID": 3, "TimeStamp": SCANNED, **row}
        for at in range(2 if self.number % 10 == 1 else self.number % 3 != 0):
            yield "v_UserMachineRelationship", self._relation(at)

    def programs(self) -> list[Row]:
        """What is installed, as both software views have it together."""
        count = 0 if self.number % 12 == 5 else 2 + self.number % 4
        return [
            {"ProdID0": f"{{{name}}}", "DisplayName0": name, "Version0": version, "Publisher0": by}
            for name, version, by in (PROGRAMS * 2)[self.number % 6 :][:count]
        ]

    def _first_group(self, view: str) -> int:
        """The numbers of instances need not begin at 1."""
        return 3 if view == "v_GS_PROCESSOR" and self.number % 7 == 2 else 1

    def _resource(self) -> Row:
        known = self.kind != "discovered"
        return {
            "ResourceID": self.resource_id,
            "ResourceType": 5,
            "Name0": self.name,
            "Netbios_Name0": self.name,
            "Resource_Domain_OR_Workgr0": "CORP",
            "User_Name0": self.owner.login,
            "Client0": int(self.kind != "removed") if known else None,
            "Client_Type0": 1 if known else None,
            "Active0": int(self.kind == "active") if known else None,
            "Obsolete0": int(self.kind == "obsolete") if known else None,
            "Decommissioned0": int(self.kind == "decommissioned"),
            "Creation_Date0": SCANNED - timedelta(days=400),
            "Last_Logon_Timestamp0": SCANNED - timedelta(hours=self.number),
            "Is_Virtual_Machine0": 0,
        }

    def _inventory(self) -> dict[str, list[Row]]:
        number = self.number
        make, model = MODELS[number % 4]
        processor = {"DeviceID0": "CPU0", "Name0": f"{CPU}{' ' * (number % 2)}"}
        docked = [{"ChassisTypes0": "12", "SerialNumber0": f"DOCK{number}", "Tag0": "Dock"}]
        systems: list[Row] = [{"Caption0": SYSTEMS[number % 3], "Version0": "10.0.22631"}]
        if number % 20 == 4:  # what an upgrade left behind, from an older scan
            old = {"Caption0": "Microsoft Windows 7", "TimeStamp": SCANNED - timedelta(days=900)}
            systems.insert(0, old)
        programs = self.programs()
        twins = programs[:1] if number % 5 == 0 else []
        nameless = [{"ProdID0": f"KB{number}", "DisplayName0": None, "Version0": "1"}]
        user = None if number % 6 == 0 else f"CORP\\{self.owner.login}"
        system = {"Name0": self.name, "Domain0": "CORP", "Manufacturer0": make, "Model0": model}
        bios = {"SerialNumber0": self.serial_number, "Manufacturer0": make}
        return {
            "v_GS_COMPUTER_SYSTEM": [
                {**system, "SystemType0": "x64-based PC", "UserName0": user, "DomainRole0": 1}
            ],
            "v_GS_OPERATING_SYSTEM": systems,
            "v_GS_PROCESSOR": [processor, {**processor, "DeviceID0": "CPU1"}][: 1 + number % 2],
            "v_GS_X86_PC_MEMORY": [{"TotalPhysicalMemory0": (8 + number % 4 * 8) * 2**20}],
            "v_GS_DISK": self._disks(),
            "v_GS_NETWORK_ADAPTER_CONFIGURATION": self._adapters(),
            "v_GS_SYSTEM_ENCLOSURE": [
                *(docked if number % 4 == 3 else []),
                {"ChassisTypes0": "10", "SerialNumber0": self.serial_number},
            ],
            "v_GS_PC_BIOS": [bios],
            "v_GS_ENCRYPTABLE_VOLUME": [
                {"DriveLetter0": "D:", "ProtectionStatus0": 0},
                {"DriveLetter0": "C:", "ProtectionStatus0": number % 2},
            ],
            "v_GS_AntimalwareHealthStatus": [{"AntivirusEnabled": int(number % 9 != 0)}],
            "v_GS_ADD_REMOVE_PROGRAMS": [*programs[::2], *nameless],
            "v_GS_ADD_REMOVE_PROGRAMS_64": [*programs[1::2], *twins],
        }

    def _disks(self) -> list[Row]:
        """A card reader without size, a USB stick or an external disk may come before the disk."""
        reader = {"Model0": "Generic SD reader", "InterfaceType0": "USB", "Size0": None}
        fixed = {"Model0": "NVMe", "InterfaceType0": "SCSI", "MediaType0": "Fixed hard disk media"}
        stick = {**fixed, "Model0": "Stick", "InterfaceType0": "USB"}  # some call themselves fixed
        external = {**fixed, "MediaType0": "External hard disk media", "Size0": 1_953_000}
        disks: list[Row] = [{**fixed, "Size0": 488_384 * (1 + self.number % 2)}]
        if self.number % 5 == 1:
            disks = [reader, {**stick, "Size0": 29_500}, *disks, {**fixed, "Size0": 7}]
        if self.number % 6 == 2:
            disks = [external, {**fixed, "Size0": None}, *disks]
        return [{**disk, "Index0": index} for index, disk in enumerate(disks)]

    def _adapters(self) -> list[Row]:
        """One without addresses, some that are not in use, and last the real one."""
        number = self.number
        address = f"10.1.{number // 250}.{number % 250 + 1}"
        mac = f"00:1B:44:{number // 65536:02X}:{number // 256 % 256:02X}:{number % 256:02X}"
        lists = (f"{address}, fe80::1:{number:x}", f"fe80::1:{number:x}, {address}", address)
        gateway = None if number % 11 == 6 else "10.1.0.254"
        rows: list[Row] = [{"ServiceName0": "vwifibus", "IPEnabled0": 0}]
        if number % 5 in (1, 2):
            virtual = {"IPAddress0": "192.168.56.1, fe80::2", "MACAddress0": "0A:00:27:00:00:00"}
            rows.append(
                {**virtual, "IPEnabled0": 1 if gateway else 0, "ServiceName0": "VBoxNetAdp"}
            )
        if number % 5 == 3:
            rows.append({"DefaultIPGateway0": "10.8.0.1", "IPEnabled0": 1, "ServiceName0": "tun"})
        if gateway is None:
            old = {"IPAddress0": "10.9.9.9", "MACAddress0": "00:00:5E:00:53:01"}
            rows.append({**old, "IPEnabled0": 0, "ServiceName0": "unplugged"})
        real = {"IPAddress0": lists[number % 3], "MACAddress0": mac, "DefaultIPGateway0": gateway}
        rows.append({**real, "IPEnabled0": 1, "ServiceName0": "e1dexpress"})
        return [{**row, "Index0": index} for index, row in enumerate(rows)]

    def _relation(self, at: int) -> Row:
        user = self.owner.login if at == 0 else "shared"
        return {
            "RelationshipResourceID": self.number * 10 + at,
            "MachineResourceID": self.resource_id,
            "MachineResourceName": self.name,
            "UniqueUserName": f"corp\\{user}",
            "CreationTime": SCANNED,
            "RelationActive": 1,
        }


def computers(count: int) -> Iterator[Computer]:
    """Yield `count` active ones, some of which were there before under another number."""
    number = 0
    for owner in people(count):
        if owner.number % 15 == 3:
            number += 1
            yield Computer(number, owner, "obsolete")
        for kind, every in (("decommissioned", 25), ("removed", 22), ("discovered", 20)):
            if owner.number % every == 7:
                number += 1
                yield Computer(number, owner, kind)
        number += 1
        yield Computer(number, owner)
