"""csv_users: what connectors that read files owe."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.filesource import FileContract


class TestFiles(FileContract):
    connector = "csv_users"
    page = "csv_users"
    suffix = ".csv"
    title = "CSV_users"
    malformed = b'"one"x,;,;,;two'

    @staticmethod
    def written(records: list[dict[str, Any]]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        return text.getvalue().encode()
