"""What the connectors that read files owe: people or assets from a file or a folder of files."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lib import connector
from lib.config import config, generate
from lib.connector import Connector, Projection
from lib.errors import RecordUnreadable, SourceUnavailable
from lib.settings import declared, read_settings
from sandbox.people import people
from tests.example import page_example, upload

PEOPLE = list(people(60))
ASSETS = [{"Serial": f"S-{number}", "Name": f"Büro {number}"} for number in range(250)]
SERIAL = "24DCF85294E411E38A52066B556BA4EE"


class FileContract(ABC):
    """The tests; a class derived from it says which `connector`, and how its files are written."""

    connector: ClassVar[str]
    page: ClassVar[str]
    suffix: ClassVar[str]
    title: ClassVar[str]
    malformed: ClassVar[bytes]

    @staticmethod
    @abstractmethod
    def written(records: list[dict[str, Any]]) -> bytes:
        """The content of a file with these records."""

    @property
    def is_people(self) -> bool:
        return connector.load_connector(self.connector).data_type == "users"

    @property
    def records(self) -> list[dict[str, Any]]:
        return self.people() if self.is_people else ASSETS

    @staticmethod
    def people() -> list[dict[str, Any]]:
        return [
            {
                "Login": each.login,
                "First name": each.first_name,
                "Last name": each.last_name,
                "E-mail": each.mail,
            }
            for each in PEOPLE
        ]

    def connect(self, **given: object) -> Connector[Any]:
        kind = connector.load_connector(self.connector)
        texts = {"default_role": "25", "default_position": "Employee"}
        texts |= {key: str(text) for key, text in given.items()}
        settings, faults = read_settings(kind.settings_type, texts)
        assert faults == []
        return kind(settings)

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / f"export{self.suffix}"
        path.write_bytes(self.written(self.records))
        return path

    def test_says_what_it_is(self) -> None:
        kind = connector.load_connector(self.connector)
        assert kind.title == self.title
        assert kind.mapping == {}
        names = [item.name for item in declared(kind.settings_type) if not item.about.advanced]
        assert names[:3] == ["filename", "directory", "encoding"]
        assert ("default_role" in names) == self.is_people
        assert ("sync_field" in names) != self.is_people

    def test_the_generated_example_can_be_run(self, tmp_path: Path) -> None:
        ini = tmp_path / "config.ini"
        before, after = generate.ini_text().split(f"[{self.connector}]\n")
        after = after.replace("enable = False", "enable = True", 1)
        after = after.replace("filename =", f"filename = export{self.suffix}", 1)
        ini.write_text(f"{before}[{self.connector}]\n{after}", "utf-8")
        loaded = config.load_config(ini, [self.connector])
        assert {(each.section, each.key) for each in loaded.warnings} == {
            ("oomnitza", "url"),
            ("oomnitza", "api_token"),
        }

    def test_a_file_s_records_arrive_in_its_order(self, file: Path) -> None:
        made = self.connect(filename=file)
        made.check()
        assert list(made.records(Projection())) == self.records

    def test_a_folder_s_records_arrive_file_by_file(self, tmp_path: Path) -> None:
        for number in (2, 1, 3):
            part = [{**each, "Part": str(number)} for each in self.records[:2]]
            (tmp_path / f"{number}{self.suffix}").write_bytes(self.written(part))
        made = self.connect(directory=tmp_path)
        made.check()
        assert [each["Part"] for each in made.records(Projection())] == [
            "1",
            "1",
            "2",
            "2",
            "3",
            "3",
        ]

    def test_a_file_that_is_missing_is_no_empty_source(self, tmp_path: Path) -> None:
        made = self.connect(filename=tmp_path / "gone")
        for act in (made.check, lambda: list(made.records(Projection()))):
            with pytest.raises(SourceUnavailable) as caught:
                act()
            assert caught.value.where == str(tmp_path / "gone")

    def test_nothing_is_opened_before_the_first_record_is_wanted(self, tmp_path: Path) -> None:
        self.connect(filename=tmp_path / "gone").records(Projection())

    def test_a_malformed_record_is_told_with_its_place(self, file: Path) -> None:
        head, _, last = file.read_bytes().rstrip(b"\n").rpartition(b"\n")
        file.write_bytes(b"\n".join([head, self.malformed, last, b""]))
        *others, bad, end = self.connect(filename=file).records(Projection())
        assert isinstance(bad, RecordUnreadable)
        number = len(head.splitlines()) + 1
        assert bad.where == f"{file}: line {number}"
        assert [*others, end] == self.records

    def test_it_can_be_sent_to_another_process(self, file: Path) -> None:
        copy = pickle.loads(pickle.dumps(self.connect(filename=file)))
        assert len(list(copy.records(Projection()))) == len(self.records)

    def test_the_example_of_its_page_runs(self, file: Path, tmp_path: Path) -> None:
        records = self.page_records()
        file.write_bytes(self.page_file(records) + self.malformed + b"\n")
        text = page_example(self.page, filename=file.name, directory=".")
        outcome, stored = upload(text, self.connector, tmp_path)
        assert outcome.error is None
        filled = [each for each in PEOPLE if each.mail] if self.is_people else records
        assert outcome.tally.rejected == 1
        assert outcome.tally.sent == len(records)
        key = "EMAIL" if self.is_people else SERIAL
        assert sum(bool(each[key]) for each in stored) == len(filled)

    def page_records(self) -> list[dict[str, Any]]:
        """Records in the shape that the example of the page reads."""
        return self.records

    def page_file(self, records: list[dict[str, Any]]) -> bytes:
        """A file written in the way that the example of the page reads."""
        return self.written(records)
