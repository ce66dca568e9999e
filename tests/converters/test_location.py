"""Locations of Oomnitza by their names and ids."""

import threading
from contextlib import closing

import pytest

from lib.errors import TargetUnavailable
from lib.mapping.converters import Resources, conversion
from lib.oomnitza.target import OomnitzaSettings
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer

LOCATIONS = [
    {"location_id": "hq-1", "name": "Head Office", "code": "HO", "uid": 1},
    {"location_id": "LAB", "name": " Lab ", "code": "L", "uid": 2},
    {"location_id": "hq-2", "name": "Head Office", "code": "HO2", "uid": 3},
    {"location_id": "old", "name": "Old Lab", "deleted": True},
    {"location_id": "hq-3", "name": "LAB", "code": "", "uid": 4},
    {"location_id": "", "name": "Nowhere"},
    {"location_id": "nameless", "name": None, "code": "N"},
]


class Asked:
    """Gives the locations and counts how often."""

    def __init__(self, answer=LOCATIONS):
        self.answer = answer
        self.times = 0

    def __call__(self):
        self.times += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def converter(params="", load=None):
    return conversion(f"location:{params}", Resources(locations=load or Asked()))


def convert(value, params=""):
    return converter(params)("building", {"building": value}, value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Head Office", "hq-1"),  # the first of two
        (" Head Office ", "hq-1"),
        ("Lab", "LAB"),
        ("LAB", "hq-3"),  # a name counts before an id
        ("lab", "LAB"),
        ("HQ-2", "hq-2"),
        (["Lab", "", "hq-1"], ["LAB", "hq-1"]),
        (None, None),
        ("", ""),
        ([], []),
    ],
)
def test_a_name_or_an_id_gives_the_id(value, found):
    assert convert(value) == found


@pytest.mark.parametrize(
    "value", ["head office", "Nowhere", "Old Lab", "old", "hq", "nameless2", 17]
)
def test_a_location_that_oomnitza_does_not_have_is_told(value):
    with pytest.raises(ValueError, match=f"location '{value}' not found in Oomnitza"):
        convert(value)


@pytest.mark.parametrize("value", [{"name": "Lab"}, True])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValueError, match="is not text"):
        convert(value)


def test_what_is_compared_and_given_can_be_named():
    assert convert("HO", "label=code") == "hq-1"
    assert convert("Head Office", "field=uid") == 1
    assert convert("2", "field=uid") == 2
    assert convert("N", "label=code") == "nameless"
    with pytest.raises(ValueError):
        convert("Head Office", "label=code")


def test_oomnitza_is_asked_once_and_only_when_a_value_comes():
    load = Asked()
    convert = converter(load=load)
    assert convert("building", {}, "") == ""
    assert load.times == 0
    for value in ("Lab", "Head Office", "Lab"):
        convert("building", {}, value)
    assert load.times == 1


def test_no_locations_at_all_are_an_answer_too():
    load = Asked([])
    convert = converter(load=load)
    for _ in range(2):
        with pytest.raises(ValueError, match="location 'Lab' not found in Oomnitza"):
            convert("building", {}, "Lab")
    assert load.times == 1


def test_what_is_no_location_in_the_answer_is_passed_over():
    load = Asked([None, "Lab", {}, *LOCATIONS])
    assert converter(load=load)("building", {}, "Lab") == "LAB"


def test_where_the_locations_cannot_be_read_each_value_is_refused_and_nobody_asked_again():
    load = Asked(TargetUnavailable("it is away", where="https://example.oomnitza.com"))
    convert = converter(load=load)
    for _ in range(3):
        with pytest.raises(
            ValueError, match=r"cannot read the locations from Oomnitza: https://.*: it is away"
        ):
            convert("building", {}, "Lab")
    assert load.times == 1


def test_without_an_oomnitza_each_value_is_refused():
    convert = conversion("location")
    assert convert("building", {}, None) is None
    with pytest.raises(ValueError, match="locations are not available without Oomnitza"):
        convert("building", {}, "Lab")


def test_threads_that_come_at_once_ask_once():
    started, found = threading.Barrier(5), []

    class Slow(Asked):
        def __call__(self):
            threading.Event().wait(0.05)
            return super().__call__()

    load = Slow()
    convert = converter(load=load)

    def work():
        started.wait()
        found.append(convert("building", {}, "Lab"))

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["LAB"] * 5
    assert load.times == 1


def test_each_mapping_has_its_own_field_and_label():
    resources = Resources(locations=Asked())
    by_name = conversion("location", resources)
    by_code = conversion("location:label=code|field=uid", resources)
    assert by_name("building", {}, "Lab") == "LAB"
    assert by_code("building", {}, "L") == 2


def test_an_unknown_parameter_is_told():
    with pytest.raises(ValueError, match=r"unknown parameter 'lable'; did you mean label\?"):
        converter("lable=name")


def test_more_locations_than_a_page_come_from_oomnitza():
    oomnitza = Oomnitza(api_token="t0ken")
    oomnitza.locations = [{"location_id": f"id-{n}", "name": f"Place {n}"} for n in range(450)]
    with WebServer(oomnitza.app) as server:
        settings = OomnitzaSettings(url=server.url, api_token="t0ken")
        with closing(settings.connect()) as client:
            client.sign_in()
            convert = converter(load=client.locations)
            assert convert("building", {}, "Place 449") == "id-449"
