"""The name under which a service knows a customer: what stands before the service's own domain."""

from __future__ import annotations

import re

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


def subdomain(text: str, *, domain: str) -> str:
    """`acme` of acme, acme.zendesk.com or https://acme.zendesk.com/agent, for domain zendesk.com.

    Raises ValueError for what is no name of a host.
    """
    host = re.sub(r"^https?://", "", text.strip(), flags=re.IGNORECASE).split("/")[0]
    name = re.sub(rf"\.{re.escape(domain)}$", "", host, flags=re.IGNORECASE)
    if not LABEL.fullmatch(name):
        raise ValueError(f"{name!r} is not the NAME in https://NAME.{domain}")
    return name
