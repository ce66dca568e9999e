"""Sessions of `requests`: what is retried, how TLS is made, what every request says of itself."""

from __future__ import annotations

import ssl
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from lib import __version__
from lib.connection import ConnectionSettings
from lib.http.ratelimit import PatientRetry
from lib.tls import client_context

NO_CAP = 10**9
# From the second repetition of a request on there is a pause before it, the first of twice these
# seconds, each further one twice as long; chance adds up to these seconds (urllib3's Retry).
BACKOFF = 0.5
JITTER = 0.5


class _ContextAdapter(HTTPAdapter):
    """Makes its connections with a TLS context of ours."""

    def __init__(self, context: ssl.SSLContext, **how: Any) -> None:
        self._context = context
        super().__init__(**how)

    def init_poolmanager(self, *args: Any, **how: Any) -> Any:
        return super().init_poolmanager(*args, ssl_context=self._context, **how)


def new_session(
    settings: ConnectionSettings,
    connections: int,
    repeatable: frozenset[str],
    retry_status: frozenset[int],
) -> requests.Session:
    """A session that keeps up to so many connections open.

    Repeats `repeatable` methods on a lost connection and on the answers in `retry_status`.
    """
    session = requests.Session()
    session.headers["User-Agent"] = f"oomnitza-connector/{__version__}"
    session.headers["Accept"] = "application/json"
    session.verify = str(settings.cacert_file or settings.cacert_dir or "") or settings.verify_ssl
    if not settings.verify_ssl:
        session.verify = False
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    retry = PatientRetry(
        total=settings.retries,
        connect=min(3, settings.retries),
        status_forcelist=retry_status,
        allowed_methods=repeatable,
        backoff_factor=BACKOFF,
        backoff_jitter=JITTER,
        backoff_max=60,
        retry_after_max=NO_CAP,  # PatientRetry decides
        raise_on_status=False,
    )
    if settings.ssl_protocol == "tls1":
        adapter: HTTPAdapter = _ContextAdapter(
            client_context(settings), max_retries=retry, pool_maxsize=connections
        )
    else:
        adapter = HTTPAdapter(max_retries=retry, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
