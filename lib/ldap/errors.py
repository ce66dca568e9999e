"""Failures of a directory, or of the connection to it, as errors of this program.

Result codes are those of RFC 4511, appendix A; the numbers after "data" in a refused sign-in are
Active Directory's.
"""

from __future__ import annotations

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

INVALID_CREDENTIALS = 49


class NoSuchEntry(ConfigurationError):
    """The directory has no entry with this DN, or does not show it to this user."""


class UnreachableEntry(ConfigurationError):
    """The entry belongs to another server, or its DN is invalid."""


SIGN_IN_REASONS = {
    "525": "there is no such user",
    "52e": "the user name or the password is wrong",
    "52f": "the account may not sign in here",
    "530": "the account may not sign in at this hour",
    "531": "the account may not sign in from this computer",
    "532": "the password has expired",
    "533": "the account is disabled",
    "701": "the account has expired",
    "773": "the password has to be changed first",
    "775": "the account is locked out",
}

_NO_RIGHTS = (AccessDenied, "the user may not read this", "Check the rights of the account")
_ENCRYPT = (
    SignInError,
    "the directory wants an encrypted connection",
    "Use an ldaps:// address, or set start_tls = True",
)
_CUT = (
    SourceFault,
    "the directory cuts the answer short",
    "Raise the limits of the account, or narrow filter or base_dn",
)
_UNKNOWN = (
    SourceFault,
    "the directory answers",
    "Ask the administrator of the directory, whose log may tell more",
)
_BUSY = (SourceUnavailable, "the directory is busy", "Try again later")

OTHER_PORT = "Check whether the port speaks ldap:// or ldaps://"

# By result code: the kind of error, what happened, what to do.
RESULTS: dict[int, tuple[type[ConnectorError], str, str]] = {
    1: _NO_RIGHTS,
    2: (
        SourceFault,
        "the directory does not take this request",
        "Check protocol_version and start_tls",
    ),
    3: _CUT,
    4: _CUT,
    8: _ENCRYPT,
    9: (
        ConfigurationError,
        "the directory refers to other servers too, which version 2 cannot leave aside",
        "Set protocol_version = 3, or base_dn to a part that this server holds alone",
    ),
    10: (
        UnreachableEntry,
        "the directory refers to another server for this base",
        "Set url to that server, or base_dn to a part that this one holds",
    ),
    11: _CUT,
    12: (
        SourceFault,
        "the directory does not answer in pages",
        "Try again; if that never helps, set protocol_version = 2, which reads without them",
    ),
    13: _ENCRYPT,
    32: (
        NoSuchEntry,
        "the directory has no such entry, or does not show it to this user",
        "Check base_dn, and the rights of the account",
    ),
    34: (UnreachableEntry, "this is no valid distinguished name", "Check base_dn and username"),
    50: _NO_RIGHTS,
    51: _BUSY,
    52: _BUSY,
    53: (AccessDenied, "the directory refuses", "Check username and password"),
}


def error_for_result(code: int, name: str, message: str, where: str) -> ConnectorError:
    """Return the error for a result code other than success.

    `name` is that of the code, `message` the directory's own text: Active Directory ends it with a
    zero byte, and a referral in version 2 has several lines.
    """
    message = " ".join(message.replace("\0", "").split())
    if code == INVALID_CREDENTIALS:
        data = re.search(r"data ([0-9a-f]+)", message)
        reason = SIGN_IN_REASONS.get(data[1] if data else "52e", message)
        return SignInError(
            f"the directory refuses the sign-in: {reason}",
            where=where,
            fix="Check username and password",
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

    def met(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in beneath)

    kind = SourceUnavailable
    if met(ssl.SSLCertVerificationError) or "certificate" in text.lower():
        reason = re.search(r"certificate verify failed: ([^(']+)", text)
        why = reason[1].strip() if reason else text
        what = f"the directory's certificate is not trusted ({why})"
        fix = "Set cacert_file to a PEM file with its certificate authority"
        return kind(what, where=where, fix=fix, retry_after=NOT_IN_THIS_RUN)
    if met(socket.gaierror) or "invalid server address" in text:
        return kind("there is no server of that name", where=where, fix="Check url")
    if met(ConnectionRefusedError):
        fix = "Check host and port in url"
        return kind("the connection was refused", where=where, fix=fix)
    if met(TimeoutError):
        what = f"the directory does not answer in time ({text})"
        return kind(what, where=where, fix="Try again later")
    if met(ssl.SSLError) or "ssl" in text.lower() or "tls" in text.lower():
        what, fix = f"no secure connection can be made ({text})", OTHER_PORT
        return kind(what, where=where, fix=fix, retry_after=NOT_IN_THIS_RUN)
    fix = "Check host and port in url, or try again later"
    return kind(f"the connection failed ({text})", where=where, fix=fix)
