"""Sessions of `requests`, with TLS and headers by the settings of a section."""

from __future__ import annotations

import ssl
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from lib import __version__
from lib.connection import ConnectionSettings
from lib.tls import client_context


class _ContextAdapter(HTTPAdapter):
    """Makes its connections with a TLS context of ours."""

    def __init__(self, context: ssl.SSLContext, **how: Any) -> None:
        self._context = context
        super().__init__(**how)

    def init_poolmanager(self, *args: Any, **how: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=self._context, **how)


def new_session(settings: ConnectionSettings, connections: int) -> requests.Session:
    """Return a session that keeps up to `connections` open, and retries nothing by itself."""
    session = requests.Session()
    session.headers["User-Agent"] = f"oomnitza-connector/{__version__}"
    session.headers["Accept"] = "application/json"
    session.verify = str(settings.cacert_file or settings.cacert_dir or "") or settings.verify_ssl
    if not settings.verify_ssl:
        session.verify = False
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    how: Any = {"max_retries": 0, "pool_maxsize": connections}
    if settings.ssl_protocol == "tls1":
        adapter: HTTPAdapter = _ContextAdapter(client_context(settings), **how)
    else:
        adapter = HTTPAdapter(**how)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
