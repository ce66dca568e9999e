"""The employees of the sandbox's company as BambooHR keeps them, and the fields that it knows.

The fields of the directory and the forms of their values were seen in answers of the service, which
the vendor documents at documentation.bamboohr.com (Get Employee Directory, List of Field Names).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sandbox.people import Person

Employee = dict[str, Any]

DAY = 86_400
PHOTOS = "https://images7.example.com/616403/photos"
PLACEHOLDER = "https://resources.example.com/images/photo_person_160x160.png"
LOCATIONS = ("London, UK", "Salt Lake City, Utah", "Zürich", "東京", "Remote/Home")
SUPERVISOR = ("Grace", "Brown")


@dataclass(frozen=True)
class Field:
    """A field as answers announce it; `label` can be renamed by an administrator."""

    id: str
    type: str
    label: str

    @property
    def announced(self) -> dict[str, str]:
        return {"id": self.id, "type": self.type, "name": self.label}


DIRECTORY_FIELDS = (
    Field("displayName", "text", "Display name"),
    Field("firstName", "text", "First name"),
    Field("lastName", "text", "Last name"),
    Field("preferredName", "text", "Preferred name"),
    Field("jobTitle", "list", "Job title"),
    Field("workPhone", "text", "Work Phone"),
    Field("mobilePhone", "text", "Mobile Phone"),
    Field("workEmail", "email", "Work Email"),
    Field("department", "list", "Department"),
    Field("location", "list", "Location"),
    Field("division", "list", "Division"),
    Field("linkedIn", "text", "LinkedIn URL"),
    Field("instagram", "text", "Instagram URL"),
    Field("pronouns", "list", "Pronouns"),
    Field("workPhoneExtension", "text", "Work Ext."),
    Field("supervisor", "employee", "Manager"),
    Field("photoUploaded", "bool", "Employee photo exists"),
    Field("photoUrl", "url", "Employee photo url"),
    Field("canUploadPhoto", "bool", ""),
)
# What is left for those who may see the organization chart only.
CHART_FIELDS = frozenset({"displayName", "firstName", "lastName", "jobTitle", "department"})
REPORT_FIELDS = (
    *(field for field in DIRECTORY_FIELDS if field.id not in ("supervisor", "canUploadPhoto")),
    Field("supervisor", "text", "Manager name"),
    Field("employeeNumber", "employee_number", "Employee #"),
    Field("status", "status", "Status"),
    Field("employmentHistoryStatus", "list", "Employment Status"),
    Field("hireDate", "date", "Hire Date"),
    Field("terminationDate", "date", "Termination Date"),
    Field("gender", "gender", "Gender"),
    Field("homeEmail", "email", "Home Email"),
    Field("bestEmail", "email", "Best Email"),
    Field("lastChanged", "timestamp", "Last changed"),
    Field("customBadge", "text", "Badge/Key"),
)


def employee(person: Person) -> Employee:
    """All that is known of a person: one in six has left, one in 50 begins in a year to come."""
    future = person.number % 50 == 7
    left = person.number % 6 == 0 and not future
    return {
        "id": str(person.number + 3),
        **_names(person),
        **_ways_to_reach(person),
        **_job(person),
        **_photo(person),
        "employeeNumber": str(10_000 + person.number),
        "status": "Inactive" if left or future else "Active",
        "employmentHistoryStatus": "Terminated" if left else "Full-Time",
        "hireDate": "2199-03-01" if future else f"20{person.number % 25:02d}-03-01",
        "terminationDate": "2026-01-31" if left else "0000-00-00",
        "lastChanged": f"2026-02-{1 + person.number % 28:02d}T09:15:00+00:00",
        "customBadge": f"B/{person.number:05d}",
    }


def begins_later(person: Employee) -> bool:
    return str(person["hireDate"]) > time.strftime("%Y-%m-%d", time.gmtime())


def in_directory(person: Employee) -> dict[str, Any]:
    """The values as the directory has them: the manager by first and last name."""
    return {**person, "supervisor": " ".join(SUPERVISOR), "canUploadPhoto": 0}


def in_report(person: Employee) -> dict[str, Any]:
    """The values as reports have them: the manager by last and first name."""
    return {**person, "supervisor": f"{SUPERVISOR[1]}, {SUPERVISOR[0]}"}


def _names(person: Person) -> dict[str, Any]:
    return {
        "displayName": person.full_name,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "preferredName": person.first_name[:3] if person.number % 20 == 0 else None,
        "gender": (None, "Female", "Male")[person.number % 3],
        "pronouns": None,
    }


def _ways_to_reach(person: Person) -> dict[str, Any]:
    return {
        "workEmail": person.mail or None,
        "homeEmail": f"{person.login}@home.example.org",
        "bestEmail": person.mail or f"{person.login}@home.example.org",
        "workPhone": person.phone or None,
        "mobilePhone": f"+44 7700 90{person.number:04d}" if person.number % 3 else None,
        "workPhoneExtension": ("", None, str(person.number))[person.number % 3],
        "linkedIn": f"www.linkedin.com/in/{person.login}",
        "instagram": None,
    }


def _job(person: Person) -> dict[str, Any]:
    return {
        "jobTitle": person.title or None,
        "department": person.department,
        "location": LOCATIONS[person.number % len(LOCATIONS)],
        "division": "Europe" if person.number % 10 else None,
    }


def _photo(person: Person) -> dict[str, Any]:
    """The address of a photo is signed for about a month, and so is never the same for long."""
    if person.number % 4:
        return {"photoUploaded": False, "photoUrl": PLACEHOLDER}
    ends = (int(time.time()) // DAY + 30) * DAY
    signed = f"Policy={ends}&Signature=sandbox-{ends % 9973}~&Key-Pair-Id=K0SANDBOX"
    return {"photoUploaded": True, "photoUrl": f"{PHOTOS}/{person.number}-0-4.jpg?{signed}"}
