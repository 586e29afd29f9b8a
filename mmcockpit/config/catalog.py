"""What the loader has to know of source kinds; `mmcockpit.sources` knows it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import BaseModel


class ProbeKind(Protocol):
    """One kind of question: the model of its arguments.

    The model has a class variable `shorthand` (the argument that a bare value stands for, or nothing) and the
    properties `numeric` (whether the answer is a number) and `acts` (why asking may change something, or empty).
    """

    @property
    def args(self) -> type[BaseModel]:
        """The model of the arguments."""
        ...


class Kind(Protocol):
    """One kind of source: the model of its options, and its probes by name."""

    @property
    def options(self) -> type[BaseModel]:
        """The model of the options beside kind, every, timeout and budget."""
        ...

    @property
    def unverified(self) -> Callable[[Any], str | None]:
        """Options to why TLS certificates are not verified; empty or None where nothing says so."""
        ...

    @property
    def probes(self) -> Mapping[str, Any]:
        """Probe name to ProbeKind."""
        ...


class Catalog(Protocol):
    """All kinds of sources there are."""

    def kinds(self) -> list[str]:
        """Return the names of all kinds."""
        ...

    def kind(self, name: str) -> Any:
        """Return a Kind; KeyError for an unknown name."""
        ...


def known_kind(catalog: Catalog, name: str) -> Kind | None:
    """Return the kind of this name, or None; asks for one kind only, because listing all of them is slow."""
    try:
        kind: Kind = catalog.kind(name)
    except KeyError:
        return None
    return kind


CUSTOMARY = {
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "cluster": "kubernetes",
    "cache": "redis",
    "database": "postgres",
    "api": "http",
    "dns": "dns",
    "command": "command",
    "file": "file",
    "session": "session",
}
"""The source names that shipped checklists use, and the kind each is taken for where no cockpit file says."""

SESSION = "session"
"""The source that every cockpit has without saying so."""

EVERY_S = {"command": 600.0}
"""Kind of source to how often its signals are asked unless the file says, in seconds; 5 for all others."""
