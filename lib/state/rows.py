"""The rows of the state database as objects, and how texts and keys are stored in it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, NamedTuple

# Texts of more characters are compressed.
MAX_PLAIN = 2_000
# The fastest of zlib: the next ones take longer by far, for little.
COMPRESSION = 1

StoredText = str | bytes | None


@dataclass(frozen=True)
class PastRun:
    """One past run of a section.

    `state` is "running", "complete", "partial", "failed", "interrupted", or "killed" for one that
    ended without a word. It was `opened` and `closed` at Oomnitza at these times, as `portion`.
    """

    id: int
    section: str
    target: str
    state: str
    started: float
    ended: float | None
    fingerprint: str
    full: bool
    counts: dict[str, int]
    error: str
    retries: int
    pid: int
    host: str
    version: str
    portion: str | None
    opened: float | None
    closed: float | None


@dataclass(frozen=True)
class RecordToSave:
    """A record to be saved for resend, as "rejected" or "unsent".

    `fetched` and `mapped` are JSON texts of it, as it came and as it was to be sent.
    """

    outcome: str
    reason: str
    key: str | None = None
    fetched: str | None = None
    mapped: str | None = None


@dataclass(frozen=True)
class SavedRecord:
    """A record saved for resend, `times` times: first at `first_at` and last at `at`."""

    id: int
    section: str
    target: str
    run: int
    outcome: str
    reason: str
    key: str | None
    fetched: str | None
    mapped: str | None
    first_at: float
    at: float
    times: int


class Known(NamedTuple):
    """A record that was sent: its id in the database, and the digest of what was last sent."""

    id: int
    digest: bytes


@dataclass(frozen=True)
class FieldCount:
    """In how many records of a run a field was filled, and its mapping then, as JSON text."""

    field: str
    filled: int
    mapping: str


@dataclass(frozen=True)
class Change:
    """What a run changed in a record: the values before and after, by field."""

    key: str
    fields: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Missing:
    """A record that the latest complete run did not find, and when it was last seen.

    It is `new` if it was not missing after the complete run before.
    """

    key: str
    fields: dict[str, Any] | None
    last_seen: float
    new: bool = False


def to_run(row: Sequence[Any]) -> PastRun:
    """Convert a row with the columns of PastRun, in their order."""
    values = _named(PastRun, row)
    return PastRun(
        **values | {"full": bool(values["full"]), "counts": json.loads(values["counts"])}
    )


def to_saved_record(row: Sequence[Any]) -> SavedRecord:
    """Convert a row with the columns of SavedRecord, in their order."""
    values = _named(SavedRecord, row)
    texts = {name: decompress(values[name]) for name in ("fetched", "mapped")}
    key = None if values["key"] is None else decode_key(values["key"])
    return SavedRecord(**values | texts | {"key": key})


def to_missing(row: Sequence[Any]) -> Missing:
    """Convert a row with id, key, fields, the time when it was last seen, and whether it is new."""
    _, key, stored, seen_at, new = row
    return Missing(decode_key(key), decompress_fields(stored), seen_at, bool(new))


def to_change(row: Sequence[Any]) -> Change:
    """Convert a row with key and changed fields."""
    key, stored = row
    fields = decompress_fields(stored) or {}
    return Change(decode_key(key), {name: (old, new) for name, (old, new) in fields.items()})


def to_fields(row: Sequence[Any]) -> dict[str, Any] | None:
    """Convert a row with compressed fields only."""
    return decompress_fields(row[0])


def to_checkpoint(row: Sequence[Any]) -> tuple[str, datetime]:
    """Convert a row with a scope and a time in seconds since 1970."""
    scope, seconds = row
    return scope, datetime.fromtimestamp(seconds, UTC)


def compress(text: StoredText) -> StoredText:
    """Return a text as it is stored: compressed if it is long. Bytes stay as they are."""
    if not isinstance(text, str) or (len(text) <= MAX_PLAIN and text.isascii()):
        return text
    text = escape_surrogates(text)
    return text if len(text) <= MAX_PLAIN else zlib.compress(text.encode(), COMPRESSION)


def decompress(stored: StoredText) -> str | None:
    """Return the text that `compress` was given."""
    return zlib.decompress(stored).decode() if isinstance(stored, bytes) else stored


def decompress_fields(stored: StoredText) -> dict[str, Any] | None:
    """Return the fields whose JSON text was compressed."""
    text = decompress(stored)
    return json.loads(text) if text else None


def escape_surrogates(text: str) -> str:
    r"""Return the text with half surrogates, which UTF-8 lacks, as escapes (\ud83d) as in JSON."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def encode_key(key: str) -> bytes:
    """Return a key as it is stored: as bytes, since UTF-8 lacks half surrogates."""
    return key.encode("utf-8", "surrogatepass")


def decode_key(stored: bytes) -> str:
    """Return the key that `encode_key` was given."""
    return stored.decode("utf-8", "surrogatepass")


def _named(kind: type[PastRun | SavedRecord], row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip((item.name for item in fields(kind)), row, strict=True))
