"""What `--save-data` leaves of a run."""

import json
import stat
from pathlib import Path
from typing import Any

from lib import secrets
from lib.errors import ConfigurationError, RecordGone
from tests.run.made_up import devices


class TestSavedData:
    def lines(self, path: Path) -> list[Any]:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def files(self, folder: Path) -> tuple[Path, Path]:
        [fetched], [uploads] = folder.glob("*.fetched.jsonl"), folder.glob("*.uploads.jsonl")
        return fetched, uploads

    def test_save_data_writes_fetched_and_sent_records(self, run, oomnitza, tmp_path):
        oomnitza.refuse = lambda record: "bad" if record["SERIAL"] == "S1" else None
        items = [*devices(2), {"name": "Zoë 佐藤", "deep": {"list": [1, None]}}, RecordGone("x")]
        outcome = run([*items, {"serial": "S3", "more": True}], save_data=tmp_path / "saved_data")
        fetched, uploads = self.files(tmp_path / "saved_data")
        assert self.lines(fetched) == [*items[:3], {"serial": "S3", "more": True}]
        assert self.lines(uploads) == [
            {"SERIAL": "S0", "NAME": "Mac 0"},
            {"SERIAL": "S1", "NAME": "Mac 1"},  # refused, but this is what was sent
            {"SERIAL": "S3", "NAME": None},
        ]
        assert outcome.notes == [f"Records saved in {fetched} and {uploads.name}"]

    def test_save_data_files_are_private(self, run, tmp_path):
        run(devices(1), save_data=tmp_path / "saved_data")
        for path in self.files(tmp_path / "saved_data"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert path.name.startswith("made_up.")
        assert stat.S_IMODE((tmp_path / "saved_data").stat().st_mode) == 0o700

    def test_save_data_does_not_widen_the_projection(self, run, source, tmp_path):
        run(devices(1))
        asked = source.projection
        run(devices(1), save_data=tmp_path)
        assert source.projection == asked
        assert not asked.everything

    def test_all_fields_requests_everything(self, run, source, tmp_path):
        run(devices(1), save_data=tmp_path, all_fields=True)
        assert source.projection.everything

    def test_secrets_are_masked(self, run, tmp_path):
        secrets.remember("pass word")
        run([{"serial": "S1", "name": "my pass word", "a": ["sandbox-token"]}], save_data=tmp_path)
        saved = "".join(path.read_text("utf-8") for path in self.files(tmp_path))
        assert "pass word" not in saved
        assert "sandbox-token" not in saved

    def test_save_data_in_testmode_writes_both_files(self, run, oomnitza, tmp_path):
        run(devices(2), testmode=True, save_data=tmp_path)
        fetched, uploads = self.files(tmp_path)
        assert len(self.lines(fetched)) == 2
        assert self.lines(uploads)[0] == {"SERIAL": "S0", "NAME": "Mac 0"}

    def test_save_data_of_a_failed_run_is_kept(self, run, tmp_path):
        run([*devices(2), KeyboardInterrupt()], save_data=tmp_path)
        fetched, uploads = self.files(tmp_path)
        assert (len(self.lines(fetched)), len(self.lines(uploads))) == (2, 2)

    def test_save_data_of_parallel_runs_uses_own_files(self, run, tmp_path):
        for _ in range(3):
            run(devices(2), save_data=tmp_path)
        assert [len(self.lines(path)) for path in tmp_path.glob("*.fetched.jsonl")] == [2, 2, 2]

    def test_save_data_folder_cannot_be_created_stops_the_run(self, run, source, tmp_path):
        (tmp_path / "file").touch()
        outcome = run(devices(2), save_data=tmp_path / "file" / "saved_data")
        assert isinstance(outcome.error, ConfigurationError)
        assert "--save-data: cannot write the files" in str(outcome.error)
        assert source.given == 0
