"""The REST API of Control Center: listing devices, a device, its usage.

Written from Cisco's documentation (search devices, get device details, get device usage, policies).
Where that names no code for an error, 10000002 stands for a parameter that is not valid.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, jsonify, request

from sandbox.jasper.sims import ACCOUNT_ID, Sim
from sandbox.jasper.state import State
from sandbox.signin import basic_login

LARGEST_PAGE = 50
YEAR = timedelta(days=366)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
PARAMETERS = frozenset({"accountId", "modifiedSince", "status", "pageSize", "pageNumber"})
ERRORS = {
    "10000001": (401, "Invalid credentials."),
    "10000002": (400, "A parameter is invalid."),
    "10000003": (400, "ModifiedSince is required."),
    "10000028": (400, "Unknown request parameter."),
    "10000030": (400, "Your role does not have access to this function."),
    "10000045": (400, "ModifiedSince cannot be more than one year old."),
    "20000001": (404, "Resource not found - Invalid ICCID."),
    "30000001": (500, "Unknown server error."),
    "40000029": (400, "Rate Limit Exceeded."),
}


class Refusal(Exception):
    """What the API refuses, by its code."""


class Devices:
    """The views; `explain` turns a refusal into an answer."""

    def __init__(self, jasper: State) -> None:
        self._jasper = jasper

    def listed(self) -> Response:
        self._let_in()
        page = _number("pageNumber", 1)
        size = _number("pageSize", LARGEST_PAGE)
        if page < 1 or not 1 <= size <= LARGEST_PAGE:
            raise Refusal("10000002")
        since, till = self._span()
        sims = self._jasper.sims.modified(since, till, request.args.get("status", ""))
        return jsonify(
            pageNumber=page,
            lastPage=page * size >= len(sims),
            devices=[
                {
                    "iccid": sim.iccid,
                    "status": sim.status,
                    "ratePlan": sim.rate_plan,
                    "communicationPlan": "Data LTE, SMS",
                }
                for sim in sims[(page - 1) * size : page * size]
            ],
        )

    def detail(self, iccid: str) -> Response:
        return jsonify(_device(self._find(iccid)))

    def usage(self, iccid: str) -> Response:
        sim = self._find(iccid)
        return jsonify(
            iccid=sim.iccid,
            ctdDataUsage=sim.bytes_used,
            ctdSMSUsage=0,
            ctdVoiceUsage=0,
            ctdSessionCount=sim.sessions or 0,
            overageLimitReached=False,
            overageLimitOverride="DEFAULT",
        )

    def explain(self, refusal: Refusal) -> Response:
        code = str(refusal)
        status, message = ERRORS[code]
        answer = jsonify(errorMessage=message, errorCode=code)
        answer.status_code = status
        return answer

    def _let_in(self) -> None:
        if basic_login() != (self._jasper.username, self._jasper.api_key):
            raise Refusal("10000001")
        refusal = self._jasper.refusal("40000029")
        if refusal:
            raise Refusal(refusal)
        if not self._jasper.may_read:
            raise Refusal("10000030")

    def _find(self, iccid: str) -> Sim:
        self._let_in()
        sims = self._jasper.sims
        if iccid in sims.spoiled:
            raise Refusal("30000001")
        if not sims.has(iccid) or iccid in sims.foreign:
            raise Refusal("20000001")
        return sims[iccid]

    def _span(self) -> tuple[datetime, datetime | None]:
        """Since when and until when; no more than a year."""
        known = PARAMETERS | {"modifiedTill"} if self._jasper.knows_till else PARAMETERS
        if not known.issuperset(request.args):
            raise Refusal("10000028")
        if "modifiedSince" not in request.args:
            raise Refusal("10000003")
        since, till = _moment("modifiedSince"), _moment("modifiedTill")
        assert since
        if self._jasper.only_last_year and since < datetime.now(UTC) - YEAR:
            raise Refusal("10000045")
        if till and not since <= till <= since + YEAR:
            raise Refusal("10000002")
        return since, till or (since + YEAR if self._jasper.knows_till else None)


def _device(sim: Sim) -> dict[str, Any]:
    return {
        "iccid": sim.iccid,
        "imsi": sim.imsi,
        "msisdn": sim.msisdn,
        "imei": sim.imei or None,
        "status": sim.status,
        "ratePlan": sim.rate_plan,
        "communicationPlan": "Data LTE, SMS",
        "customer": sim.customer or None,
        "endConsumerId": None,
        "dateActivated": _date(sim.activated),
        "dateAdded": _date(sim.added),
        "dateUpdated": _date(sim.modified),
        "dateShipped": _date(sim.shipped),
        "accountId": str(ACCOUNT_ID),
        "fixedIPAddress": sim.ip or None,
        **{f"accountCustom{number}": text for number, text in enumerate(sim.custom, 1)},
        **{f"customerCustom{number}": "" for number in range(1, 6)},
        **{f"operatorCustom{number}": "" for number in range(1, 6)},
        "simNotes": None,
        "deviceID": sim.device_id,
        "modemID": "",
        "globalSimType": None,
    }


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, str(otherwise))
    if not text.isdecimal():
        raise Refusal("10000002")
    return int(text)


def _moment(name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not MOMENT.fullmatch(text):
        raise Refusal("10000002")
    return datetime.fromisoformat(text)


def _date(moment: datetime | None) -> str | None:
    """A blank before the time, and no colon in the zone."""
    if moment is None:
        return None
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
