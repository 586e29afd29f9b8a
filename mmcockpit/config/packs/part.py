"""A place in a pack; a mistake that a variable causes is reported where the variable was set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmcockpit.config.loader import Part
from mmcockpit.config.text.document import Place
from mmcockpit.config.text.error import FileError
from mmcockpit.config.text.variables import references


@dataclass(frozen=True, slots=True)
class SetVariables:
    """The variables that a file sets: name to its place, and the places of the pack that refer to them."""

    label: str = ""
    parts: Mapping[str, Part] = field(default_factory=dict)
    used: Mapping[Place, frozenset[str]] = field(default_factory=dict)

    def cause(self, place: Place) -> str:
        """Return a set variable that is part of the value at a place; empty if there is none."""
        return min(self.used.get(place, frozenset()) & self.parts.keys(), default="")


@dataclass(frozen=True, slots=True)
class PackPart(Part):
    """A place in a pack that a file uses."""

    variables: SetVariables = SetVariables()

    def at(self, *place: str | int) -> "PackPart":
        """Return a place below this one."""
        return PackPart(self.loader, self.document, (*self.place, *place), self.variables)

    def placed(self, error: FileError) -> FileError:
        """Return a mistake at this value, moved to the variable that causes it."""
        name = self.variables.cause(self.place)
        if not name:
            return error
        part = self.variables.parts[name]
        where = f"{Path(error.file).name}:{error.line}"
        message = f"variable '{name}' of {self.variables.label}: {error.message} ({where})"
        return part.document.error(part.place, message)


def variables_used(part: Part) -> dict[Place, frozenset[str]]:
    """Map each text of a document, before variables are replaced, to the variables in it."""
    used: dict[Place, frozenset[str]] = {}
    waiting: list[tuple[Place, object]] = [((), part.document.value)]
    while waiting:
        place, value = waiting.pop()
        match value:
            case str() if "${" in value:
                used[place] = frozenset(references(value))
            case dict():
                waiting += [((*place, key), each) for key, each in value.items()]
            case list():
                waiting += [((*place, n), each) for n, each in enumerate(value)]
    return used
