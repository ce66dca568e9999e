"""The bulk requests a client may send: read, checked, and turned into one `Upload`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from werkzeug.exceptions import BadRequest

Record = dict[str, Any]

KINDS = ("users", "assets")
MAX_V2_RECORDS = 100
MAX_AUDIT_RECORDS = 10


@dataclass(frozen=True)
class Upload:
    """One bulk request.

    `sync_fields` is empty when the server's own is to be used. `portion` groups the requests of one
    run; the v2 endpoints know none. `error` is stored in place of the records.
    """

    kind: str
    connector: str
    records: list[Record]
    sync_fields: tuple[str, ...]
    portion: str | None = None
    insert_only: bool = False
    update_only: bool = False
    error: str | None = None
    test_run: bool = False

    def __post_init__(self) -> None:
        if self.insert_only and self.update_only:
            raise BadRequest("insert_only and update_only cannot be combined")


def read_json(body: bytes) -> Any:
    """Parse a body, whatever content type it came with: the oldest clients sent none.

    NaN and Infinity are no JSON, and half a surrogate pair is no text: both are refused.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from error
    return value


def bulk(body: Any, max_records: int) -> Upload:
    """Check the body of `POST /api/v3/bulk`."""
    body = _object(body)
    kind = _text(body, "data_type")
    if kind not in KINDS:
        raise BadRequest(f"unknown data_type {kind!r}, expected one of: {', '.join(KINDS)}")
    _text(body, "connector_version")
    sync_field = body.get("sync_field")
    if not isinstance(sync_field, list) or not all(_filled(field) for field in sync_field):
        raise BadRequest("sync_field must be a list of field IDs")
    error = body.get("error")
    if error is not None and not isinstance(error, str):
        raise BadRequest("error must be a string or null")
    if not isinstance(body.get("records"), list):
        raise BadRequest("records must be a list")
    return Upload(
        kind=kind,
        connector=_connector(body),
        records=_records(body["records"], max_records, may_be_empty=bool(error)),
        sync_fields=tuple(sync_field),
        portion=_text(body, "portion"),
        insert_only=_flag(body, "insert_only"),
        update_only=_flag(body, "update_only"),
        error=error or None,
        test_run=_flag(body, "test_run"),
    )


def v2_users(body: Any, query: Mapping[str, str]) -> Upload:
    """Check the body of `POST /api/v2/bulk/users`: a list of records, or one record."""
    return Upload(
        kind="users",
        connector=query.get("agent_id", ""),
        records=_records(body, MAX_V2_RECORDS),
        sync_fields=(query.get("sync_field") or "USER",),
    )


def v2_assets(body: Any) -> Upload:
    """Check the body of `POST /api/v2/bulk/assets`."""
    return _v2_devices(_object(body), "integration_id", "assets", MAX_V2_RECORDS)


def v2_audit(body: Any) -> Upload:
    """Check the body of `POST /api/v2/bulk/audit`: assets with their software.

    What `only_if_filled` and `dont_overwrite` did is not documented; they are accepted and unused.
    """
    return _v2_devices(_object(body), "agent_id", "computers", MAX_AUDIT_RECORDS)


def _v2_devices(body: Record, name: str, records: str, max_records: int) -> Upload:
    return Upload(
        kind="assets",
        connector=_text(body, name),
        records=_records(body.get(records), max_records),
        sync_fields=(_text(body, "sync_field"),),
        insert_only=_spelled_flag(body, "insert_only"),
        update_only=_spelled_flag(body, "update_only"),
    )


def _object(body: Any) -> Record:
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def _records(value: Any, max_records: int, *, may_be_empty: bool = False) -> list[Record]:
    records = [value] if isinstance(value, dict) else value
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadRequest("each record must be a JSON object")
    if not records and not may_be_empty:
        raise BadRequest("records is empty")
    if len(records) > max_records:
        raise BadRequest(f"{len(records)} records in one request, but the maximum is {max_records}")
    return records


def _connector(body: Record) -> str:
    if body.get("connector_name") is not None:
        return _text(body, "connector_name")
    ident = body.get("connector_id")
    if isinstance(ident, bool) or not (isinstance(ident, int) or _filled(ident)):
        raise BadRequest("connector_name or connector_id is required")
    return str(ident)


def _text(body: Record, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _filled(value):
        raise BadRequest(f"{name} must be a string that is not empty")
    return value


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _flag(body: Record, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} must be true or false")
    return value


def _spelled_flag(body: Record, name: str) -> bool:
    """Read a flag of the v2 API, which comes as the text of an ini file: "True" or "False"."""
    spelled = str(body.get(name, False)).lower()
    if spelled not in ("true", "false"):
        raise BadRequest(f"{name} must be True or False")
    return spelled == "true"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
