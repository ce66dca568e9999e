"""jsonl_users: what connectors that read files owe, and records within records."""

from __future__ import annotations

import json
from typing import Any

from tests.filesource import PEOPLE, FileContract


class TestFiles(FileContract):
    connector = "jsonl_users"
    page = "jsonl_users"
    suffix = ".jsonl"
    title = "JSONL_users"
    malformed = b'{"login": '

    @staticmethod
    def written(records: list[dict[str, Any]]) -> bytes:
        return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in records).encode()

    def page_records(self) -> list[dict[str, Any]]:
        return [
            {
                "login": each.login,
                "name": {"first": each.first_name, "last": each.last_name},
                "mails": [each.mail] if each.mail else [],
            }
            for each in PEOPLE
        ]
