"""What becomes of the attributes of an entry: spelled as asked for, one value or all, as text."""

import uuid

import pytest

from lib.ldap.attributes import BINARY, SECRETS, record_of
from lib.ldap.directory import LdapEntry

DN = "uid=ada,dc=example,dc=com"


def record(asked=(), lists=(), **attributes):
    return record_of(LdapEntry(DN, attributes), asked, lists=lists)


def test_the_first_value_counts_and_lists_keep_all():
    made = record(lists=["MemberOf"], mail=[b"a@x", b"b@x"], memberof=[b"one", b"two"], sn=[])
    assert made == {"dn": DN, "mail": "a@x", "memberof": ["one", "two"], "sn": ""}


def test_names_are_spelled_in_each_way_in_which_they_are_asked_for():
    made = record(["givenname", "GivenName", "uid"], givenName=[b"Ada"], UID=[b"ada"])
    assert made == {"dn": DN, "givenname": "Ada", "GivenName": "Ada", "uid": "ada"}


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_passwords_are_left_out(name):
    assert record([name], **{name.upper(): [b"hunter2"]}) == {"dn": DN}


def test_ids_of_active_directory_are_spelled_as_it_shows_them():
    ident = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")
    sid = bytes([1, 2, 0, 0, 0, 0, 0, 5]) + (32).to_bytes(4, "little") + (544).to_bytes(4, "little")
    made = record(objectGUID=[ident.bytes_le], objectSid=[sid])
    assert made["objectGUID"] == str(ident)
    assert made["objectSid"] == "S-1-5-32-544"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\x80" * 17])
def test_binary_value_becomes_placeholder(value):
    made = record(jpegPhoto=[value], objectGUID=[value])
    assert made == {"dn": DN, "jpegPhoto": BINARY, "objectGUID": BINARY}
