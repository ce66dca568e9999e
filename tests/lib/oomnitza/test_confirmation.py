"""Which responses confirm a batch, and what the others say about it."""

import json
import logging

import pytest
import requests

from lib.errors import TargetRefused, TargetUnavailable
from lib.oomnitza.confirmation import Confirmation, NotConfirmed, shape_of


def response(body: str) -> requests.Response:
    made = requests.Response()
    made.status_code, made.reason = 200, "OK"
    made.url = "https://acme.example.com/api/v3/bulk?x=1"
    made._content = body.encode()
    return made


HARMLESS = [
    "{}",
    "[]",
    "null",
    "true",
    "3",
    '"created"',
    '{"status": "ok", "error": null, "errors": [], "success": true}',
    '{"status": 200, "records": [{"id": 1, "status": "created"}]}',
    # An echo of Oomnitza's own fields: an asset may have the status "failed".
    '{"records": [{"STATUS": "failed", "ERROR": "none", "SUCCESS": false}]}',
    '{"result": {"added": 2, "error_count": 0, "failed": []}}',
    '{"statusCode": 200, "code": 0, "error": "none", "success": "true", "hasErrors": false}',
    '["b5f1", "created"]',
    '"2 records stored, no errors"',
    '["stored with 0 errors"]',
    '{"message": "accepted"}',
]
OF_THE_BATCH = [
    "false",
    '{"status": "error", "message": "sync field unknown"}',
    '{"status": "Failed"}',
    '{"status": 500}',
    '{"success": false}',
    '{"ok": false}',
    '{"error": "sync field unknown"}',
    '{"error": {"code": 7}}',
    '{"errors": ["sync field unknown"]}',
    '{"errors": {"sync_field": "unknown"}}',
    '{"result": "failure"}',
    '{"data": {"success": false}}',
    '{"success": "false"}',
    '{"success": 0}',
    '{"status": "500"}',
    '{"statusCode": 403, "message": "Forbidden"}',
    '{"code": 401, "message": "Unauthorized"}',
    '{"Error": "sync field unknown"}',
    '{"errorMessage": "sync field unknown"}',
    '{"has_errors": true}',
    '{"failed": true}',
    '{"exception": "NullPointerException"}',
    '{"fault": {"faultstring": "quota"}}',
    '"Blocked by policy"',
    '{"message": "Access denied"}',
]
OF_RECORDS = [
    '{"errors": [{"row": 1, "error": "bad email"}]}',
    '{"errors": [{"row": 1, "reason": "bad email"}]}',
    '{"records": [{"id": 1}, {"id": 2, "error": "bad email"}]}',
    '{"results": [{"status": "created"}, {"status": "error"}]}',
    '[{"success": true}, {"success": false}]',
    '["email is invalid"]',
    '{"errors": ["row 7: bad email"]}',
    '{"errors": {"7": "bad email"}}',
    '{"errors": {"SN7": ["bad email"]}}',
    '{"added": 99, "error_count": 1}',
    '{"added": 99, "rejected": 1}',
    '{"data": {"added": 99, "failed": 1}}',
]


@pytest.mark.parametrize("confirm", ["body", "status"])
@pytest.mark.parametrize("body", ["", "  \r\n", *HARMLESS])
def test_response_without_an_error_confirms(confirm, body):
    answer = response(body)
    assert Confirmation(confirm)(answer) is answer


@pytest.mark.parametrize(
    "body", ["Blocked by policy", "OK", "{", '{"a": 1} trailing', "\x00", "NaN"]
)
def test_response_that_is_not_json_does_not_confirm(body):
    with pytest.raises(NotConfirmed, match="does not confirm the records") as caught:
        Confirmation("body")(response(body))
    assert "confirm = status" in caught.value.fix


def test_response_that_is_not_json_is_quoted():
    with pytest.raises(NotConfirmed, match="'Blocked by policy'"):
        Confirmation("body")(response("Blocked by policy"))


@pytest.mark.parametrize("confirm", ["body", "strict"])
@pytest.mark.parametrize("body", OF_THE_BATCH)
def test_error_of_the_batch_is_an_error_of_the_run(confirm, body):
    kind = NotConfirmed if confirm == "strict" and body[0] != "{" else TargetUnavailable
    with pytest.raises(kind):
        Confirmation(confirm)(response(body))


def test_error_of_the_batch_is_quoted_with_the_address():
    with pytest.raises(TargetUnavailable) as caught:
        Confirmation("body")(response(OF_THE_BATCH[1]))
    assert str(caught.value) == (
        "https://acme.example.com/api/v3/bulk: the response reports an error (sync field unknown). "
        "If Oomnitza stored the records, set confirm = status in [oomnitza]."
    )


def test_error_of_the_batch_without_words_has_none():
    with pytest.raises(TargetUnavailable, match=r"the response reports an error\. If"):
        Confirmation("body")(response('{"success": false}'))


@pytest.mark.parametrize("body", OF_RECORDS)
def test_errors_of_records_refuse_these_records(body):
    with pytest.raises(TargetRefused):
        Confirmation("body")(response(body))


def test_errors_of_records_are_quoted():
    with pytest.raises(TargetRefused, match=r"an error in the record \(bad email\)"):
        Confirmation("body")(response(OF_RECORDS[0]))


@pytest.mark.parametrize("body", ["Blocked by policy", *OF_THE_BATCH, *OF_RECORDS])
def test_status_accepts_every_body(body):
    Confirmation("status")(response(body))


@pytest.mark.parametrize("body", ["", "[]", "null", '"created"'])
def test_strict_wants_an_object(body):
    with pytest.raises(NotConfirmed):
        Confirmation("strict")(response(body))


def test_strict_accepts_an_object():
    Confirmation("strict")(response("{}"))


def test_shape_of_the_first_response_is_kept_and_logged(caplog):
    caplog.set_level(logging.INFO)
    confirmation = Confirmation("status")
    assert confirmation.shape == ""
    confirmation(response('{"id": 7}'))
    confirmation(response("other"))
    assert confirmation.shape == "{id: number}"
    assert [each.message for each in caplog.records] == [
        "Structure of Oomnitza's first response to records: {id: number}"
    ]


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ({}, "{}"),
        ([], "[]"),
        ([1], "[number]"),
        ([{"a": "secret"}, 2], "[{a: string}, ...]"),
        ({"a": None, "b": True, "c": 1.5, "d": "x"}, "{a: null, b: boolean, c: number, d: string}"),
        ({"a": {"b": {"c": {"d": 1}}}}, "{a: {b: {c: {...}}}}"),
        ({str(n): n for n in range(12)}, None),
        (b"", "an empty body"),
        (b"abc", "3 bytes that are not JSON"),
    ],
)
def test_shape_has_types_and_names_but_no_values(body, shape):
    made = shape_of(body)
    if shape is None:
        assert made.endswith("9: number, ...}")
    else:
        assert made == shape
    assert "secret" not in made


def test_shape_is_short_and_printable():
    assert len(shape_of({f"{n}" * 200: n for n in range(9)})) == 303
    assert shape_of(json.loads('{"a\\u001b[31m": 1}')).isprintable()
