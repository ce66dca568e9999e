"""A reader of the inventories of the Jamf Pro API: hundreds of devices with one request."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from lib.connector import Projection, SourceItem
from lib.errors import AccessDenied, ConfigurationError, RecordUnreadable
from lib.http.client import Client, NotFound
from lib.http.response import member
from lib.jamfpro import ClassicView, Inventory
from lib.plugins import did_you_mean
from lib.reading.listing import Page
from lib.reading.pages import paginate_by_number
from lib.record import Record

log = logging.getLogger(__name__)

# The largest page there is (more are asked for in vain), and the one for records with long lists,
# such as all applications: with 70 KB each, a hundred of them take 80 MB while they are parsed.
PAGE = 2000
PAGE_OF_LONG_RECORDS = 100


class Reader:
    """Reads an inventory, all of it or one group; `total` is the number of records, once known.

    Sorted by ID, the listing keeps its order while it is read. A repeated or truncated page, and a
    wrong total, end the run (SourceFault).
    """

    def __init__(self, jamf: Client, inventory: Inventory, group_name: str) -> None:
        self.total: int | None = None
        self._jamf = jamf
        self._inventory = inventory
        self._group_name = group_name
        self._path = ""  # of the newest version that the server has

    def check(self) -> None:
        """Request one device and the group; raises the error of a request that fails."""
        self._group()
        self._page({"page-size": 1})

    def records(self, projection: Projection) -> Iterator[SourceItem]:
        """Yield the records in the format of the Classic API, with what the projection needs."""
        view = ClassicView(self._inventory, projection)
        if view.missing:
            log.warning("Not available with api = pro: %s", ", ".join(view.missing))
        group = self._group()
        lookups = {path: self._names(kind) for path, kind in view.lookups.items()}
        for record in self._all(view, group):
            if isinstance(record, RecordUnreadable):
                yield record
            elif section := view.unreadable_section(record):
                what = f"Jamf Pro returned no data in the section {section}"
                yield RecordUnreadable(what, where=f"device {record['id']}")
            elif not group or self._inventory.groups_filter or _is_in(record, group):
                _name(record, lookups)
                yield view(record)

    def _all(self, view: ClassicView, group: str) -> Iterator[dict[str, Any] | RecordUnreadable]:
        size = PAGE_OF_LONG_RECORDS if view.is_long else PAGE
        asked: dict[str, Any] = {"page-size": size, "section": view.sections}
        by_filter = self._inventory.groups_filter
        if group and by_filter:
            asked["filter"] = f"groupId=={group}"
        elif group:
            asked["section"] = sorted({*view.sections, "GROUP_MEMBERSHIPS"})

        def fetch(number: int) -> Page:
            page = self._page({**asked, "page": number - 1})
            if not group or by_filter:
                self.total = page.total
            return page

        return paginate_by_number(fetch, size, where=self._jamf.url + self._inventory.paths[0])

    def _page(self, asked: dict[str, Any]) -> Page:
        """Request a page; the first one is requested from all versions, the newest first."""
        key, device = self._inventory.id_key, self._inventory.device
        asked = {"sort": f"{key}:asc", **self._inventory.options, **asked}
        versions = [self._path] if self._path else self._inventory.paths
        for path in versions:
            try:
                with _needing(f"Read {device}s"):
                    answer = self._jamf.get_json(path, **asked)
            except NotFound as error:
                if path == versions[-1]:
                    fix = "Check the url. Jamf Pro before 10.39 needs api = classic"
                    raise error.with_fix(fix) from None
            else:
                break
        self._path, where = path, self._jamf.url + path
        page = _page_of(answer, asked, where)
        return replace(page, records=[_with_id(record, key) for record in page.records])

    def _group(self) -> str:
        """Return the ID of the group with the configured name; empty if none is configured."""
        if not self._group_name:
            return ""
        path, device = self._inventory.groups, self._inventory.device
        with _needing(f"Read Smart {device} Groups", f"Read Static {device} Groups"):
            listed = self._jamf.get_json(path)
        where = self._jamf.url + path
        listed = member({"groups": listed}, "groups", list, where=where)
        return str(group_id(listed, self._group_name, where))

    def _names(self, kind: str) -> dict[str, str]:
        """Return the names of all departments or buildings by their IDs."""
        path = f"/api/v1/{kind.lower()}"
        where = self._jamf.url + path

        def fetch(number: int) -> Page:
            asked = {"page": number - 1, "page-size": PAGE, "sort": "id:asc"}
            with _needing(f"Read {kind}"):
                return _page_of(self._jamf.get_json(path, **asked), asked, where)

        rows = paginate_by_number(fetch, PAGE, where=where)
        return {row["id"]: row.get("name", "") for row in rows if isinstance(row, dict)}


def group_id(listed: list[Any], name: str, where: str) -> Any:
    """Return the ID of the group with this name; raise ConfigurationError if there is none.

    It is looked up in the list of all groups, because a URL path cannot hold every name.
    """
    groups = {member(item, "name", where=where): member(item, "id", where=where) for item in listed}
    if name not in groups:
        raise ConfigurationError(
            f"group {name!r} not found in Jamf Pro",
            fix=f"Check group_name; {did_you_mean(name, groups)}".rstrip("; "),
        )
    return groups[name]


@contextmanager
def _needing(*privileges: str) -> Iterator[None]:
    """Name the privileges that the requests in the block need, if access is denied."""
    try:
        yield
    except AccessDenied as error:
        fix = f"Give the account these permissions: {', '.join(privileges)}"
        raise error.with_fix(fix) from None


def _page_of(answer: Any, asked: dict[str, Any], where: str) -> Page:
    """Return the page in the response to a request, whose `page` is counted from 0."""
    total = member(answer, "totalCount", int, where=where)
    read = (asked.get("page", 0) + 1) * asked["page-size"]
    return Page(member(answer, "results", list, where=where), total, more=read < total)


def _with_id(record: Any, key: str) -> Any:
    return {"id": record.get(key), **record} if isinstance(record, dict) else record


def _name(record: Record, lookups: dict[str, dict[str, str]]) -> None:
    """Add the names of the department and the building to their IDs."""
    user = record.get("userAndLocation")
    if isinstance(user, dict):
        for path, names in lookups.items():
            key = path.rpartition(".")[2]
            user[key] = names.get(user.get(f"{key}Id", ""))


def _is_in(record: Record, group: str) -> bool:
    memberships = record.get("groupMemberships") or ()
    return any(isinstance(item, dict) and item.get("groupId") == group for item in memberships)
