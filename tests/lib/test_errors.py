"""The tree of errors: sentences, exit codes, and the way through pickle."""

import inspect
import pickle

import pytest

from lib import errors
from lib.errors import ConnectorError, ExitCode
from lib.http.client import NotFound
from lib.ldap.errors import NoSuchEntry

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ConnectorError)
]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectorError("it failed"), "it failed"),
        (ConnectorError("it failed", where="https://x"), "https://x: it failed"),
        (ConnectorError("it failed", fix="Try again"), "it failed. Try again."),
        (ConnectorError("it failed.", fix="Try again."), "it failed. Try again."),
        (ConnectorError("why?", where="a", fix="Really?"), "a: why? Really?"),
    ],
)
def test_an_error_is_a_sentence_of_where_what_and_what_to_do(error, sentence):
    assert str(error) == sentence


@pytest.mark.parametrize("kind", [*KINDS, NotFound, NoSuchEntry])
def test_an_error_survives_pickling_whole(kind):
    error = kind("it failed", where="https://x", fix="Try again")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.what, copy.where, copy.fix) == ("it failed", "https://x", "Try again")
    assert str(copy) == str(error)
    assert copy.exit_code == error.exit_code


def test_what_is_put_right_in_an_error_later_survives_pickling_too():
    error = ConnectorError("it failed", fix="Try again")
    error.fix = "Give up"
    assert str(pickle.loads(pickle.dumps(error))) == "it failed. Give up."


def test_every_kind_says_what_it_is_for():
    assert all(kind.__doc__ for kind in KINDS)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.UsageError, 2),
        (errors.ConfigurationError, 3),
        (errors.SignInError, 1),
        (errors.AccessDenied, 1),
        (errors.SourceUnavailable, 1),
        (errors.SourceFault, 1),
        (errors.TargetUnavailable, 1),
        (errors.TargetRefused, 1),
        (errors.Interrupted, 130),
    ],
)
def test_the_exit_codes_are_those_that_the_readme_promises(kind, code):
    assert kind("x").exit_code == code


def test_exit_codes_differ():
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 130]


def test_who_is_denied_access_has_signed_in_in_vain():
    assert issubclass(errors.AccessDenied, errors.SignInError)
