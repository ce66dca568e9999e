"""The stand-in for Jasper: its switches, what it has seen, and the Flask app behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask, Request, Response, request

from sandbox.jasper.rest import Devices, Refusal
from sandbox.jasper.soap import Terminals
from sandbox.jasper.state import State
from sandbox.outages import Outages

FOLDER = Path(__file__).parent
REST = "/rws/api/v1/devices"
PAGING_MARK = "<!--PAGING-->"


class Jasper(State):
    """An account at Jasper: serve `app` with `sandbox.web.WebServer`.

    It has the WSDL at /ws/schema/Terminal.wsdl, the SOAP service at /ws/service/terminal and the
    REST API below /rws/api/v1. `storage` is where the connector is to keep how far it has read.

    Switches, to be set before or during a run, beside those of its `State`:
        on_call: called with each request before it is answered.
        outages: answers that come from before the application.

    Observations:
        requests: (method, path with query) of each request.
        calls: the SOAP envelopes that came, as text.
    """

    server_mapping: ClassVar[dict[str, dict[str, str | list[str]]]] = {
        "Jasper": {
            "iccid": "24DCF85294E411E38A52066B556BA4EE",
            "imei": "IMEI",
            "ratePlan": "RATE_PLAN",
            "status": "SIM_STATUS",
        }
    }

    def __init__(self, sims: int = 120, *, storage: Path | None = None, **state: Any) -> None:
        super().__init__(sims, **state)
        self.storage = storage
        self.on_call: Callable[[Request], None] | None = None
        self.outages = Outages()
        self.requests: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.app = self._application()

    def section(self, url: str) -> str:
        """A section of an ini for this account, served at that address, by SOAP."""
        return (
            f"[jasper]\nenable = True\nwsdl_path = {url}/ws/schema/Terminal.wsdl\n"
            f"username = {self.username}\npassword = {self.password}\n"
            f"api_token = {self.license_key}\n{self._common()}"
        )

    def control_center_section(self, url: str) -> str:
        """The same by REST."""
        return (
            f"[control_center]\nenable = True\nurl = {url}\n"
            f"username = {self.username}\napi_key = {self.api_key}\n{self._common()}"
        )

    def _common(self) -> str:
        storage = f"storage = {self.storage}\n" if self.storage else ""
        return f"{storage}sync_field = 24DCF85294E411E38A52066B556BA4EE\n"

    def _application(self) -> Flask:
        app = Flask(__name__)
        app.json.ensure_ascii = False  # type: ignore[attr-defined]
        app.before_request(self._arrive)
        terminals, devices = Terminals(self), Devices(self)
        app.get("/ws/schema/<name>")(self._schema)
        # The letter case of the path differs between the copies of the WSDL.
        app.post("/ws/service/<any(terminal, Terminal):_>")(lambda _: terminals.answer())
        app.get(REST)(devices.listed)
        app.get(f"{REST}/<iccid>")(devices.detail)
        app.get(f"{REST}/<iccid>/ctdUsages")(devices.usage)
        app.register_error_handler(Refusal, devices.explain)
        return app

    def _arrive(self) -> Response | None:
        query = request.query_string.decode()
        self.requests.append((request.method, f"{request.path}?{query}" if query else request.path))
        if request.method == "POST":
            self.calls.append(request.get_data().decode("utf-8", "replace"))
        if self.on_call:
            self.on_call(request)
        return self.outages.answer(request.path)

    def _schema(self, name: str) -> Response:
        if name not in ("Terminal.wsdl", "JasperAPI.xsd"):
            return Response(status=404)
        text = (FOLDER / name).read_text("utf-8")
        if not self.in_pages:
            text = "".join(text.split(PAGING_MARK)[::2])
        text = text.replace('"ADDRESS"', f'"{request.host_url}ws/service/terminal"')
        return Response(text, content_type="text/xml; charset=utf-8")
