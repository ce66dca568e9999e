"""A record to be sent to the target, in little memory."""

from __future__ import annotations

import json
from dataclasses import dataclass

from lib.jsontext import json_if_possible
from lib.record import Record
from lib.state import RecordToSave, StoredText, decompress
from lib.target import packing

# Before any time.
UNKNOWN = float("-inf")


@dataclass(slots=True)
class Item:
    """A record as it was fetched, and as it is to be sent.

    `fetched` is packed by `lib.target.packing`, since it is rarely needed again. `mapped` is JSON
    text as the state database stores it. `key` identifies the record (None if only the target can),
    and an equal `digest` means that it is unchanged. `saved_id` is its id if it was saved for
    resend before. `omitted` are the fields that are left out because they are empty. `position` is
    its place in the run, and `contact` the time of the last contact with the asset, in seconds
    since 1970 (minus infinity if it is unknown or not needed).
    """

    fetched: bytes
    mapped: StoredText
    key: str | None
    digest: bytes
    saved_id: int | None = None
    omitted: tuple[str, ...] = ()
    contact: float = UNKNOWN
    position: int = 0

    @property
    def text(self) -> str:
        """The JSON text to send."""
        return decompress(self.mapped) or ""

    @property
    def values(self) -> Record:
        """The fields to send, parsed at each call."""
        values: Record = json.loads(self.text)
        return values

    def to_save(self, outcome: str, reason: str, *, with_key: bool = True) -> RecordToSave:
        """Return the record as it is saved for resend, as "rejected" or "unsent".

        Without its key, it is identified by what was fetched.
        """
        fetched = json_if_possible(packing.unpack(self.fetched))
        key = self.key if with_key else None
        return RecordToSave(outcome, reason, key, fetched, self.text)
