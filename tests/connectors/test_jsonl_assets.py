"""jsonl_assets: what connectors that read files owe, and records within records."""

from __future__ import annotations

import json
from typing import Any

from tests.filesource import ASSETS, FileContract


class TestFiles(FileContract):
    connector = "jsonl_assets"
    page = "jsonl_users"
    suffix = ".jsonl"
    title = "JSONL_assets"
    malformed = b"[1, 2]"

    @staticmethod
    def written(records: list[dict[str, Any]]) -> bytes:
        return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in records).encode()

    def page_records(self) -> list[dict[str, Any]]:
        return [{"serial": each["Serial"], "name": each["Name"]} for each in ASSETS]
