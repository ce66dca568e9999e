"""Records that wait to be sent, in little room: what was parsed takes four times its JSON text."""

from __future__ import annotations

import json
import marshal
import zlib
from typing import Any

from lib.jsontext import to_json

# Of more bytes than these, it is worth the time to compress them.
SMALL = 2_000
# How zlib's streams begin, and no dict that was marshalled.
COMPRESSED = b"x"


def pack(record: dict[str, Any]) -> bytes:
    """The record as bytes, for this program alone."""
    try:
        # Twice as fast as pickle, and takes nothing that it could not give back.
        packed = marshal.dumps(record)
    except ValueError:  # it holds a date, or what else is more than plain data
        packed = marshal.dumps(json.loads(to_json(record)))
    return packed if len(packed) <= SMALL else zlib.compress(packed, zlib.Z_BEST_SPEED)


def unpack(packed: bytes) -> dict[str, Any]:
    """The record that was packed; what JSON has no form for is as `to_json` writes it."""
    if packed.startswith(COMPRESSED):
        packed = zlib.decompress(packed)
    record: dict[str, Any] = marshal.loads(packed)  # noqa: S302  it is what was packed
    return record
