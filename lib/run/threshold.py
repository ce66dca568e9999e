"""The safety threshold: how many records a run must have, compared with the last complete run."""

from __future__ import annotations

import math

from lib.connector import ConnectorSettings
from lib.state import SectionLedger

# Below this number of records, the threshold is one record: small sections vary.
SMALL = 20


def min_records(ledger: SectionLedger, settings: ConnectorSettings) -> int:
    """Return the safety threshold of a section; 0 if it has no complete run yet."""
    before = ledger.last_complete()
    if before is None:
        return 0
    counts = before.counts
    return min_expected(counts["ready"] + counts.get("unreadable", 0), settings.shrink_limit)


def min_expected(before: int, limit: str) -> int:
    """Return the safety threshold after a complete run with `before` records.

    `limit` is how many may be fewer: a number ("10"), or a percentage ("50%").
    """
    if limit.endswith("%"):
        left = math.ceil(before * (100 - float(limit[:-1])) / 100)
        if left == 0:
            return 0
    else:
        left = before - int(limit)
    return max(left, 1) if before >= SMALL else min(before, 1)
