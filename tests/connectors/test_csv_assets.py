"""csv_assets: what connectors that read files owe."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.filesource import FileContract


class TestFiles(FileContract):
    connector = "csv_assets"
    page = "csv_users"
    suffix = ".csv"
    title = "CSV_assets"
    malformed = b'"one"x,;,;,;two'

    @staticmethod
    def written(records: list[dict[str, Any]]) -> bytes:
        return as_csv(records).encode()

    def page_file(self, records: list[dict[str, Any]]) -> bytes:
        return as_csv(records, delimiter=";").encode("cp1252")


def as_csv(records: list[dict[str, Any]], **how: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n", **how)
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()
