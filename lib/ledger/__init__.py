"""What must survive a run: the runs, what was last sent of each record, and what was set aside.

One SQLite file holds it all. A section's part of it belongs to one target (the URL of an Oomnitza):
the same section with another target has nothing in common with it.

    with Ledger(path) as ledger:
        section = ledger.of("ldap", "https://example.oomnitza.com")
        section.begin()
        section.describe(fingerprint="…", full=True)
        with section.batch():
            section.sent([("ada@example.com", digest, '{"EMAIL": "ada@example.com"}')])
        section.end("complete", {"fetched": 1, "sent": 1})

Times are seconds since 1970 in UTC. What SQLite cannot do is raised as a ConnectorError in words,
or a ConfigurationError where the file has to be seen to first. Threads may share a ledger.
"""

from __future__ import annotations

from lib.ledger.ledger import Ledger, open_to_look
from lib.ledger.rows import Aside, Known, Missing, NewAside, Packed, PastRun, pack, unpack
from lib.ledger.section import SectionLedger

__all__ = [
    "Aside",
    "Known",
    "Ledger",
    "Missing",
    "NewAside",
    "Packed",
    "PastRun",
    "SectionLedger",
    "open_to_look",
    "pack",
    "unpack",
]
