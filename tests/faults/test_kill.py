"""kill -9 at any moment of `upload ldap casper`: a plain run later, everything is in order."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ldap3
import pytest

from tests.certificates import issue
from tests.faults import figures
from tests.faults.place import Place, by_key, place
from tests.slapd import Slapd, require_slapd

PEOPLE = 100
COMPUTERS = 60
FEWEST, MOST = 80, 120
SEED = 20261123


class People:
    """The people of a real directory, and what Oomnitza has to hold of them, by login."""

    def __init__(self, slapd: Slapd) -> None:
        self._slapd = slapd
        self._connection = ldap3.Connection(
            ldap3.Server(slapd.ldap_url), slapd.root_dn, slapd.password, auto_bind=True
        )
        self.close = self._connection.unbind
        self.all: dict[str, dict[str, Any]] = {
            person.login: fields(person) for person in slapd.people if person.mail
        }

    def add(self, login: str) -> None:
        self.all[login] = {
            "USER": login,
            "FIRST_NAME": "Zoë",
            "LAST_NAME": f"Löwe {login}",
            "EMAIL": f"{login}@example.com",
            "PHONE": "555-0000",
            "POSITION": None,
            "PERMISSIONS_ID": "25",
        }
        attributes = {
            "cn": login,
            "sn": f"Löwe {login}",
            "givenName": "Zoë",
            "mail": f"{login}@example.com",
            "telephoneNumber": "555-0000",
        }
        assert self._connection.add(self._dn(login), "inetOrgPerson", attributes)

    def call_by(self, login: str, phone: str) -> None:
        self.all[login] = {**self.all[login], "PHONE": phone}
        change = {"telephoneNumber": [(ldap3.MODIFY_REPLACE, [phone])]}
        assert self._connection.modify(self._dn(login), change)

    def remove(self, login: str) -> None:
        del self.all[login]
        assert self._connection.delete(self._dn(login))

    def _dn(self, login: str) -> str:
        return f"uid={login},ou=people,{self._slapd.base_dn}"


def fields(person: Any) -> dict[str, Any]:
    return {
        "USER": person.login,
        "FIRST_NAME": person.first_name,
        "LAST_NAME": person.last_name,
        "EMAIL": person.mail,
        "PHONE": person.phone or None,
        "POSITION": person.title or None,
        "PERMISSIONS_ID": "25",
    }


@dataclass
class Company:
    """The place with its people; all that the sources ever held, to tell it from what is wrong."""

    place: Place
    people: People
    chance: random.Random
    ever: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    number: int = 0

    def change_sources(self) -> None:
        """A few people and computers come, change and go; often one goes back to what it was."""
        chance, people, jamf = self.chance, self.people, self.place.jamf.computers
        for _ in range(chance.randint(1, 3)):
            self.number += 1
            if len(people.all) < MOST:
                people.add(f"zlowe{self.number}")
            if len(people.all) > FEWEST:
                people.remove(chance.choice(sorted(people.all)))
            for login in chance.sample(sorted(people.all), 3):
                people.call_by(login, f"555-{chance.randint(0, 3):04d}")
            for device in chance.sample(range(1, COMPUTERS + 1), 3):
                self.place.renamed[device] = f"name {chance.randint(0, 3)}"
            device = chance.randint(1, COMPUTERS)
            if device not in jamf.ids:
                jamf.ids.insert(chance.randint(0, len(jamf.ids)), device)
            elif len(jamf.ids) > COMPUTERS * 3 // 4:
                jamf.ids.remove(device)
        self.note()

    def as_it_is(self) -> tuple[dict[str, str], dict[int, str]]:
        """What `go_back` needs."""
        return {login: it["PHONE"] for login, it in self.people.all.items()}, {**self.place.renamed}

    def go_back(self, before: tuple[dict[str, str], dict[int, str]]) -> None:
        """Let what is changed be undone."""
        for login, phone in before[0].items():
            if phone and login in self.people.all and self.people.all[login]["PHONE"] != phone:
                self.people.call_by(login, phone)
        self.place.renamed.clear()
        self.place.renamed |= before[1]
        self.note()

    def note(self) -> None:
        for key, record in {**self.people.all, **self.place.computers()}.items():
            self.ever.setdefault(key, []).append(record)

    def held(self) -> dict[str, dict[str, Any]]:
        """What Oomnitza holds."""
        people = by_key(self.place.oomnitza.records("users"), "USER")
        return people | self.place.held_computers()

    def check(self) -> int:
        """Oomnitza holds what the sources hold, of what has left them something that they had.

        Gives the number of records compared.
        """
        held, wanted = self.held(), {**self.people.all, **self.place.computers()}
        assert {key: held.get(key) for key in wanted} == wanted
        for key in held.keys() - wanted.keys():
            assert held[key] in self.ever[key]
        return len(wanted)

    def check_after_kill(self) -> None:
        """Nothing is in the ledger as sent that Oomnitza did not get, or got otherwise."""
        place, held = self.place, self.held()
        place.check_ledger()
        if place.state.exists():
            with place.ledger as ledger:
                target = place.urls["oomnitza"]
                for section in ledger.sections(target):
                    sent = ledger.section(section, target).known([*self.ever])
                    assert sent.keys() <= held.keys()
                assert list(ledger.saved_records()) == []


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    require_slapd()
    with Slapd(tmp_path / "slapd", issue(tmp_path), people=PEOPLE) as slapd:
        directory = {
            "url": slapd.ldap_url,
            "username": slapd.bind_dn,
            "password": slapd.password,
            "base_dn": f"ou=people,{slapd.base_dn}",
            "filter": "(objectClass=inetOrgPerson)",
            "default_role": 25,
            "default_position": "Employee",
        }
        there = place(tmp_path / "program", computers=COMPUTERS, delay=0.012, directory=directory)
        with there as made, closing(People(slapd)) as people:
            yield Company(made, people, random.Random(SEED))


def kill_in_the_middle(company: Company, longest: float) -> str:
    """Start an upload and kill it; tells where it was, or nothing if it had ended before."""
    before = {each: len(company.place.history(each)) for each in ("ldap", "casper")}
    process = company.place.program.start("upload", "ldap", "casper")
    time.sleep(company.chance.uniform(0, longest))
    process.kill()
    process.communicate()
    if process.returncode != -9:
        return ""
    company.check_after_kill()
    runs = {each: company.place.history(each)[: -before[each] or None] for each in before}
    for section in ("casper", "ldap"):
        if runs[section] and runs[section][0].state == "running":
            return f"in {section}"
    return "between or after the sections" if runs["ldap"] else "at the start"


def run_again(company: Company) -> Counter[str]:
    """One plain run, after which nothing may be left of the kill."""
    made = company.place
    killed = {each: made.states(each).count("running") for each in ("ldap", "casper")}
    ended, report = made.upload("ldap", "casper")
    assert (ended.code, ended.err) == (0, ""), ended
    assert "Traceback" not in ended.out
    company.check()
    made.check_closed()
    made.check_ledger()
    assert made.set_aside() == []
    for section, number in killed.items():
        states = made.states(section)
        assert states[0] == "complete"
        assert "running" not in states
        assert ("was killed before it finished" in "".join(report[section]["notes"])) == bool(
            number
        )
        assert states[1 : 1 + number] == ["killed"] * number
    counts: Counter[str] = Counter()
    for each in report.values():
        counts.update(each["counts"])
    return counts


def killed_and_run_again(company: Company, kills: int) -> tuple[Counter[str], Counter[str]]:
    """So many kills; gives where they were, and what the runs after them counted."""
    company.note()
    company.place.upload("ldap", "casper")
    started = time.monotonic()
    company.place.upload("ldap", "casper")
    longest = time.monotonic() - started
    where: Counter[str] = Counter()
    total: Counter[str] = Counter()
    while where.total() < kills:
        changed_only = where.total() % 2 == 1
        settings = {"changed_only": changed_only}
        company.place.write_ini(ldap=settings, casper=settings)
        company.change_sources()
        before = company.as_it_is()
        company.change_sources()
        killed = kill_in_the_middle(company, longest)
        if killed:
            where[killed] += 1
            if company.chance.random() < 0.5:
                company.go_back(before)
            total += run_again(company)
            total["records"] += len(company.people.all) + len(company.place.computers())
            if where.total() % 20 == 5:
                check_history(company.place)
    return where, total


def check_history(made: Place) -> None:
    """The command tells of the kills that the ledger holds."""
    killed = sum(made.states(each).count("killed") for each in ("ldap", "casper"))
    shown = made.program.run("history", "--count", 1000)
    assert shown.code == 0
    assert sum(" killed " in f"{line} " for line in shown.out.splitlines()) == killed


def test_some_kills_lose_nothing(company):
    where, total = killed_and_run_again(company, 5)
    assert where.total() == 5
    assert total["fetched"] >= total["records"]


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_two_hundred_kills_lose_nothing(company):
    started = time.monotonic()
    where, total = killed_and_run_again(company, 200)
    places = ", ".join(f"{number} {name}" for name, number in where.most_common())
    figures.write(
        "kill",
        f"`kill -9` at {where.total()} random moments of `upload ldap casper` ({places}), against a"
        f" real OpenLDAP and the sandbox, half of them with `changed_only`, in"
        f" {time.monotonic() - started:.0f} seconds. The runs after them read"
        f" {total['fetched']} records, sent {total['sent']} and left out"
        f" {total['unchanged']} unchanged ones; compared with Oomnitza after each:"
        f" {total['records']} records in all. Lost: 0. Twice there: 0.",
    )
