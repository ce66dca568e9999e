"""The subdomain that identifies a customer of a cloud service: `acme` in acme.zendesk.com."""

from __future__ import annotations

import re

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


def subdomain(text: str, *, domain: str) -> str:
    """Return the subdomain in a name, a host, or an address.

    It is acme in acme, acme.zendesk.com and https://acme.zendesk.com/agent, for the domain
    zendesk.com. Raises ValueError for a text that is not a valid subdomain.
    """
    host = re.sub(r"^https?://", "", text.strip(), flags=re.IGNORECASE).split("/")[0]
    name = re.sub(rf"\.{re.escape(domain)}$", "", host, flags=re.IGNORECASE)
    if not LABEL.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid name. Enter the NAME in https://NAME.{domain}")
    return name
