"""What a directory answers instead of entries, as errors that say what to do."""

from __future__ import annotations

import ssl

import pytest
from ldap3.core.exceptions import (
    LDAPExceptionError,
    LDAPSocketOpenError,
    LDAPSocketReceiveError,
)

from lib.errors import (
    NOT_IN_THIS_RUN,
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.ldap.errors import (
    SIGN_IN_REASONS,
    NoSuchEntry,
    UnreachableEntry,
    error_for_failure,
    error_for_result,
)

WHERE = "ldap://dc1.corp.test dc=corp,dc=test"
# The form of Active Directory's words (Microsoft, and others who list the numbers behind "data").
REFUSED = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {}, v3839\0"


@pytest.mark.parametrize(
    ("code", "kind", "word"),
    [
        (1, AccessDenied, "permissions"),
        (2, SourceFault, "protocol_version"),
        (3, SourceFault, "limits"),
        (4, SourceFault, "limits"),
        (8, SignInError, "start_tls"),
        (9, ConfigurationError, "base_dn"),
        (10, UnreachableEntry, "url"),
        (11, SourceFault, "limits"),
        (12, SourceFault, "protocol_version"),
        (13, SignInError, "start_tls"),
        (32, NoSuchEntry, "base_dn"),
        (34, UnreachableEntry, "base_dn"),
        (49, SignInError, "password"),
        (50, AccessDenied, "permissions"),
        (51, SourceUnavailable, "later"),
        (52, SourceUnavailable, "later"),
        (53, AccessDenied, "username"),
        (80, SourceFault, "administrator"),
        (4711, SourceFault, "administrator"),
    ],
)
def test_each_result_says_what_to_do(code: int, kind: type[ConnectorError], word: str) -> None:
    error = error_for_result(code, "nameOfTheCode", "its own words", WHERE)
    assert type(error) is kind
    assert error.where == WHERE
    assert word in error.fix
    if code != 49:
        assert "nameOfTheCode: its own words" in error.what


def test_words_are_left_out_where_there_are_none() -> None:
    assert "(noSuchObject)" in error_for_result(32, "noSuchObject", "", WHERE).what


def test_an_error_is_one_line_of_readable_text() -> None:
    referral = "Referral:\nldap://one.test/dc=a\nldap://two.test/dc=b"
    assert "Referral: ldap://one.test/dc=a ldap://two.test/dc=b" in str(
        error_for_result(9, "reserved", referral, WHERE)
    )
    signing = "00002028: LdapErr: DSID-0C090256, comment: The server requires binds, v3839\0"
    assert str(error_for_result(8, "strongerAuthRequired", signing, WHERE)).isprintable()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("525", "user not found"),
        ("52e", "user name or the password is wrong"),
        ("52f", "is not allowed to sign in"),
        ("530", "at this time"),
        ("531", "computer"),
        ("532", "password has expired"),
        ("533", "disabled"),
        ("701", "account has expired"),
        ("773", "must be changed"),
        ("775", "locked"),
    ],
)
def test_active_directory_tells_why_it_refuses(data: str, reason: str) -> None:
    error = error_for_result(49, "invalidCredentials", REFUSED.format(data), WHERE)
    assert isinstance(error, SignInError)
    assert reason in error.what
    assert "DSID" not in str(error)
    assert data in SIGN_IN_REASONS


def test_a_reason_that_is_not_known_is_given_as_it_came() -> None:
    error = error_for_result(49, "invalidCredentials", REFUSED.format("999"), WHERE)
    assert "data 999" in error.what


def test_other_directories_say_only_that_they_refuse() -> None:
    error = error_for_result(49, "invalidCredentials", "", WHERE)
    assert "user name or the password is wrong" in error.what


class Opening(LDAPSocketOpenError, ConnectionRefusedError):
    """As ldap3 makes a class of its own and the operating system's."""


class Receiving(LDAPSocketReceiveError, TimeoutError):
    pass


class Untrusted(LDAPSocketOpenError, ssl.SSLCertVerificationError):
    pass


class Unencrypted(LDAPSocketOpenError, ssl.SSLError):
    pass


ADDRESSES = [(Opening("nein"), ("::1", 389)), (Opening("nein"), ("127.0.0.1", 389))]


@pytest.mark.parametrize(
    ("error", "what", "fix"),
    [
        (
            Untrusted(
                "socket ssl wrapping error: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify"
                " failed: self-signed certificate (_ssl.c:1006)"
            ),
            "not trusted (self-signed certificate)",
            "cacert_file",
        ),
        (LDAPExceptionError("certificate is odd"), "certificate is not trusted", "cacert"),
        (LDAPSocketOpenError("invalid server address"), "host name not found", "url"),
        (Opening("[Errno 111] Connection refused"), "refused", "port"),
        (Opening("the target machine actively refused it"), "refused", "port"),
        (
            Opening("[WinError 10061] Der Zielcomputer verweigerte die Verbindung"),
            "refused",
            "port",
        ),
        (LDAPSocketOpenError("unable to open socket", ADDRESSES), "refused", "port"),
        (Receiving("error receiving data: timed out"), "in time", "later"),
        (Receiving("Zeit abgelaufen"), "in time", "later"),
        (Receiving("_ssl.c:989: The handshake operation timed out"), "in time", "later"),
        (
            Unencrypted("[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            "the TLS connection failed",
            "ldaps://",
        ),
        (LDAPExceptionError("session terminated by server"), "the directory closed it", "url"),
    ],
)
def test_each_failure_of_a_connection_says_what_to_do(
    error: Exception, what: str, fix: str
) -> None:
    told = error_for_failure(error, WHERE)
    assert type(told) is SourceUnavailable
    assert told.where == WHERE
    assert what in told.what
    assert fix in told.fix
    for of_ldap3 in ("socket", "error receiving", "_ssl.c", "WRONG_VERSION", "Errno", "terminated"):
        assert of_ldap3 not in str(told)


def test_reason_of_the_system_is_quoted_without_its_number() -> None:
    lost = LDAPSocketReceiveError(
        "error receiving data: [Errno 104] Connection reset by peer", [("x", 1)]
    )
    assert error_for_failure(lost, WHERE).what == "the connection failed (Connection reset by peer)"


@pytest.mark.parametrize(
    ("data", "fix"),
    [
        ("52e", "Check that username and password are correct"),
        ("999", "Check that username and password are correct"),
        ("532", "Change this in the directory, or sign in with another username and password"),
    ],
)
def test_fix_of_a_refused_sign_in_depends_on_the_reason(data: str, fix: str) -> None:
    assert error_for_result(49, "invalidCredentials", REFUSED.format(data), WHERE).fix == fix


@pytest.mark.parametrize("error", [Untrusted("x"), Unencrypted("x")])
def test_no_secure_connection_is_worth_no_other_try(error: Exception) -> None:
    assert error_for_failure(error, WHERE).retry_after == NOT_IN_THIS_RUN
