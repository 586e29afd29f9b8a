"""Fields of objects of any kind, and the statuses of kstatus."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Status = Literal["Current", "InProgress", "Failed", "Terminating", "NotFound", "Unknown"]


class Readiness(NamedTuple):
    """The status of an object by kstatus, with the reason."""

    status: Status
    message: str


def current(message: str) -> Readiness:
    """Return that the object is what its specification asks for."""
    return Readiness("Current", message)


def in_progress(message: str) -> Readiness:
    """Return that a controller is not done yet."""
    return Readiness("InProgress", message)


def failed(message: str) -> Readiness:
    """Return that the object will not become ready without help."""
    return Readiness("Failed", message)


class ObjectFields:
    """One object: its fields by dotted path, whatever its shape."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._written = written

    @property
    def kind(self) -> str:
        """Its group and kind: `apps/Deployment`, for the core group `Pod`."""
        group, slash, _ = self.text("apiVersion").partition("/")
        return f"{group}/{self.text('kind')}" if slash else self.text("kind")

    def part(self, path: str) -> Any:
        """Return the value at a dotted path; None if there is none."""
        value: Any = self._written
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def text(self, path: str) -> str:
        """Return the text at a path; empty if there is none."""
        value = self.part(path)
        return value if isinstance(value, str) else ""

    def number(self, path: str, default: int = 0) -> int:
        """Return the whole number at a path, also one written as text."""
        return whole(self.part(path), default)

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Return the objects of the list at a path."""
        value = self.part(path)
        return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

    def condition(self, kind: str) -> "KstatusCondition | None":
        """Return the condition of a type."""
        for row in self.rows("status.conditions"):
            if row.get("type") == kind:
                return KstatusCondition(row)
        return None

    def holds(self, kind: str) -> bool:
        """Return whether the condition of a type is true."""
        found = self.condition(kind)
        return found is not None and found.status == "True"


class KstatusCondition:
    """One condition of a status."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.type = _word(row, "type")
        self.status = _word(row, "status")
        self.reason = _word(row, "reason")
        self.message = _word(row, "message")
        self.generation = whole(row.get("observedGeneration"), -1)

    @property
    def why(self) -> str:
        """Its message, else its reason, else its type and status."""
        return self.message or self.reason or f"condition {self.type} is {self.status}"


def whole(value: Any, default: int) -> int:
    """Return a value as a whole number, the default if it is not one."""
    if isinstance(value, bool):
        return default
    if isinstance(value, int | float):
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else default


def _word(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""
