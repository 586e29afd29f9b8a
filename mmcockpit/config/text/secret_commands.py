"""Finds secrets by command outside of a cockpit file: such a file may come from others, and must not run a program."""

from collections.abc import Iterator
from typing import Any

from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError

_COMMANDS = frozenset({"phases", "procedures", "items"})
"""Keys below which `command` is that of a step, which a person confirms."""
_MESSAGE = (
    "a secret by command runs a program, so only the cockpit file may name one; "
    "define it there under sources, or write {env: NAME} or {file: PATH}"
)


def find_secret_commands(document: Document) -> list[FileError]:
    """Return an error for every {command: [PROGRAM, …]} that is not a step's."""
    return list(_walk(document, document.value, ()))


def _walk(document: Document, value: Any, place: Place) -> Iterator[FileError]:
    match value:
        case {"command": list() | str(), **others} if not others and not _is_probe(place):
            yield document.error((*place, "command"), _MESSAGE, key=True)
        case dict():
            for key, part in value.items():
                if key not in _COMMANDS:
                    yield from _walk(document, part, (*place, key))
        case list():
            for n, part in enumerate(value):
                yield from _walk(document, part, (*place, n))


def _is_probe(place: Place) -> bool:
    """Return whether the value at a place is the arguments of a probe, which are no secret: `command.run`."""
    return len(place) == 3 and place[0] == "signals" and "." in str(place[2])
