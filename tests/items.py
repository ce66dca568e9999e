"""Records on their way to Oomnitza, for tests of those that carry them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lib.jsontext import to_json
from lib.run.fingerprints import record_digest
from lib.state import compress
from lib.target import packing
from lib.target.item import Item


def item(record: dict[str, Any], key: str | None = None) -> Item:
    """An item whose record came as it is to be sent; its key is the first value, if not given."""
    text = to_json(record)
    found = str(next(iter(record.values()), "")) if key is None else key
    return Item(packing.pack(record), compress(text), found or None, record_digest(b"", text))


def items(records: Iterable[dict[str, Any]]) -> list[Item]:
    return [item(record) for record in records]
