"""The sandbox's people as Okta has them in a list, with what is awkward about real ones."""

from __future__ import annotations

from typing import Any

from sandbox.people import Person, people

User = dict[str, Any]

WHOLE = 1
"""The user of whom every attribute is set, with custom ones of each type."""
STAGED = (2, 62)
NO_FIRST_NAME = 97
NO_MOBILE_PHONE = 33
NO_MAIL_AS_LOGIN = 44
FROM_A_DIRECTORY = 3
CHANGING = 81
RARE_STATUSES = {
    10: "PROVISIONED",
    20: "RECOVERY",
    30: "PASSWORD_EXPIRED",
    40: "LOCKED_OUT",
    55: "SUSPENDED",
}


def users(count: int) -> list[User]:
    """The users of an organisation, in the order of their ids; one in 25 is deactivated."""
    return [_user(person) for person in people(count)]


def _user(person: Person) -> User:
    number = person.number
    status = _status(number)
    login = person.login if number == NO_MAIL_AS_LOGIN else f"{person.login}@example.com"
    ident = f"00usandbox{number:06d}x7"
    begun = None if status == "STAGED" else _day(number, "09:05:11.000")
    user: User = {
        "id": ident,
        "status": status,
        "created": _day(number, "09:00:00.000"),
        "activated": begun,
        "statusChanged": begun,
        "lastLogin": None if number % 9 == 0 else begun,
        "lastUpdated": _day(number, "14:20:33.000"),
        "passwordChanged": begun,
        "type": {"id": "otysandbox00000000x7"},
        "profile": _profile(person, login),
        "credentials": _credentials(number, login),
        "_links": {"self": {"href": f"/api/v1/users/{ident}"}},
    }
    if number == CHANGING:
        user["transitioningToStatus"] = "DEPROVISIONED"
    return user


def _status(number: int) -> str:
    if number in STAGED:
        return "STAGED"
    return "DEPROVISIONED" if number % 25 == 0 else RARE_STATUSES.get(number, "ACTIVE")


def _profile(person: Person, login: str) -> dict[str, Any]:
    """Six attributes are always there (one, in one user, is not); others once they are set."""
    number = person.number
    profile: dict[str, Any] = {
        "firstName": None if number == NO_FIRST_NAME else person.first_name,
        "lastName": person.last_name,
        "mobilePhone": person.phone or None,
        "secondEmail": None if number % 2 else "",
        "login": login,
        "email": person.mail or f"{person.login}@example.com",
    }
    if number == NO_MOBILE_PHONE:
        del profile["mobilePhone"]
    if number in STAGED:
        return profile
    if person.title:
        profile["title"] = person.title
    profile |= {"department": person.department, "employeeNumber": f"{20000 + number}"}
    return profile | _rest(person) if number == WHOLE else profile


def _rest(person: Person) -> dict[str, Any]:
    """The base attributes that few people have, and custom ones."""
    return {
        "middleName": "E.",
        "honorificPrefix": "Dr.",
        "honorificSuffix": "PhD",
        "displayName": person.full_name,
        "nickName": person.first_name[:3],
        "profileUrl": "https://intranet.example.com/p/1",
        "primaryPhone": "+46 8 555 0100",
        "streetAddress": "Provgatan 1",
        "city": "Malmö",
        "state": "M",
        "zipCode": "21120",
        "countryCode": "SE",
        "postalAddress": "Box 12, Malmö",
        "preferredLanguage": "sv-SE",
        "locale": "sv_SE",
        "timezone": "Europe/Stockholm",
        "userType": "Employee",
        "costCenter": "CC-310",
        "organization": "Example AB",
        "division": "Operations",
        "managerId": "00usandbox000009x7",
        "manager": "Inês Quill",
        "badgeColor": "green",
        "deskCount": 2,
        "remote": False,
        "buildings": ["A1", "B4"],
    }


def _credentials(number: int, login: str) -> dict[str, Any]:
    mail = {"value": login, "status": "VERIFIED", "type": "PRIMARY"}
    provider = {"type": "OKTA", "name": "OKTA"}
    if number % 7 == FROM_A_DIRECTORY:
        provider = {"type": "ACTIVE_DIRECTORY", "name": "corp.example.com"}
    return {"password": {}, "emails": [mail], "provider": provider}


def _day(number: int, time: str) -> str:
    return f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}T{time}Z"
