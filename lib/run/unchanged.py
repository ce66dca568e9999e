"""Whether a record has changed since it was last sent."""

from __future__ import annotations

from collections.abc import Callable

from lib.jsontext import to_json
from lib.state import Known, SectionLedger
from lib.target.item import Item

# The digest of a record, given as JSON text, as this run would send it.
Digest = Callable[[str], bytes]


def is_unchanged(item: Item, known: Known, ledger: SectionLedger, digest: Digest) -> bool:
    """Return whether a record equals what was last sent of it.

    Fields that are left out because they are empty do not count: Oomnitza still has their values.
    """
    if known.digest == item.digest:
        return True
    if not item.omitted:
        return False
    before = ledger.last_sent(known)
    # Other fields may be equal although the record would be sent in another way, or is distrusted.
    if before is None or digest(to_json(before)) != known.digest:
        return False
    kept = {name: before[name] for name in item.omitted if name in before}
    return item.values | kept == before
