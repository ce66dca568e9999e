"""The type of a record: a dict of the fields of a source, or of Oomnitza."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
