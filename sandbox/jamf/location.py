"""The `location` section, the same for computers and mobile devices: whose it is and where."""

from __future__ import annotations

from sandbox.people import Person

BUILDINGS = ("North", "South", "Zürich")


def location(number: int, user: Person | None) -> dict[str, str]:
    """Return the section's fields; a device without a user has empty ones."""
    if user is None:
        return {}
    return {
        "username": user.login,
        "realname": user.full_name,
        "real_name": user.full_name,
        "email_address": user.mail,
        "position": user.title,
        "phone": user.phone,
        "phone_number": user.phone,
        "department": user.department,
        "building": BUILDINGS[number % len(BUILDINGS)],
        "room": f"{number % 4}.{number % 23:02d}",
    }
