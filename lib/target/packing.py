"""Pack parsed records into bytes: in memory, a parsed record takes four times its JSON text."""

from __future__ import annotations

import json
import marshal
import zlib
from typing import Any

from lib.jsontext import to_json

# Records of more bytes are compressed.
SMALL = 2_000
# The first byte of a packed record.
PLAIN, COMPRESSED = b"p", b"c"


def pack(record: dict[str, Any]) -> bytes:
    """Return the record as bytes, for this process only.

    Raises TypeError, ValueError, or RecursionError for a record that cannot be written as JSON.
    """
    try:
        # Twice as fast as pickle, and takes nothing that it could not give back.
        content = marshal.dumps(record)
    except ValueError:  # it holds a date, or what else is more than plain data
        content = marshal.dumps(json.loads(to_json(record)))
    if len(content) <= SMALL:
        return PLAIN + content
    return COMPRESSED + zlib.compress(content, zlib.Z_BEST_SPEED)


def unpack(packed: bytes) -> dict[str, Any]:
    """Return the record that was packed; values that JSON lacks are as `to_json` writes them."""
    kind, content = packed[:1], packed[1:]
    if kind == COMPRESSED:
        content = zlib.decompress(content)
    record: dict[str, Any] = marshal.loads(content)  # noqa: S302  it is what was packed
    return record
