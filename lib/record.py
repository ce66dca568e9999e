"""What a record is on its way: a dict of a source's fields, or of Oomnitza's."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
