"""The login name, where a directory may keep it in either of two attributes."""

import pytest
from hypothesis import given

from lib.mapping.converters import conversion
from tests.values import EMPTY, VALUES


def convert(value, record):
    return conversion("ldap_user_field")("uid", record, value)


@pytest.mark.parametrize("value", ["ada", 0, 417, ["ada"]])
def test_the_value_counts_where_there_is_one(value):
    assert convert(value, {"sAMAccountName": "ADA"}) is value


@pytest.mark.parametrize("value", EMPTY)
def test_without_one_the_account_name_of_active_directory_is_taken(value):
    assert convert(value, {"sAMAccountName": "ADA"}) == "ADA"


def test_without_both_there_is_none():
    assert convert(None, {}) is None
    assert convert("", {"sAMAccountName": None}) is None


def test_it_tells_that_it_reads_the_account_name():
    assert conversion("ldap_user_field").reads == {"sAMAccountName"}


def test_it_takes_no_parameters():
    with pytest.raises(ValueError, match="unknown parameter 'attr'; it has no parameters"):
        conversion("ldap_user_field:attr=uid")


@given(VALUES, VALUES)
def test_it_is_one_of_the_two(value, account):
    found = convert(value, {"sAMAccountName": account})
    assert found is value or found is account
