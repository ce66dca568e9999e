"""What becomes of the attributes of an entry: spelled as asked for, one value or all, as text."""

import uuid

import pytest

from lib.ldap.attributes import EntryRecords
from lib.ldap.directory import LdapEntry
from lib.ldap.passwords import VENDOR_PASSWORDS
from lib.remarks import Remarks

DN = "uid=ada,dc=example,dc=com"


def record(asked=(), lists=(), encoding="", remarks=None, **attributes):
    made = EntryRecords(asked, lists=lists, encoding=encoding, remarks=remarks)
    return made(LdapEntry(DN, attributes))


def test_the_first_value_counts_and_lists_keep_all():
    made = record(lists=["MemberOf"], mail=[b"a@x", b"b@x"], memberof=[b"one", b"two"], sn=[])
    assert made == {"dn": DN, "mail": "a@x", "memberof": ["one", "two"], "sn": ""}


def test_names_are_spelled_in_each_way_in_which_they_are_asked_for():
    made = record(["givenname", "GivenName", "uid"], givenName=[b"Ada"], UID=[b"ada"])
    assert made == {"dn": DN, "givenname": "Ada", "GivenName": "Ada", "uid": "ada"}


@pytest.mark.parametrize("name", sorted(VENDOR_PASSWORDS))
@pytest.mark.parametrize("options", ["", ";lang-en"])
def test_vendor_passwords_are_left_out_even_if_asked_for(name, options):
    attributes = {name.upper() + options: [b"hunter2"]}
    assert record(**attributes) == {"dn": DN}
    assert record([name, name + options], **attributes) == {"dn": DN}


def test_own_attribute_that_looks_secret_is_kept_only_if_asked_for():
    attributes = {"wifiPassword": [b"hunter2"], "pwdLastSet": [b"0"]}
    assert record(**attributes) == {"dn": DN, "pwdLastSet": "0"}
    assert record(["wifipassword"], **attributes)["wifipassword"] == "hunter2"


def test_ids_of_active_directory_are_spelled_as_it_shows_them():
    ident = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")
    sid = bytes([1, 2, 0, 0, 0, 0, 0, 5]) + (32).to_bytes(4, "little") + (544).to_bytes(4, "little")
    made = record(objectGUID=[ident.bytes_le], objectSid=[sid])
    assert made["objectGUID"] == str(ident)
    assert made["objectSid"] == "S-1-5-32-544"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\x80" * 17])
def test_value_that_is_not_text_is_no_value(value):
    assert record(jpegPhoto=[value], objectGUID=[value]) == {"dn": DN}


def test_values_that_are_not_text_are_skipped():
    made = record(lists=["mail"], mail=[b"\xe9", b"a@x", b"\xe8"], sn=[b"\xe9", b"Quill"])
    assert made == {"dn": DN, "mail": ["a@x"], "sn": "Quill"}


def test_values_that_are_not_text_are_reported_if_asked_for():
    remarks = Remarks()
    made = EntryRecords(["SN", "uid"], lists=[], remarks=remarks)
    made(LdapEntry("uid=a", {"sn": [b"M\xfcller"], "uid": [b"a"], "jpegPhoto": [b"\xff"]}))
    made(LdapEntry("uid=b", {"sn": [b"J\xf6rg"], "uid": [b"b"]}))
    assert remarks.warnings == [
        "sn: values of 2 records are not UTF-8 text and were left out (for example: uid=a). If the"
        " directory contains text in another encoding, set encoding, for example to latin-1."
    ]


@pytest.mark.parametrize(
    ("value", "encoding", "expected"),
    [
        ("Müller".encode("latin-1"), "latin-1", "Müller"),
        ("Müller".encode(), "latin-1", "Müller"),  # the standard comes first
        ("Привет".encode("cp1251"), "cp1251", "Привет"),
        ("佐藤".encode("shift_jis"), "shift_jis", "佐藤"),
        ("a\r\nM\xfcller".encode("latin-1"), "latin-1", "a\r\nMüller"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "latin-1", None),  # a picture
        (b"\x81", "cp1252", None),
    ],
)
def test_encoding_decodes_values_that_are_not_utf8(value, encoding, expected):
    assert record(encoding=encoding, sn=[value]).get("sn") == expected
