"""What lies beneath an exception."""

from lib.causes import causes, innermost
from lib.errors import SourceUnavailable


def raised(make, error):
    """An exception that was raised while another one was dealt with."""
    try:
        try:
            raise error
        except type(error) as known:
            raise make(known) from None
    except Exception as caught:
        return caught


def test_causes_contexts_and_what_an_exception_holds_are_found():
    inner = ConnectionRefusedError(111, "no")
    error = raised(lambda known: ValueError([(KeyError("held"), "::1")]), inner)
    error.reason = OSError("why")
    assert {type(item) for item in causes(error)} == {
        ValueError,
        ConnectionRefusedError,
        KeyError,
        OSError,
    }
    assert next(causes(error)) is error
    assert innermost(error) is inner


def test_a_circle_ends():
    error, other = ValueError("a"), ValueError("b")
    error.__cause__, other.__context__ = other, error
    assert list(causes(error)) == [error, other]


def test_an_error_of_this_program_is_not_looked_into():
    told = SourceUnavailable("away")
    told.__cause__ = ConnectionRefusedError()
    error = raised(lambda _: OSError("now"), told)
    assert [*causes(error)] == [error]
    assert innermost(error) is error


def test_but_the_first_one_may_be_such_an_error():
    told = SourceUnavailable("away")
    told.__cause__ = inner = ConnectionRefusedError()
    assert [*causes(told)] == [told, inner]
