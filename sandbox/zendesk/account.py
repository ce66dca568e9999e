"""The users and organizations of the sandbox's Zendesk account, as lists show them.

The keys, their order and what may be null: developer.zendesk.com, Ticketing API, Users and
Organizations, and answers of the service.
"""

from __future__ import annotations

from typing import Any

from sandbox.people import Person

Record = dict[str, Any]

FIRST_ID = 14_930_942_000_001
UNKNOWN_ORGANIZATION = 14_930_942_999_999
ZONES = (("Stockholm", "Europe/Stockholm"), ("Eastern Time (US & Canada)", "America/New_York"))
COMPANIES = ("Acme Nordics AB", "Ó Briain & Sons", "株式会社サンド", "Smith, Jones + Partners")


def user(person: Person, organizations: list[Record], url: str) -> Record:
    """A user as the users list has him: mostly customers (end users), some of them agents.

    One in 23 belongs to an organization that no list has, one in 31 has a name of one word, one in
    29 was deleted.
    """
    number = person.number
    identifier = FIRST_ID + number * 200
    role = "admin" if number == 1 else "agent" if number % 10 == 2 else "end-user"
    zone, iana = ZONES[number % len(ZONES)]
    return {
        "id": identifier,
        "url": f"{url}/api/v2/users/{identifier}.json",
        "name": person.login if number % 31 == 0 else person.full_name,
        "email": person.mail or None,
        "created_at": "2024-03-04T08:15:30Z",
        "updated_at": f"2026-01-{1 + number % 28:02d}T11:02:07Z",
        "time_zone": zone,
        "iana_time_zone": iana,
        "phone": person.phone or None,
        "shared_phone_number": False if person.phone else None,
        "photo": _photo(person, identifier, url) if number % 5 == 0 else None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": _organization_of(number, organizations),
        **_standing(number, role),
        "user_fields": {"employee_number": str(number), "contractor": number % 8 == 0},
    }


def organization(number: int, url: str) -> Record:
    identifier = FIRST_ID + 100 + number * 200
    name = COMPANIES[number % len(COMPANIES)]
    return {
        "url": f"{url}/api/v2/organizations/{identifier}.json",
        "id": identifier,
        "name": name if number < len(COMPANIES) else f"{name} {number}",
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None if number % 3 == 0 else f"ORG-{number}",
        "created_at": "2023-11-02T09:00:00Z",
        "updated_at": "2025-06-30T14:21:09Z",
        "domain_names": [] if number % 4 else ["acme.example"],
        "details": None,
        "notes": None,
        "group_id": None,
        "tags": [],
        "organization_fields": {"cost_center": str(4700 + number)},
    }


def _standing(number: int, role: str) -> Record:
    """What a user is and may do, from his role down to his flags."""
    staff = role != "end-user"
    return {
        "role": role,
        "verified": number % 9 != 0,
        "external_id": f"HR-{number:05d}" if number % 3 else None,
        "tags": ["vip", "nordics"] if number % 12 == 0 else [],
        "alias": None,
        "active": number % 29 != 0,
        "shared": False,
        "shared_agent": False,
        "last_login_at": "2026-01-19T10:58:44Z" if staff else None,
        "two_factor_auth_enabled": True if staff else None,
        "signature": "Best regards" if staff else None,
        "details": None,
        "notes": "",
        "role_type": {"admin": 4, "agent": 0}.get(role),
        "custom_role_id": FIRST_ID + 50 if role == "agent" else None,
        "moderator": False,
        "ticket_restriction": {"end-user": "requested", "agent": "groups"}.get(role),
        "only_private_comments": False,
        "restricted_agent": role != "admin",
        "suspended": number % 17 == 0,
        "default_group_id": FIRST_ID + 60 if staff else None,
        "report_csv": False,
    }


def _organization_of(number: int, organizations: list[Record]) -> int | None:
    if number % 23 == 0:
        return UNKNOWN_ORGANIZATION
    if number % 4 == 0 or not organizations:
        return None
    identifier: int = organizations[number % len(organizations)]["id"]
    return identifier


def _photo(person: Person, identifier: int, url: str) -> Record:
    content = f"{url}/system/photos/{identifier}/{person.login}.png"
    return {
        "url": f"{url}/api/v2/attachments/{identifier + 1}.json",
        "id": identifier + 1,
        "file_name": f"{person.login}.png",
        "content_url": content,
        "mapped_content_url": content,
        "content_type": "image/png",
        "size": 10_157,
        "width": 80,
        "height": 80,
        "inline": False,
        "deleted": False,
        "thumbnails": [],
    }
