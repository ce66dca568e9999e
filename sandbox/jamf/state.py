"""What a Jamf Pro server is and holds, as its routes read it: accounts, version, devices."""

from __future__ import annotations

from datetime import UTC, tzinfo

from sandbox.jamf.answers import refuse, status_page
from sandbox.jamf.computers import computer
from sandbox.jamf.fleet import Fleet
from sandbox.jamf.groups import COMPUTER_GROUPS, MOBILE_DEVICE_GROUPS
from sandbox.jamf.mobile_devices import mobile_device

COMPUTERS = 120
MOBILE_DEVICES = 60

PRIVILEGES = frozenset(
    {
        "Read Computers",
        "Read Mobile Devices",
        "Read Smart Computer Groups",
        "Read Static Computer Groups",
        "Read Smart Mobile Device Groups",
        "Read Static Mobile Device Groups",
        "Read Departments",
        "Read Buildings",
    }
)


class State:
    """A Jamf Pro server without its addresses.

    `computers` and `mobile_devices` are how many there are; `zone` is the server's own time zone,
    in which the plain dates of the Classic API are.

    Switches, to be set before or during a run:
        version: decides what exists: tokens from 10.35, API clients from 10.49, no Basic on the
            Classic API from 11.5 on, and which versions of computers-inventory.
        basic_authentication: whether servers before 11.5 take Basic on the Classic API.
        password_expired: whether the account must first change its password.
        privileges: what the account and the API client may do; see `PRIVILEGES`.
        token_lifetime, client_token_lifetime: seconds, for tokens issued from now on.
        computers, mobile_devices: the devices and their misbehaviour; see `Fleet`.
    """

    def __init__(
        self,
        *,
        computers: int = COMPUTERS,
        mobile_devices: int = MOBILE_DEVICES,
        username: str = "oomnitza-reader",
        password: str = "sandbox password",
        client_id: str = "3f1d2c70-5f0b-4f6e-9d53-0a6f6f1b8a01",
        client_secret: str = "sandbox-client-secret",
        version: str = "11.20.1",
        zone: tzinfo = UTC,
    ) -> None:
        self.username, self.password = username, password
        self.client_id, self.client_secret = client_id, client_secret
        self.version = version
        self.basic_authentication = True
        self.password_expired = False
        self.privileges: set[str] = set(PRIVILEGES)
        self.token_lifetime: float = 1800
        self.client_token_lifetime: float = 600
        self.computers = Fleet(computers, computer, COMPUTER_GROUPS, zone)
        self.mobile_devices = Fleet(mobile_devices, mobile_device, MOBILE_DEVICE_GROUPS, zone)

    @property
    def release(self) -> tuple[int, ...]:
        """The numbers of `version`: (10, 42, 1) of 10.42.1-t1667311080."""
        return tuple(int(part) for part in self.version.partition("-")[0].split("."))

    @property
    def takes_basic(self) -> bool:
        """Whether the Classic API takes Basic."""
        return self.basic_authentication and self.release < (11, 5)

    def require(self, *release: int) -> None:
        """End the request with 404 if the server is older than this release."""
        if self.release < release:
            refuse(status_page(404))
