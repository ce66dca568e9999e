"""Report records of one run that have the same sync key."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lib.jsontext import printable
from lib.run.selection import Winner
from lib.state import SharedKey, SharedKeys
from lib.wording import counted

# The most characters that are shown of a value.
LONGEST_VALUE = 60
EFFECTS = {
    "last": "The last one of them overwrites the others in Oomnitza",
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


def _example(shared: SharedKey, key_fields: Sequence[str]) -> str:
    values = json.loads(shared.text)
    named = (f"{name} '{_shown(values.get(name))}'" for name in key_fields)
    return f"{counted(shared.records, 'record')} share {', '.join(named)}"


def _shown(value: object) -> str:
    text = printable(str(value).strip())
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
