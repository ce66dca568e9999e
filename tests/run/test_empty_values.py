"""Empty values that are not sent, and words that mean nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.oomnitza import Oomnitza
from tests.run.made_up import Runner, Watcher, counts, saved


@pytest.fixture
def run(run: Runner, tmp_path: Path) -> Runner:
    run.state = tmp_path / "state.db"
    run.section = replace(
        run.section, mapping={"OWNER": {"source": "owner"}, "TAGS": {"source": "tags"}}
    )
    return run


def change(run: Runner, field: str, **attributes: Any) -> None:
    mapping = {**run.section.mapping, field: attributes}
    run.section = replace(run.section, mapping=mapping)


def device(owner: Any, tags: Any = None, name: Any = "Mac") -> dict[str, Any]:
    return {"serial": "S1", "name": name, "owner": owner, "tags": tags}


def stored(oomnitza: Oomnitza) -> dict[str, Any]:
    [record] = oomnitza.records("assets")
    return record


FULL = device("ada", ["x"])


class TestOmit:
    def test_empty_values_are_sent_unless_asked_for(self, run: Runner, oomnitza: Oomnitza) -> None:
        run([FULL])
        run([device(None, "")])
        assert (stored(oomnitza)["OWNER"], stored(oomnitza)["TAGS"]) == (None, "")

    @pytest.mark.parametrize("empty", [None, "", " ", [], {}])
    def test_omitted_fields_keep_their_values(
        self, run: Runner, oomnitza: Oomnitza, empty: Any
    ) -> None:
        run.set(empty_values="omit")
        run([FULL])
        run([device(empty, empty)])
        assert (stored(oomnitza)["OWNER"], stored(oomnitza)["TAGS"]) == ("ada", ["x"])

    @pytest.mark.parametrize("value", [0, False])
    def test_zero_and_false_are_sent(self, run: Runner, oomnitza: Oomnitza, value: Any) -> None:
        run.set(empty_values="omit")
        run([FULL])
        run([device(value, ["x"])])
        assert stored(oomnitza)["OWNER"] is value

    def test_mapping_of_a_field_decides_before_the_section(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        run.set(empty_values="omit")
        change(run, "TAGS", source="tags", empty="send")
        run([FULL])
        run([device(None)])
        assert (stored(oomnitza)["OWNER"], stored(oomnitza)["TAGS"]) == ("ada", None)
        change(run, "OWNER", source="owner", empty="omit")
        run.set(empty_values="send")
        run([device(None, ["y"])])
        assert (stored(oomnitza)["OWNER"], stored(oomnitza)["TAGS"]) == ("ada", ["y"])

    def test_only_if_filled_of_the_original_omits(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(only_if_filled="owner, NAME")
        run([FULL])
        run([device(None, name="")])
        assert stored(oomnitza) | {"SERIAL": ""} == {
            "SERIAL": "", "NAME": "Mac", "OWNER": "ada", "TAGS": None
        }  # fmt: skip

    def test_required_field_that_is_empty_is_still_incomplete(self, run: Runner) -> None:
        run.set(empty_values="omit")
        change(run, "OWNER", source="owner", required=True)
        assert counts(run([device("")])) == {"fetched": 1, "incomplete": 1}

    def test_rejected_record_is_resent_without_its_empty_fields(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        run.set(empty_values="omit")
        run([FULL])
        oomnitza.refuse = lambda record: "no"
        run([device(None)])
        assert [item.mapped for item in saved(run)] == ['{"SERIAL": "S1", "NAME": "Mac"}']
        oomnitza.refuse = lambda record: None
        assert run([], resend=True).tally.sent == 1
        assert stored(oomnitza)["OWNER"] == "ada"

    def test_dry_run_shows_the_record_without_its_empty_fields(self, run: Runner) -> None:
        run.set(empty_values="omit")
        run([FULL])
        run.listener = watcher = Watcher()
        outcome = run([device(None, ["x"])], testmode=True)
        assert watcher.shown == [{"SERIAL": "S1", "NAME": "Mac", "TAGS": ["x"]}]
        assert outcome.compared == {"same": 1}


class TestOmitWithChangedOnly:
    @pytest.fixture
    def run(self, run: Runner) -> Runner:
        run.set(empty_values="omit", changed_only=True)
        run([FULL])
        return run

    def outcome(self, run: Runner, item: dict[str, Any]) -> str:
        [kind] = counts(run([item])).keys() - {"fetched"}
        return kind

    def test_omitted_field_does_not_make_a_record_changed(self, run: Runner) -> None:
        assert self.outcome(run, device(None, ["x"])) == "unchanged"
        assert self.outcome(run, device("ada", [])) == "unchanged"
        assert self.outcome(run, FULL) == "unchanged"

    def test_other_changes_are_sent_once(self, run: Runner, oomnitza: Oomnitza) -> None:
        changed = device(None, ["y"])
        assert self.outcome(run, changed) == "sent"
        assert self.outcome(run, changed) == "unchanged"
        assert stored(oomnitza)["OWNER"] == "ada"
        assert self.outcome(run, device("bob", ["y"])) == "sent"
        assert stored(oomnitza)["OWNER"] == "bob"
        assert self.outcome(run, changed) == "unchanged"

    def test_sending_empty_values_again_sends_them(self, run: Runner, oomnitza: Oomnitza) -> None:
        item = device(None, ["x"])
        assert self.outcome(run, item) == "unchanged"
        run.set(empty_values="send")
        assert self.outcome(run, item) == "sent"
        assert stored(oomnitza)["OWNER"] is None

    def test_field_that_is_no_longer_mapped_makes_a_record_changed(self, run: Runner) -> None:
        mapping = {**run.section.mapping, "TAGS": None}
        run.section = replace(run.section, mapping=mapping)
        assert self.outcome(run, device(None)) == "sent"

    def test_rejected_record_is_sent_again_although_its_fields_are_omitted(
        self, run: Runner, oomnitza: Oomnitza
    ) -> None:
        oomnitza.refuse = lambda record: "no"
        assert self.outcome(run, device("bob", ["x"])) == "rejected"
        oomnitza.refuse = lambda record: None
        assert self.outcome(run, device(None, ["x"])) == "sent"


class TestNothing:
    WORDS = ("None", "n/a", "NULL", "-", "Not Specified", "#N/A", " nan ", ".")

    @pytest.mark.parametrize("word", WORDS)
    def test_words_are_sent_unless_asked_for(
        self, run: Runner, oomnitza: Oomnitza, word: str
    ) -> None:
        run([device(word, [word, "x"])])
        assert (stored(oomnitza)["OWNER"], stored(oomnitza)["TAGS"]) == (word, [word, "x"])

    @pytest.mark.parametrize("word", WORDS)
    def test_words_are_no_values(self, run: Runner, oomnitza: Oomnitza, word: str) -> None:
        run.set(nothing=("default",))
        assert run([device(word, [word, "x"])]).fields["OWNER"] == 0
        assert (stored(oomnitza)["OWNER"], stored(oomnitza)["TAGS"]) == (None, ["x"])

    def test_words_of_our_own_are_no_values(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(nothing=("TBD",), empty_values="omit")
        run([device("ada")])
        run([device("tbd", "n/a")])
        assert (stored(oomnitza)["OWNER"], stored(oomnitza)["TAGS"]) == ("ada", "n/a")

    def test_converters_of_the_mapping_come_after_it(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(nothing=("default",))
        change(run, "OWNER", source="owner", converter="default:value=unknown")
        run([device("N/A")])
        assert stored(oomnitza)["OWNER"] == "unknown"

    def test_constants_stay(self, run: Runner, oomnitza: Oomnitza) -> None:
        run.set(nothing=("default",))
        change(run, "OWNER", hardcoded="N/A")
        run([FULL])
        assert stored(oomnitza)["OWNER"] == "N/A"

    def test_record_whose_key_is_such_a_word_is_incomplete(self, run: Runner) -> None:
        run.set(nothing=("default",))
        assert counts(run([FULL | {"serial": "Unknown"}])) == {"fetched": 1, "incomplete": 1}

    def test_turning_it_on_is_a_change_of_the_mapping(self, run: Runner) -> None:
        items = [FULL | {"serial": f"S{number}", "owner": "N/A"} for number in range(30)]
        run(items)
        run.set(nothing=("default",))
        outcome = run(items)
        assert outcome.tally.sent == 30
        assert outcome.warnings[0].startswith("OWNER is empty in all 30 records")
