"""The conversations of an LDAP server: a thread for each connection, answers in order."""

from __future__ import annotations

import secrets
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from sandbox.directory import ber
from sandbox.directory.filters import Record
from sandbox.directory.messages import (
    ANSWERED,
    AUTH_METHOD_NOT_SUPPORTED,
    CONFIDENTIALITY_REQUIRED,
    DOMAIN_SCOPE,
    INVALID_CREDENTIALS,
    NO_SUCH_OBJECT,
    NOTICE_OF_DISCONNECTION,
    OPERATIONS_ERROR,
    PROTOCOL_ERROR,
    SCOPES,
    SIZE_LIMIT_EXCEEDED,
    START_TLS,
    UNANSWERED,
    UNAVAILABLE_CRITICAL_EXTENSION,
    UNWILLING_TO_PERFORM,
    WHO_AM_I,
    Control,
    Outcome,
    Page,
    Refused,
    SearchRequest,
    controls_of,
    name_of,
)
from sandbox.directory.state import Asked, State
from sandbox.directory.tree import Cursor


class Listener(socketserver.ThreadingTCPServer):
    """Accept connections, and keep a second handle of each so that stop() can break it off."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, directory: State, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.directory = directory
        self._open: dict[threading.Thread, socket.socket] = {}
        self._loop = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> int:
        """Begin to accept; returns the port."""
        self._loop.start()
        return int(self.server_address[1])

    def stop(self) -> None:
        self.shutdown()
        self._loop.join()
        self.server_close()
        for thread, handle in list(self._open.items()):
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self._serve, args=(request, client_address), daemon=True)
        self._open[thread] = request.dup()
        thread.start()

    def _serve(self, request: Any, client_address: Any) -> None:
        self.process_request_thread(request, client_address)
        self._open.pop(threading.current_thread()).close()


class _Session(socketserver.BaseRequestHandler):
    """The conversation on one connection: requests are answered one after another, in order."""

    server: Listener

    def setup(self) -> None:
        self._directory = self.server.directory
        self._socket: socket.socket = self.request
        self._stream = self._socket.makefile("rwb")
        self._account = ""
        self._cursor: Cursor | None = None
        self._entries_left = self._directory.hang_up_after
        self._message, self._operation, self._answer = 0, "", 0x78

    def handle(self) -> None:
        with suppress(OSError):
            if self._directory.ldaps:
                self._secure()
            try:
                while self._exchange():
                    pass
            except ber.Malformed as error:
                self._message, self._answer = 0, 0x78
                self._reply(
                    Outcome(PROTOCOL_ERROR, str(error)), ber.octets(NOTICE_OF_DISCONNECTION, 0x8A)
                )

    def finish(self) -> None:
        with suppress(OSError):
            self._stream.close()
        self._socket.close()

    def _exchange(self) -> bool:
        """Take the next request and answer it; False when there is none to come."""
        content = ber.read_message(self._stream)
        if content is None:
            return False
        message = ber.Reader(content)
        self._message = message.integer()
        tag, body = message.element()
        if tag in UNANSWERED:
            self._directory.requests.append(Asked(UNANSWERED[tag], {}))
            return UNANSWERED[tag] != "unbind"
        if tag not in ANSWERED or self._message <= 0:
            raise ber.Malformed("unknown LDAP request")
        self._operation, self._answer = ANSWERED[tag]
        handlers = {"bind": self._bind, "search": self._search, "extended": self._extended}
        try:
            handlers.get(self._operation, self._change)(body, controls_of(message))
        except Refused as refused:
            self._reply(refused.outcome)
        return True

    def _admit(self, controls: Mapping[str, Control], **detail: object) -> None:
        """Write down what is asked, and refuse it if a test wants that or a control is unknown."""
        self._directory.requests.append(Asked(self._operation, detail))
        refusal = next(self._directory.refusals.get(self._operation, iter(())), None)
        if refusal:
            raise Refused(*refusal)
        known = self._directory.controls() if self._operation == "search" else []
        if any(control.critical and oid not in known for oid, control in controls.items()):
            text = "critical extension is not recognized"
            raise Refused(UNAVAILABLE_CRITICAL_EXTENSION, text)

    def _bind(self, body: bytes, controls: Mapping[str, Control]) -> None:
        request = ber.Reader(body)
        version, dn = request.integer(), request.text()
        method, credentials = request.element()
        self._account = ""
        self._admit(controls, name=dn, version=version)
        if version != 3:
            historical = "historical protocol version requested, use LDAPv3 instead"
            text = historical if version == 2 else "requested protocol version not supported"
            raise Refused(PROTOCOL_ERROR, text)
        if method != 0x80:
            raise Refused(AUTH_METHOD_NOT_SUPPORTED, "only simple binds are known")
        self._account = self._authenticated(dn, credentials)
        self._reply(Outcome())

    def _authenticated(self, dn: str, password: bytes) -> str:
        """DN of the account that these credentials open, empty for anonymous."""
        name = name_of(dn)
        if not password and not name:
            return ""
        if not password:
            text = "unauthenticated bind (DN with no password) disallowed"
            raise Refused(UNWILLING_TO_PERFORM, text)
        if self._directory.require_tls and not isinstance(self._socket, ssl.SSLSocket):
            raise Refused(CONFIDENTIALITY_REQUIRED, "confidentiality required")
        account, right = self._directory.accounts.get(name, ("", ""))
        if not account or right.encode() != password:
            raise Refused(INVALID_CREDENTIALS)
        return account

    def _search(self, body: bytes, controls: Mapping[str, Control]) -> None:
        request, page = SearchRequest.decode(body), Page.wanted(controls)
        self._admit(
            controls,
            base=request.base,
            scope=SCOPES[request.scope][0],
            filter=request.filter.text,
            attributes=request.attributes,
            size_limit=request.size_limit,
            page_size=page.size if page else None,
        )
        if not self._directory.paging:
            page = None
        if page and page.cookie:
            cursor = self._resumed(page.cookie, body)
        else:
            cursor = self._begun(request, body, paged=page is not None)
            if DOMAIN_SCOPE not in controls:
                self._send_references(request)
        size = min(page.size, self._directory.max_page) if page else len(cursor.records)
        self._send_entries(cursor.records[:size], request)
        del cursor.records[:size]
        if cursor.cut_short and not cursor.records:
            self._reply(Outcome(SIZE_LIMIT_EXCEEDED))
        else:
            self._reply(Outcome(), controls=self._paged(page, cursor) if page else b"")

    def _begun(self, request: SearchRequest, body: bytes, paged: bool) -> Cursor:
        directory = self._directory
        if not request.base and SCOPES[request.scope][0] == "base":
            root = directory.root_dse()
            return Cursor(body, [root] if request.filter.evaluate(root) else [], cut_short=False)
        if not (self._account or directory.anonymous_read):
            raise Refused(NO_SUCH_OBJECT)
        records = directory.tree.search(request)
        limits = (request.size_limit, 0 if paged else directory.size_limit)
        limit = min(filter(None, limits), default=len(records))
        return Cursor(body, records[:limit], cut_short=len(records) > limit)

    def _resumed(self, cookie: bytes, body: bytes) -> Cursor:
        """The search that goes on: same connection, same request, and the newest cookie."""
        cursor = self._cursor
        if cursor is None or cursor.cookie != cookie:
            raise Refused(PROTOCOL_ERROR, "paged results cookie is invalid")
        if cursor.request != body:
            text = "a search may not change between its pages (RFC 2696, 3)"
            raise Refused(PROTOCOL_ERROR, text)
        return cursor

    def _paged(self, page: Page, cursor: Cursor) -> bytes:
        """Keep what is left for the next page; a size of 0 gives it up."""
        more = page.size > 0 and bool(cursor.records)
        cursor.cookie = secrets.token_bytes(8) if more else b""
        self._cursor = cursor if more else None
        return Page(0, cursor.cookie).encode()

    def _send_references(self, request: SearchRequest) -> None:
        if name_of(request.base) == name_of(self._directory.suffix) and request.scope == 2:
            for uri in self._directory.references:
                self._send(ber.element(0x73, ber.octets(uri)))

    def _send_entries(self, records: Iterable[Record], request: SearchRequest) -> None:
        for record in records:
            if self._entries_left is not None:
                if self._entries_left == 0:
                    raise ConnectionAbortedError
                self._entries_left -= 1
            attributes = [
                ber.sequence(
                    ber.octets(name),
                    ber.element(ber.SET, *map(ber.octets, () if request.types_only else values)),
                )
                for name, values in record.selected(request.attributes)
            ]
            self._send(ber.element(0x64, ber.octets(record.dn), ber.sequence(*attributes)))

    def _extended(self, body: bytes, controls: Mapping[str, Control]) -> None:
        oid = ber.Reader(body).text(0x80)
        self._admit(controls, name=oid)
        if oid == WHO_AM_I:
            identity = f"dn:{self._account}" if self._account else ""
            self._reply(Outcome(), ber.octets(identity, 0x8B))
        elif oid == START_TLS and self._directory.tls:
            if isinstance(self._socket, ssl.SSLSocket):
                raise Refused(OPERATIONS_ERROR, "TLS already started")
            self._reply(Outcome(), ber.octets(START_TLS, 0x8A))
            self._secure()
        else:
            raise Refused(PROTOCOL_ERROR, "unsupported extended operation")

    def _change(self, _: bytes, controls: Mapping[str, Control]) -> None:
        self._admit(controls)
        raise Refused(UNWILLING_TO_PERFORM, "operation restricted")

    def _secure(self) -> None:
        """Go on in TLS; what came too early, in the clear, is dropped."""
        assert self._directory.tls
        self._stream.close()
        self._socket = self._directory.tls.wrap_socket(self._socket, server_side=True)
        self._stream = self._socket.makefile("rwb")

    def _reply(self, outcome: Outcome, extra: bytes = b"", controls: bytes = b"") -> None:
        result = [
            ber.integer(outcome.code, ber.ENUMERATED),
            ber.octets(outcome.matched),
            ber.octets(outcome.text),
        ]
        if outcome.referral:
            result.append(ber.element(0xA3, *map(ber.octets, outcome.referral)))
        self._send(ber.element(self._answer, *result, extra), controls)
        self._stream.flush()

    def _send(self, answer: bytes, controls: bytes = b"") -> None:
        tail = ber.element(0xA0, controls) if controls else b""
        self._stream.write(ber.sequence(ber.integer(self._message), answer, tail))
