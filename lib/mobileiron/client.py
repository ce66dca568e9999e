"""The base class of the clients of MobileIron Cloud and MobileIron Core."""

from __future__ import annotations

from requests import Response

from lib.errors import ConnectorError, SignInError, SourceFault
from lib.http.client import Client, NotFound


class Refused(SourceFault):
    """The server refuses a request: it is invalid or too long."""


class MobileIron(Client):
    """A client that signs in with HTTP Basic, all that both products have in common."""

    fault = Refused

    def refusal(self, response: Response) -> ConnectorError:
        error = super().refusal(response)
        if isinstance(error, NotFound):
            return error.with_fix("Check url and api_version (1 for Cloud, 2 for Core)")
        if type(error) is SignInError:
            fix = "Check username and password. The account must not use multi-factor sign-in"
            return error.with_fix(fix)
        return error
