"""The warnings about sync keys: shared ones, and ones that are sent in another form."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lib.duplicates import Winner
from lib.jsontext import printable
from lib.run.tally import Example
from lib.state import SharedKey, SharedKeys
from lib.wording import counted

# The most characters that are shown of a value.
LONGEST_VALUE = 60
EFFECTS = {
    "last": "The last one of them overwrites the others in Oomnitza, unless you set duplicates",
    "first": "Only the first one of them was sent",
    "newest": "The newest one of them has priority",
    "reject": "Only the first one of them was sent, and the others were rejected",
}


def duplicates_warning(shared: SharedKeys, key_fields: Sequence[str], winner: Winner) -> str:
    """Return a sentence about records with the same key, with examples; empty if there are none."""
    if not shared.keys:
        return ""
    examples = [_example(each, key_fields) for each in shared.examples]
    if shared.keys == 1:
        return f"{examples[0]}. {EFFECTS[winner]}."
    return (
        f"{counted(shared.records, 'record')} share {shared.keys:,} sync keys (for example:"
        f" {'; '.join(examples)}). {EFFECTS[winner].replace('one of them', 'one of each')}."
    )


def trimmed_warning(records: int) -> str:
    """Return a sentence about records whose keys were sent with invisible characters before."""
    if not records:
        return ""
    its, it = ("its sync key", "it") if records == 1 else ("their sync keys", "them")
    return (
        f"{counted(records, 'record')} had spaces or invisible characters around {its} when last"
        f" sent. They were removed, so Oomnitza may contain {it} twice. See docs/how-to/migrate.md."
    )


def placeholder_warning(found: Example | None) -> str:
    """Return a sentence about records whose key is a placeholder; empty if there are none."""
    if not found:
        return ""
    have, them = ("has", "it") if found.count == 1 else ("have", "them")
    return (
        f"{counted(found.count, 'record')} {have} a placeholder as the sync key (for example:"
        f" {found.text}). Set placeholder_ids = drop to leave {them} out."
    )


def _example(shared: SharedKey, key_fields: Sequence[str]) -> str:
    values = json.loads(shared.text)
    named = (f"{name} '{_shown(values.get(name))}'" for name in key_fields)
    return f"{counted(shared.records, 'record')} share {', '.join(named)}"


def _shown(value: object) -> str:
    text = printable(str(value).strip())
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
