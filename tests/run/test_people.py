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


def test_login_identifies_unchanged_and_missing_users(people: Runner) -> None:
    people([ADA, BOB])
    outcome = people([{**ADA, "login": "ada"}])
    assert counts(outcome) == {"fetched": 1, "unchanged": 1}
    assert outcome.missing == 1


def test_login_ignores_case_and_spaces(people: Runner) -> None:
    people([ADA, BOB])
    outcome = people([{**ADA, "login": " ADA "}, {**BOB, "name": "Robert"}])
    assert counts(outcome) == {"fetched": 2, "sent": 2}, "as they are sent they differ"
    assert outcome.missing == 0


def test_sync_field_takes_precedence_over_login(people: Runner) -> None:
    people.set(sync_field=("NAME",))
    people([ADA, BOB])
    outcome = people([{**ADA, "login": "ada2"}])
    assert counts(outcome) == {"fetched": 1, "sent": 1}
    assert outcome.missing == 1


def test_users_without_mapped_login_have_no_key(
    people: Runner, source: type[MadeUp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "mapping", {"NAME": {"source": "name"}})
    people([ADA, BOB])
    outcome = people([ADA])
    assert counts(outcome) == {"fetched": 1, "sent": 1}
    assert outcome.missing == 0
