"""The login name, where a directory may keep it in either of two attributes."""

import pytest

from converters.ldap_user_field import converter, reads


def test_the_value_counts_where_there_is_one():
    assert converter("uid", {"sAMAccountName": "ADA"}, "ada", {}) == "ada"


@pytest.mark.parametrize("value", [None, "", []])
def test_without_one_the_account_name_of_active_directory_is_taken(value):
    assert converter("uid", {"sAMAccountName": "ADA"}, value, {}) == "ADA"


def test_without_both_there_is_none():
    assert converter("uid", {}, None, {}) is None


def test_it_tells_that_it_reads_the_account_name():
    assert list(reads({})) == ["sAMAccountName"]
