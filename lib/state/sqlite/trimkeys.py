"""The part of the step to version 3 that trims the keys of records, as later versions compute them.

Before, whitespace around a key was removed, but not NUL or U+200B, and the key was sent with both.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from lib.state.rows import decode_key, decompress_fields, encode_key
from lib.state.sqlite.savedrecords import identity
from lib.values.values import trimmed

PAGE = 500
RECORDS = "SELECT id, key, section, seen, fields FROM record WHERE id > ? ORDER BY id LIMIT ?"
SAVED = "SELECT id, key, section, at FROM aside WHERE id > ? ORDER BY id LIMIT ?"


def trim_keys(connection: sqlite3.Connection) -> None:
    """Trim the keys of known and saved records, and mark those that were sent untrimmed.

    Of two records with the same key then, the one stays that was seen last.
    """
    for ident, stored, section, seen, fields in _rows(connection, RECORDS):
        if not isinstance(stored, bytes):
            continue
        key = _trimmed_key(decode_key(stored))
        if encode_key(key) != stored:
            _rename(connection, "record", "seen", (ident, section, seen), encode_key(key))
        if _was_padded(key, fields):
            connection.execute("UPDATE record SET padded = 1 WHERE id = ?", (ident,))
    for ident, stored, section, at in _rows(connection, SAVED):
        if not isinstance(stored, bytes):
            continue
        now = encode_key(_trimmed_key(decode_key(stored)))
        if now != stored and _rename(connection, "aside", "at", (ident, section, at), now):
            sql = "UPDATE OR REPLACE aside SET identity = ? WHERE id = ?"
            connection.execute(sql, (identity(now), ident))


def _rows(connection: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table, which may be changed in between."""
    after = 0
    while page := connection.execute(sql, (after, PAGE)).fetchall():
        yield from page
        after = page[-1][0]


def _rename(
    connection: sqlite3.Connection, table: str, age: str, row: tuple[int, int, float], key: bytes
) -> bool:
    """Give a row another key, unless a row with this key is newer; return whether it stays."""
    ident, section, changed = row
    same = f"FROM {table} WHERE section = ? AND key = ? AND id != ?"
    [newer] = connection.execute(
        f"SELECT count(*) {same} AND ({age}, id) > (?, ?)",
        (section, key, ident, changed, ident),
    ).fetchone()
    if newer:
        connection.execute(f"DELETE FROM {table} WHERE id = ?", (ident,))  # noqa: S608
        return False
    connection.execute(f"DELETE {same}", (section, key, ident))
    connection.execute(f"UPDATE {table} SET key = ? WHERE id = ?", (key, ident))  # noqa: S608
    return True


def _trimmed_key(key: str) -> str:
    """Return the key with each of its parts trimmed; several parts are a JSON list."""
    parts = _parts(key)
    texts = [trimmed(part) for part in parts]
    if texts == parts:
        return key
    return texts[0] if len(texts) == 1 else json.dumps(texts)


def _parts(key: str) -> list[str]:
    if key.startswith("["):
        try:
            parts = json.loads(key)
        except ValueError:
            return [key]
        if isinstance(parts, list) and len(parts) > 1 and all(isinstance(p, str) for p in parts):
            return parts
    return [key]


def _was_padded(key: str, fields: Any) -> bool:
    """Whether a field that was sent is a part of the key, with invisible characters around it."""
    try:
        sent = decompress_fields(fields) or {}
        texts = [value for value in sent.values() if isinstance(value, str)]
    except Exception:  # a damaged row is no reason to refuse the whole file
        return False
    padded = {trimmed(text).casefold() for text in texts if text != trimmed(text)}
    clean = {text.casefold() for text in texts}
    return any(part in padded and part not in clean for part in _parts(key))
