"""The mock server for Jasper: its switches, what it has seen, and the Flask app behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

from flask import Response, request

from sandbox.jasper.rest import Devices, Refusal
from sandbox.jasper.soap import Terminals
from sandbox.jasper.state import State
from sandbox.mock import SERIAL_NUMBER, MockServer, ServerMapping

FOLDER = Path(__file__).parent
REST = "/rws/api/v1/devices"
PAGING_MARK = "<!--PAGING-->"


class Jasper(State, MockServer):
    """An account at Jasper; its switches are those of its `State`.

    It has the WSDL at /ws/schema/Terminal.wsdl, the SOAP service at /ws/service/terminal and the
    REST API below /rws/api/v1. `storage` is where the connector is to keep how far it has read.

    Observations:
        calls: the SOAP envelopes that came, as text.
    """

    name = "jasper"
    server_mapping: ClassVar[ServerMapping] = {
        "Jasper": {
            "iccid": SERIAL_NUMBER,
            "imei": "IMEI",
            "ratePlan": "RATE_PLAN",
            "status": "SIM_STATUS",
        }
    }

    def __init__(self, sims: int = 120, *, storage: Path | None = None, **state: Any) -> None:
        MockServer.__init__(self)
        State.__init__(self, sims, **state)
        self.storage = storage
        self.calls: list[str] = []
        self._add_routes()

    @classmethod
    def for_sandbox(cls, folder: Path) -> Self:
        return cls(storage=folder / "storage.db")

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

    def sections(self, url: str) -> list[str]:
        return [self.section(url), self.control_center_section(url)]

    def remember(self, method: str, path: str) -> None:
        super().remember(method, path)
        if method == "POST":
            self.calls.append(request.get_data().decode("utf-8", "replace"))

    def _common(self) -> str:
        storage = f"storage = {self.storage}\n" if self.storage else ""
        return f"{storage}sync_field = {SERIAL_NUMBER}\n"

    def _add_routes(self) -> None:
        app = self.app
        app.json.ensure_ascii = False  # type: ignore[attr-defined]
        terminals, devices = Terminals(self), Devices(self)
        app.get("/ws/schema/<name>")(self._schema)
        # The letter case of the path differs between the copies of the WSDL.
        app.post("/ws/service/<any(terminal, Terminal):_>")(lambda _: terminals.answer())
        app.get(REST)(devices.listed)
        app.get(f"{REST}/<iccid>")(devices.detail)
        app.get(f"{REST}/<iccid>/ctdUsages")(devices.usage)
        app.register_error_handler(Refusal, devices.explain)

    def _schema(self, name: str) -> Response:
        if name not in ("Terminal.wsdl", "JasperAPI.xsd"):
            return Response(status=404)
        text = (FOLDER / name).read_text("utf-8")
        if not self.in_pages:
            text = "".join(text.split(PAGING_MARK)[::2])
        text = text.replace('"ADDRESS"', f'"{request.host_url}ws/service/terminal"')
        return Response(text, content_type="text/xml; charset=utf-8")
