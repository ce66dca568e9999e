"""Failures of a directory, or of the connection to it, as errors of this program.

Result codes are those of RFC 4511, appendix A; the numbers after "data" in a refused sign-in are
Active Directory's.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl

from lib.causes import causes
from lib.errors import (
    NOT_IN_THIS_RUN,
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)

log = logging.getLogger(__name__)

INVALID_CREDENTIALS = 49


class NoSuchEntry(ConfigurationError):
    """The directory has no entry with this DN, or does not show it to this user."""


class UnreachableEntry(ConfigurationError):
    """The entry belongs to another server, or its DN is invalid."""


SIGN_IN_REASONS = {
    "525": "user not found",
    "52e": "the user name or the password is wrong",
    "52f": "the account is not allowed to sign in",
    "530": "the account is not allowed to sign in at this time",
    "531": "the account is not allowed to sign in from this computer",
    "532": "the password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "the password must be changed first",
    "775": "the account is locked",
}

# Those of a correct password.
ACCOUNT_REASONS = SIGN_IN_REASONS.keys() - {"525", "52e"}
CHECK_LOGIN = "Check that username and password are correct"
CHANGE_ACCOUNT = "Change this in the directory, or sign in with another username and password"

_NO_ACCESS = (
    AccessDenied,
    "the account is not allowed to read this",
    "Grant the account the permissions to read the entries under base_dn",
)
_ENCRYPT = (
    SignInError,
    "the directory requires an encrypted connection",
    "Use an ldaps:// address, or set start_tls = True",
)
_CUT = (
    SourceFault,
    "the directory returned only part of the result",
    "Raise the size and time limits of the account, or read less with filter or base_dn",
)
_UNKNOWN = (
    SourceFault,
    "the directory reported an error",
    "Ask the administrator of the directory to look for the reason in its log",
)
_BUSY = (SourceUnavailable, "the directory is busy", "Try again later")

OTHER_PORT = "Check whether the port in url is for ldap:// or for ldaps://"

# By result code: the kind of error, what happened, what to do.
RESULTS: dict[int, tuple[type[ConnectorError], str, str]] = {
    1: _NO_ACCESS,
    2: (
        SourceFault,
        "the directory does not accept the request",
        "Check that the directory supports the values of protocol_version and start_tls",
    ),
    3: _CUT,
    4: _CUT,
    8: _ENCRYPT,
    9: (
        ConfigurationError,
        "the directory refers to other servers, which LDAP version 2 cannot skip",
        "Set protocol_version = 3, or set base_dn to a part that is on this server only",
    ),
    10: (
        UnreachableEntry,
        "the directory refers to another server for this entry",
        "Set url to the other server, or set base_dn to a part that is on this server",
    ),
    11: _CUT,
    12: (
        SourceFault,
        "the directory does not support paged results",
        "Try again. If the error remains, set protocol_version = 2, which does not use pages",
    ),
    13: _ENCRYPT,
    32: (
        NoSuchEntry,
        "entry not found, or the account is not allowed to see it",
        "Check the spelling of base_dn, and the permissions of the account",
    ),
    34: (
        UnreachableEntry,
        "not a valid distinguished name",
        "Check the spelling of base_dn and username",
    ),
    50: _NO_ACCESS,
    51: _BUSY,
    52: _BUSY,
    53: (
        AccessDenied,
        "the directory refused the request",
        "Check that username and password are correct",
    ),
}


def error_for_result(code: int, name: str, message: str, where: str) -> ConnectorError:
    """Return the error for a result code other than success.

    `name` is that of the code, `message` the directory's own text: Active Directory ends it with a
    zero byte, and a referral in version 2 has several lines.
    """
    message = " ".join(message.replace("\0", "").split())
    if code == INVALID_CREDENTIALS:
        data = re.search(r"data ([0-9a-f]+)", message)
        known = data[1] if data else "52e"
        return SignInError(
            f"the directory refused the sign-in: {SIGN_IN_REASONS.get(known, message)}",
            where=where,
            fix=CHANGE_ACCOUNT if known in ACCOUNT_REASONS else CHECK_LOGIN,
        )
    kind, what, fix = RESULTS.get(code, _UNKNOWN)
    answer = f"{name}: {message}" if message else name
    return kind(f"{what} ({answer})", where=where, fix=fix)


def error_for_failure(error: Exception, where: str) -> ConnectorError:
    """Return the error for a connection that could not be made, or was lost.

    ldap3 makes the operating system's errors classes of its own exceptions, with their texts; what
    is looked for in a text is OpenSSL's, or ldap3's own.
    """
    text, beneath = str(error), list(causes(error))
    log.debug("%s: %r", where, error)

    def met(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in beneath)

    kind = SourceUnavailable
    if met(ssl.SSLCertVerificationError) or "certificate" in text.lower():
        reason = re.search(r"certificate verify failed: ([^(']+)", text)
        why = f" ({reason[1].strip()})" if reason else ""
        what = f"the directory's certificate is not trusted{why}"
        fix = "Set cacert_file to a PEM file with its certificate authority"
        return kind(what, where=where, fix=fix, retry_after=NOT_IN_THIS_RUN)
    if met(socket.gaierror) or "invalid server address" in text:
        fix = "Check the spelling of the host name in url, and the DNS settings of this machine"
        return kind("host name not found", where=where, fix=fix)
    if met(ConnectionRefusedError):
        fix = "Check that host and port in url are correct and that the server is running"
        return kind("the connection was refused", where=where, fix=fix)
    if met(TimeoutError):
        fix = "Try again later, or increase timeout"
        return kind("no response in time", where=where, fix=fix)
    if met(ssl.SSLError) or "ssl" in text.lower() or "tls" in text.lower():
        what, fix = "the TLS connection failed", OTHER_PORT
        return kind(what, where=where, fix=fix, retry_after=NOT_IN_THIS_RUN)
    fix = "Check that host and port in url are correct. If they are, try again later"
    return kind(f"the connection failed{_reason(text)}", where=where, fix=fix)


def _reason(text: str) -> str:
    """Return the reason of the system, or of the directory, as " (reason)"; empty if unknown."""
    if "session terminated by server" in text:
        return " (the directory closed it)"
    of_system = re.search(r"\[(?:Errno|WinError) -?\d+\] ([^'\"\])]+)", text)
    return f" ({of_system[1].strip()})" if of_system else ""
