"""Uploads to Oomnitza by its two bulk APIs.

They have no public specification. The requests are those that shipped clients of Oomnitza send
today (v3, from 2020 on) and sent before (v2).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

from lib import __version__
from lib.errors import ConfigurationError, TargetRefused
from lib.http.client import NotFound
from lib.http.response import NoContent
from lib.jsontext import to_json
from lib.oomnitza.client import OomnitzaClient
from lib.oomnitza.confirmation import Confirm, Confirmation
from lib.target.item import Item
from lib.target.target import UploadPlan

# The most records that shipped clients have ever put into one request, and the most assets into
# one of the older API.
LARGEST_BATCH = 100
LARGEST_AUDIT = 10


class BulkOptions(NamedTuple):
    """How runs send their records: per request, in parallel, and when a response confirms them."""

    batch_size: int = LARGEST_BATCH
    workers: int = 1
    confirm: Confirm = "body"


DEFAULTS = BulkOptions()


class BulkV3:
    """One run in the current bulk API: batches of one portion, which is closed at the end."""

    def __init__(
        self, client: OomnitzaClient, plan: UploadPlan, options: BulkOptions = DEFAULTS
    ) -> None:
        self.batch_size = options.batch_size
        self.workers = options.workers
        self.portion = str(uuid4())
        self.needs_counts = options.confirm == "strict"
        self._client = client
        self._confirm = Confirmation(options.confirm)
        self._opened = False
        self._common = {
            "connector_name": plan.mapping_name,
            "connector_version": __version__,
            "portion": self.portion,
            "sync_field": list(plan.sync_field),
            "data_type": plan.data_type,
            "insert_only": plan.insert_only,
            "update_only": plan.update_only,
            "test_run": False,
            "error": None,
        }

    @property
    def response_shape(self) -> str:
        """The structure of the first response to records."""
        return self._confirm.shape

    def send(self, items: Sequence[Item]) -> None:
        """Upload up to `batch_size` records; raises TargetRefused for these, or another error."""
        self._opened = True
        body = _body(self._common, "records", items)
        self._client.post_records("/api/v3/bulk", body, self._confirm)

    def leave_out(self, items: Sequence[Item]) -> None:
        """Do nothing: Oomnitza keeps the records that it has."""

    def canceled(self) -> bool:
        """Whether the run was canceled in the web interface."""
        try:
            answer = self._client.get_json(f"/api/v3/bulk/{self.portion}")
        except (NotFound, NoContent, TargetRefused):
            return False  # an Oomnitza from before 2024 does not know the question
        return isinstance(answer, dict) and answer.get("canceled") is True

    def finish(self, error: str = "") -> None:
        """Tell Oomnitza that the run has ended, and its error if records had been sent."""
        if error and not self._opened:
            return
        if error:
            failed = {**self._common, "records": [], "error": error, "error_type": "Fatal Error"}
            with suppress(TargetRefused, NotFound):
                self._client.post_json("/api/v3/bulk", failed)
        self._client.close_run(self.portion)


class BulkV2:
    """One run in the bulk API of an Oomnitza from before 2020, in which runs have no end.

    Raises ConfigurationError for assets without a sync field: that API keeps none of its own.
    """

    portion = ""
    needs_counts = False

    def __init__(
        self, client: OomnitzaClient, plan: UploadPlan, options: BulkOptions = DEFAULTS
    ) -> None:
        self.workers = options.workers
        self._client = client
        self._confirm = Confirmation(options.confirm)
        self._plan = plan
        people = plan.data_type == "users"
        if not people and not plan.sync_field:
            raise ConfigurationError(
                "api = v2 in [oomnitza] requires a sync_field for assets",
                fix="Set sync_field in the section, or set api = v3",
            )
        if people and (plan.insert_only or plan.update_only):
            raise ConfigurationError(
                "api = v2 in [oomnitza] does not support insert_only and update_only for users",
                fix="Remove them from the section, or set api = v3",
            )
        self.batch_size = min(options.batch_size, LARGEST_BATCH if people else LARGEST_AUDIT)

    @property
    def response_shape(self) -> str:
        """The structure of the first response to records."""
        return self._confirm.shape

    def send(self, items: Sequence[Item]) -> None:
        """Upload up to `batch_size` records; raises TargetRefused for these, or another error."""
        if self._plan.data_type == "users":
            self._send_users(items)
        else:
            self._send_audit(items)

    def leave_out(self, items: Sequence[Item]) -> None:
        """Do nothing: Oomnitza keeps the records that it has."""

    def canceled(self) -> bool:
        """Return False, as this API cannot be asked; raises if Oomnitza does not respond."""
        self._client.server_mapping(self._plan.mapping_name)
        return False

    def finish(self, error: str = "") -> None:
        """Do nothing: this API has no end of a run."""

    def _send_users(self, items: Sequence[Item]) -> None:
        query = {
            "VERSION": __version__,
            "agent_id": self._plan.mapping_name,
            "sync_field": ",".join(self._plan.sync_field) or "USER",
        }
        body = b"[%b]" % _listed(items)
        self._client.post_records("/api/v2/bulk/users", body, self._confirm, params=query)

    def _send_audit(self, items: Sequence[Item]) -> None:
        common = {
            "agent_id": self._plan.mapping_name,
            "sync_field": ",".join(self._plan.sync_field),
            "insert_only": str(self._plan.insert_only),
            "update_only": str(self._plan.update_only),
        }
        lists = {name: getattr(self._plan, name) for name in ("only_if_filled", "dont_overwrite")}
        common |= {name: text for name, text in lists.items() if text}
        body = _body(common, "computers", items)
        version = {"VERSION": __version__}
        self._client.post_records("/api/v2/bulk/audit", body, self._confirm, params=version)


def _body(common: dict[str, Any], key: str, items: Sequence[Item]) -> bytes:
    """A JSON object with the records under a key."""
    head = to_json({**common, key: []}).encode()
    return b"%b%b]}" % (head.removesuffix(b"]}"), _listed(items))


def _listed(items: Sequence[Item]) -> bytes:
    """The records between commas, in UTF-8.

    Each is encoded by itself: in one text of them all, Python would give every character as many
    bytes as the largest one needs, four where there is an emoji anywhere.
    """
    return b",".join([item.text.encode() for item in items])
