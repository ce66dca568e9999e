"""Remarks of a source about what it read: sentences with a count and an example."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

# How many different remarks a source keeps; further ones are only counted.
MOST_REMARKS = 20

# A function of the count and of what the remark is about, such as the name of an attribute.
Sentence = Callable[[int, str], str]


@dataclass
class _Seen:
    count: int
    example: str


class Remarks:
    """The warnings and notes of one source, for the summary of a run and for `check`."""

    def __init__(self) -> None:
        self._warnings: dict[tuple[Sentence, str], _Seen] = {}
        self._notes: dict[tuple[Sentence, str], _Seen] = {}

    def warn(self, say: Sentence, about: str = "", *, example: str = "", count: int = 1) -> None:
        """Count a warning; `say` makes the sentence, and the first example is kept."""
        _add(self._warnings, say, about, example, count)

    def note(self, say: Sentence, about: str = "", *, example: str = "", count: int = 1) -> None:
        """Count a note, as `warn` does."""
        _add(self._notes, say, about, example, count)

    @property
    def warnings(self) -> list[str]:
        """The warnings so far, as sentences."""
        return list(_sentences(self._warnings))

    @property
    def notes(self) -> list[str]:
        """The notes so far, as sentences."""
        return list(_sentences(self._notes))


def _add(
    seen: dict[tuple[Sentence, str], _Seen], say: Sentence, about: str, example: str, count: int
) -> None:
    if (say, about) not in seen and len(seen) >= MOST_REMARKS:
        say, about, example = _others, "", ""
    seen.setdefault((say, about), _Seen(0, example)).count += count


def _sentences(seen: dict[tuple[Sentence, str], _Seen]) -> Iterator[str]:
    for (say, about), item in seen.items():
        example = f" (for example: {item.example})" if item.example else ""
        what, end, fix = say(item.count, about).partition(". ")
        yield f"{what}{example}{end}{fix}"


def _others(count: int, about: str) -> str:
    return f"{count:,} further remarks of other kinds"
