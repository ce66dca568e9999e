"""Conversion of LDAP entries to records."""

from __future__ import annotations

import struct
import unicodedata
import uuid
from collections.abc import Iterable

from lib.ldap.directory import LdapEntry
from lib.ldap.passwords import is_vendor_password, looks_secret
from lib.record import Record
from lib.remarks import Remarks
from lib.wording import counted

LINE_CHARACTERS = "\t\r\n"


class EntryRecords:
    """Makes records of entries.

    A record has the attributes of its entry, in the spelling of `asked`, and its `dn`. Attributes
    in `lists` are lists of all their values, others their first value; values are strings. A value
    that is not text is left out, and remarked on if its attribute was asked for. Passwords are left
    out, too. `encoding` is that of values which are not UTF-8, if the directory has such.
    """

    def __init__(
        self,
        asked: Iterable[str],
        *,
        lists: Iterable[str],
        encoding: str = "",
        remarks: Remarks | None = None,
    ) -> None:
        self._spellings: dict[str, list[str]] = {}
        for name in asked:
            self._spellings.setdefault(name.lower(), []).append(name)
        self._lists = {name.lower() for name in lists}
        self._encoding = encoding
        self._remarks = remarks or Remarks()
        self._refused = {name: is_vendor_password(name) for name in self._spellings}

    def __call__(self, entry: LdapEntry) -> Record:
        """Return the record of an entry."""
        record: Record = {"dn": entry.dn}
        for name, values in entry.attributes.items():
            lower = name.lower()
            refused = self._refused.get(lower)
            if looks_secret(name) if refused is None else refused:
                continue
            texts = [text for value in values if (text := self._text(lower, value)) is not None]
            if len(texts) < len(values) and lower in self._spellings:
                self._remarks.warn(_not_text, name, example=entry.dn)
            if lower in self._lists:
                kept: str | list[str] = texts
            elif texts or not values:
                kept = texts[0] if texts else ""
            else:
                continue
            for spelling in self._spellings.get(lower, [name]):
                record[spelling] = kept
        return record

    def _text(self, name: str, value: bytes) -> str | None:
        """A value as a string; None if it is not text."""
        if name == "objectguid" and len(value) == 16:
            return str(uuid.UUID(bytes_le=value))
        if name == "objectsid" and len(value) >= 8 and len(value) == 8 + 4 * value[1]:
            parts = struct.unpack(f"<{value[1]}I", value[8:])
            return "-".join(map(str, ("S", value[0], int.from_bytes(value[2:8], "big"), *parts)))
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return _decoded(value, self._encoding)


def _decoded(value: bytes, encoding: str) -> str | None:
    """A value in another encoding than UTF-8; None if it is not text in it.

    In some encodings, all bytes are characters. Therefore control characters are not text.
    """
    if not encoding:
        return None
    try:
        text = value.decode(encoding)
    except UnicodeError:
        return None
    controls = (each for each in text if unicodedata.category(each) == "Cc")
    return None if any(each not in LINE_CHARACTERS for each in controls) else text


def _not_text(count: int, name: str) -> str:
    number = counted(count, "record")
    values = f"a value of {number} is" if count == 1 else f"values of {number} are"
    left_out = "was left out" if count == 1 else "were left out"
    return (
        f"{name}: {values} not UTF-8 text and {left_out}. If the directory contains text in another"
        " encoding, set encoding, for example to latin-1."
    )
