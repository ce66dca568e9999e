"""A record on its way to the target."""

from __future__ import annotations

import json
from dataclasses import dataclass

from lib.jsontext import json_if_possible
from lib.record import Record
from lib.state import Packed, RecordToSave, unpack
from lib.target import packing


@dataclass(slots=True)
class Item:
    """A record as it came, and as it is to be sent, both packed.

    The one as `lib.target.packing` does it, since hardly any is looked at again; the other one as
    JSON text in the form in which the ledger keeps it.

    It is recognised by its `key` (None where only the target knows how), and is as it was last sent
    if its `digest` is the same. `saved_id` is its number if it was saved for resend before.
    """

    fetched: bytes
    mapped: Packed
    key: str | None
    digest: bytes
    saved_id: int | None = None

    @property
    def text(self) -> str:
        """What is to be sent, as JSON."""
        return unpack(self.mapped) or ""

    @property
    def values(self) -> Record:
        """What is to be sent, field by field; read anew each time."""
        values: Record = json.loads(self.text)
        return values

    def to_save(self, outcome: str, reason: str) -> RecordToSave:
        fetched = json_if_possible(packing.unpack(self.fetched))
        return RecordToSave(outcome, reason, self.key, fetched, self.text)
