"""A file of comma-separated values with some of the company's people, as `csv_users` reads it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import ClassVar, Self

from sandbox.mock import MockSystem, ServerMapping
from sandbox.people import people

COUNT = 40


class PeopleFile(MockSystem):
    """The company's first people, in a file that is written when it starts."""

    name = "people"
    server_mapping: ClassVar[ServerMapping] = {
        "CSV_users": {"mail": "EMAIL", "login": "USER", "phone": "PHONE"}
    }

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def for_sandbox(cls, folder: Path) -> Self:
        return cls(folder / "people.csv")

    def section(self, url: str = "") -> str:
        """The section for an ini in the same folder; there is no URL."""
        return (
            f"[csv_users]\nenable = True\nfilename = {self.path.name}\n"
            "default_role = 25\ndefault_position = Employee\n"
        )

    def start(self) -> Self:
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["login", "first_name", "last_name", "mail", "phone"])
            for person in people(COUNT):
                writer.writerow(
                    [person.login, person.first_name, person.last_name, person.mail, person.phone]
                )
        return self
