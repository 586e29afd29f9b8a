"""Signals as written: their keys, and the place of each key in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError


@dataclass(slots=True)
class Draft:
    """A signal as written: its keys with their places; `own` is whether the cockpit file defines its probe.

    `first_in_cockpit` is whether no checklist defines it.
    """

    name: str
    keys: dict[str, tuple[Any, Document, Place]]
    home: tuple[Document, Place]
    own: bool = False
    first_in_cockpit: bool = False
    title: str = ""

    @property
    def question(self) -> str:
        """The key `SOURCE.PROBE`, or an empty string."""
        return next((key for key in self.keys if "." in key), "")

    def error(self, place: Place, message: str, *, key: bool = False) -> FileError:
        """Return an error at a place below the signal."""
        document, base = self._stands(place)
        return document.error((*base, *place[1:]), message, key=key)

    def error_inside(self, place: Place, line: int, column: int, message: str) -> FileError:
        """Return an error at a line and column of a text below the signal."""
        document, base = self._stands(place)
        return document.error_inside((*base, *place[1:]), line, column, message)

    def changed_by(self, other: "Draft") -> "Draft":
        """Return this signal with the cockpit file's keys on top; replaced as a whole if those define a probe."""
        if other.question:
            return other
        return Draft(self.name, {**self.keys, **other.keys}, self.home, title=self.title)

    def _stands(self, place: Place) -> tuple[Document, Place]:
        if place and place[0] in self.keys:
            return self.keys[str(place[0])][1:]
        return self.home


def draft(name: str, written: Any, document: Document, place: Place, errors: list[FileError]) -> Draft | None:
    """Return the draft of a signal at a place of a document."""
    if not isinstance(written, Mapping):
        errors.append(document.error(place, f"signal {name} is a mapping with a key such as `prometheus.query: ...`"))
        return None
    keys = {key: (value, document, (*place, key)) for key, value in written.items()}
    return Draft(name, keys, (document, place))
