"""The sandbox's people as OneLogin has them, in the shapes of its two JSON APIs.

Which keys there are, and which of them a listing of API /2 has unasked, is documented at
developers.onelogin.com: "User Resource", "Get Users" and "List Users".
"""

from __future__ import annotations

from typing import Any

from sandbox.people import Person, people

User = dict[str, Any]

# What API /1 gives as an empty text where API /2 has null.
TEXTS = ("username", "comment", "phone", "company", "department", "title")
ONLY_IN_1 = ("openid_name", "locale_code", "role_id")
UNASKED_IN_2 = (
    "activated_at", "created_at", "directory_id", "distinguished_name", "email", "external_id",
    "firstname", "group_id", "id", "invalid_login_attempts", "invitation_sent_at", "last_login",
    "lastname", "locked_until", "member_of", "password_changed_at", "phone", "samaccountname",
    "state", "status", "updated_at", "username",
)  # fmt: skip
STATUSES = {9: 0, 18: 2, 27: 3, 36: 4, 45: 5, 54: 7, 63: 8}
ROLES = {439801: "Employee", 439802: "Oslo Office"}
SAME_MAIL = {12: 11}


def users(count: int) -> list[User]:
    """The users of an account by ascending id, in the shape of API /1, with null for what is unset.

    One in 30 has no username, one in 15 no phone, one in 6 comes from Active Directory.
    """
    everybody = list(people(count))
    return [_user(person, everybody) for person in everybody]


def in_1(user: User) -> User:
    return {name: "" if name in TEXTS and value is None else value for name, value in user.items()}


def in_2(user: User) -> User:
    kept = {name: value for name, value in user.items() if name not in ONLY_IN_1}
    return kept | {"role_ids": user["role_id"]}


def _user(person: Person, everybody: list[Person]) -> User:
    number = person.number
    nameless = number % 30 == 0 and person.mail
    mail = everybody[SAME_MAIL.get(number, number) - 1].mail
    made = f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}T08:15:30.207Z"
    status = STATUSES.get(number % 90, 1)
    seen = made if status else None
    return {
        "activated_at": seen,
        "created_at": made,
        "email": mail or None,
        "username": None if nameless else person.login,
        "firstname": person.first_name,
        "group_id": None if number % 4 == 0 else 477001,
        "id": 100_000 + 3 * number,
        "invalid_login_attempts": 2 if status == 3 else 0,
        "invitation_sent_at": seen,
        "last_login": seen,
        "lastname": person.last_name,
        "locked_until": None,
        "comment": None,
        "openid_name": person.login,
        "locale_code": None,
        "preferred_locale_code": None,
        "password_changed_at": seen,
        "phone": person.phone or None,
        "status": status,
        "updated_at": made,
        "external_id": None if number % 2 else f"E-{1000 + number}",
        **_directory(person),
        "manager_user_id": None if number == 1 else 100_003,
        "role_id": None if number % 5 == 0 else list(ROLES)[: 1 + number % 2],
        "company": "Example AS",
        "department": person.department,
        "title": person.title or None,
        "state": 1,
        "trusted_idp_id": None,
        "custom_attributes": {
            "cost_center": (f"CC-{300 + number % 9}", None, "")[number % 3],
            "badge": f"B-{number}",
        },
    }


def _directory(person: Person) -> User:
    if person.number % 6:
        names = ("distinguished_name", "directory_id", "member_of", "samaccountname")
        return dict.fromkeys((*names, "userprincipalname", "manager_ad_id"))
    name = person.full_name.replace(",", "\\,")
    return {
        "distinguished_name": f"CN={name},OU=Staff,DC=example,DC=com",
        "directory_id": 5001,
        "member_of": "CN=All,DC=example,DC=com",
        "samaccountname": person.login,
        "userprincipalname": f"{person.login}@example.com",
        "manager_ad_id": None,
    }
