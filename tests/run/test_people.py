"""People are known by their login, where neither Oomnitza nor the ini says otherwise."""

from pathlib import Path

import pytest

from tests.run.made_up import MadeUp, Runner, counts

ADA = {"login": "ada", "name": "Ada"}
BOB = {"login": "bob", "name": "Bob"}


@pytest.fixture
def people(
    run: Runner, source: type[MadeUp], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Runner:
    monkeypatch.setattr(source, "data_type", "users")
    mapping = {"USER": {"source": "login"}, "NAME": {"source": "name"}}
    monkeypatch.setattr(source, "mapping", mapping)
    run.state = tmp_path / "state.db"
    run.set(sync_field=(), changed_only=True)
    return run


def test_the_unchanged_and_the_missing_are_found_by_it(people: Runner) -> None:
    people([ADA, BOB])
    outcome = people([{**ADA, "login": "ada"}])
    assert counts(outcome) == {"fetched": 1, "unchanged": 1}
    assert outcome.missing == 1


def test_large_and_small_letters_and_blanks_make_no_difference(people: Runner) -> None:
    people([ADA, BOB])
    outcome = people([{**ADA, "login": " ADA "}, {**BOB, "name": "Robert"}])
    assert counts(outcome) == {"fetched": 2, "sent": 2}, "as they are sent they differ"
    assert outcome.missing == 0


def test_another_sync_field_counts_before_it(people: Runner) -> None:
    people.set(sync_field=("NAME",))
    people([ADA, BOB])
    outcome = people([{**ADA, "login": "ada2"}])
    assert counts(outcome) == {"fetched": 1, "sent": 1}
    assert outcome.missing == 1


def test_where_no_login_is_mapped_nothing_is_known_of_them(
    people: Runner, source: type[MadeUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "mapping", {"NAME": {"source": "name"}})
    people([ADA, BOB])
    outcome = people([ADA])
    assert counts(outcome) == {"fetched": 1, "sent": 1}
    assert outcome.missing == 0
