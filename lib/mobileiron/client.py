"""A client of MobileIron: what its two products, Cloud and Core, have in common."""

from __future__ import annotations

from requests import Response

from lib.errors import ConnectorError, SignInError, SourceFault
from lib.http.client import Client, NotFound


class Refused(SourceFault):
    """The server does not take the request as it is, or finds it too long."""


class MobileIron(Client):
    """Requests signed with Basic, which is all that both products have in common."""

    fault = Refused

    def refusal(self, response: Response) -> ConnectorError:
        error = super().refusal(response)
        if isinstance(error, NotFound):
            error.fix = "Check the url, and api_version: 1 for Cloud, 2 for Core"
        elif type(error) is SignInError:
            error.fix = "Check username and password; multi-factor sign-in cannot be used"
        return error
