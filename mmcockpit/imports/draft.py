"""What an import makes: a checklist with a signal and an item for each thing taken, and notes on what was not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.config.markdown.result import Note
from mmcockpit.config.text.slug import LONGEST_ID, UniqueNames
from mmcockpit.config.text.writer import write
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.imports.documents import YamlPart

LONGEST_TITLE = 200
LONGEST_ABOUT = 19_000


@dataclass(frozen=True, slots=True)
class DraftSignal:
    """A signal as it is written in a file, and the item that it decides; `section` is the heading of the item."""

    name: str
    section: str
    keys: Mapping[str, Any]
    links: tuple[str, ...] = ()
    caveat: str = ""
    judged: bool = True


@dataclass(slots=True)
class ImportDraft:
    """A checklist that grows with each thing taken; every name is given once."""

    title: str
    signals: list[DraftSignal] = field(default_factory=list)
    vars: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)
    """Variable to its value in the file, empty for one that has a stand-in."""
    _names: UniqueNames = field(default_factory=lambda: UniqueNames("-"))

    def name(self, wanted: str) -> str:
        """Return an unused name for a signal: letters, digits, - and _, beginning with a letter."""
        word = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in wanted)
        word = word.strip("-_") or "signal"
        word = word if word[0].isalpha() else f"signal-{word}"
        return self._names.take(word[: LONGEST_ID - 6])

    def add(self, signal: DraftSignal) -> None:
        """Add a signal and its item."""
        self.signals.append(signal)

    def lose(self, part: YamlPart, message: str) -> None:
        """Note something that is not in the checklist."""
        self.notes.append(Note(part.line, plain(message, 400), lost=True))

    def note(self, part: YamlPart, message: str) -> None:
        """Note how something is carried over, where a person should know."""
        self.notes.append(Note(part.line, plain(message, 400)))

    @property
    def lost(self) -> list[Note]:
        """The notes on what was not taken."""
        return [note for note in self.notes if note.lost]

    def text(self) -> str:
        """Return the checklist file."""
        sections = dict.fromkeys(signal.section for signal in self.signals if signal.judged)
        items = {
            name: [_item(each) for each in self.signals if each.judged and each.section == name] for name in sections
        }
        phase = {
            "id": "verification",
            "title": "Verification",
            "sections": [{"title": name, "items": entries} for name, entries in items.items()],
        }
        values = {"title": title(self.title), "vars": self.vars, "phases": [phase] if items else []}
        written = {key: value for key, value in values.items() if value}
        return write({**written, "signals": {each.name: dict(each.keys) for each in self.signals}}, self.vars)


def title(text: str) -> str:
    """Return a text as a title: one line that is not too long."""
    return plain(" ".join(text.split()), LONGEST_TITLE)


def is_plain_url(text: str) -> bool:
    """Return whether a text is a link as it is, not a template of one."""
    return text.startswith(("http://", "https://")) and "{{" not in text


def interval(value: float) -> str:
    """Return seconds as a duration that reads back as the same value."""
    text = duration(value)
    return text if seconds(text) == value else f"{value:g}s"


def _item(signal: DraftSignal) -> dict[str, Any]:
    more = {"links": list(signal.links), "caveat": signal.caveat}
    return {
        "title": signal.keys.get("title") or signal.name,
        "signal": signal.name,
        **{key: value for key, value in more.items() if value},
    }
