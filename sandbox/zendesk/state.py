"""What a Zendesk account is and holds, as its routes read it: records and credentials."""

from __future__ import annotations

from typing import Literal

from sandbox.people import people
from sandbox.zendesk.account import organization, user

# What there is to be granted; whoever asks for something else gets a token that opens nothing.
SCOPES = frozenset({"read", "write", "users:read", "users:write", "organizations:read"})


class State:
    """An account at Zendesk without its addresses.

    Switches, to be set before or during a run:
        users, organizations: the records, ascending by id; lists leave out users that are not
            active, since these were deleted.
        role: what the signed-in user is; an end user may not read lists.
        token_access: whether API tokens are taken at all.
        client_scopes: what the OAuth client may ask for.
        token_lifetime: seconds, for OAuth tokens issued from now on.
    """

    def __init__(
        self,
        *,
        users: int = 300,
        organizations: int = 12,
        system_name: str = "sandbox",
        username: str = "admin@example.com",
        api_token: str = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0",
        client_id: str = "oomnitza_sandbox",
        client_secret: str = "5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99",
    ) -> None:
        url = f"https://{system_name}.zendesk.com"
        self.system_name = system_name
        self.username, self.api_token = username, api_token
        self.client_id, self.client_secret = client_id, client_secret
        self.organizations = [organization(number, url) for number in range(organizations)]
        self.users = [user(person, self.organizations, url) for person in people(users)]
        self.role: Literal["admin", "agent", "end-user"] = "admin"
        self.token_access = True
        self.client_scopes: set[str] = set(SCOPES)
        self.token_lifetime: float = 7200
