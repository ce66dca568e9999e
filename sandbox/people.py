"""The people of the sandbox's company, the same ones in every mock server and in every run.

Their names hold what real directories hold: accents, apostrophes, other scripts, a comma, and now
and then a value that is missing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

FIRST_NAMES = (
    "Ada", "Björn", "Chloé", "Dmitri", "Eun-ji", "Fatima", "Grace", "Hiroshi", "Inês", "Jürgen",
    "Katarzyna", "Lars", "Mary Ann", "Nils", "Oksana", "Priya", "Quentin", "Renée", "Søren",
    "Tomás", "Ursula", "Vikram", "Wanjiru", "Xavier", "Yuki", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Quill", "O'Neil", "Müller", "de la Cruz", "Okafor", "Nakamura", "Løvland", "Petrov",
    "Smith, Jr.", "García-Márquez", "Ó Briain", "Tanaka", "Van den Berg", "Iyer", "Kowalczyk",
    "Haddad", "Ng", "Åkesson", "Brown", "佐藤",
)  # fmt: skip
DEPARTMENTS = ("Research", "Sales", "Finance", "Operations", "Support", "People & Culture")
TITLES = ("Analyst", "Engineer", "Manager", "Technician", "Director", "Designer", "Accountant")
HEADCOUNT = 300


@dataclass(frozen=True)
class Person:
    """One employee; `mail`, `phone` and `title` may be empty."""

    number: int
    login: str
    first_name: str
    last_name: str
    mail: str
    phone: str
    title: str
    department: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def people(count: int) -> Iterator[Person]:
    """Yield the first `count`: one in 40 lacks a mail, one in 15 a phone, one in 25 a title."""
    return islice(_everyone(), count)


def _everyone() -> Iterator[Person]:
    number = 0
    for lap in range(10_000):
        for last, first in product(LAST_NAMES, FIRST_NAMES):
            number += 1
            login = f"{_ascii(first)[:1]}{_ascii(last) or 'sato'}{number}"
            yield Person(
                number=number,
                login=login,
                first_name=first,
                last_name=last if lap == 0 else f"{last} {lap + 1}",
                mail="" if number % 40 == 0 else f"{login}@example.com",
                phone="" if number % 15 == 0 else f"555-{number % 10_000:04d}",
                title="" if number % 25 == 0 else TITLES[number % len(TITLES)],
                department=DEPARTMENTS[number % len(DEPARTMENTS)],
            )


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ø", "O"))
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalnum())
