"""File names: from the text of a setting to a path, and from a path to a text that can be shown.

Names in a config file are Unicode. The system may use another encoding for them, and on Linux, a
name can be bytes in no encoding at all, for which Python uses surrogates (PEP 383).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def path_of(text: str) -> Path:
    """Return the path that a text names; raise ValueError for one that cannot be a path.

    `~` is the home folder. If the file system's encoding lacks a character, as in the locale C, the
    name is taken to be UTF-8, as it is on nearly all systems.
    """
    text = text.strip()
    if "\0" in text:
        raise ValueError("the path contains a NUL character. Remove it")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        user = text.split("/")[0].removeprefix("~")
        who = f"user {user} not found" if user else "the account has no home folder"
        raise ValueError(f"{text!r}: {who}. Enter the path without ~") from None
    return Path(_encodable(str(path)))


def path_text(path: Path | str) -> str:
    """Return a path as text: bytes that are not UTF-8 are replaced."""
    try:
        return os.fsencode(path).decode("utf-8", "replace")
    except UnicodeEncodeError:
        return str(path)


def _encodable(name: str) -> str:
    """The name as UTF-8 bytes if the file system's encoding lacks a character in it."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        if sys.platform == "win32":
            raise ValueError("the path contains half of a surrogate pair. Correct it") from None
        return os.fsdecode(name.encode("utf-8", "surrogateescape"))
    return name
