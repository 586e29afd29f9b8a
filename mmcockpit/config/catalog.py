"""What the loader needs to know and `cli` passes to it: source kinds, and which keymaps are valid."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.signal import BUILT_IN

if TYPE_CHECKING:
    from pydantic import BaseModel


KeymapMistakes = Callable[[Mapping[str, str]], Iterable[tuple[str, str]]]
"""Returns the mistakes of a keymap (action id to keys): the id of an action in it, and the message."""


def any_keymap(keymap: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Return no mistakes: for commands without a screen, which bind no keys."""
    return ()


class DescribedProbe(Protocol):
    """One kind of probe: the model of its arguments, and the shape of its value.

    The model has a class variable `shorthand` (the argument that a bare value is assigned to, or empty) and the
    properties `numeric` (whether the result is a number) and `acts` (why polling may change something, or empty).
    """

    @property
    def args(self) -> "type[BaseModel]":
        """The model of the arguments."""
        ...

    def shape(self, args: Any) -> Shape:
        """Return the shape of its value for validated arguments."""
        ...

    def fields(self, args: Any) -> frozenset[str]:
        """Return the names of all fields that its value has at most; empty if they are not known beforehand."""
        ...


class DescribedSource(Protocol):
    """One kind of source: the model of its options, and its probes by name."""

    @property
    def options(self) -> "type[BaseModel]":
        """The model of the options beside kind, every, timeout and budget."""
        ...

    @property
    def unverified(self) -> Callable[[Any], str | None]:
        """Map options to the reason why TLS certificates are not verified; empty or None if they are verified."""
        ...

    @property
    def probes(self) -> Mapping[str, Any]:
        """Probe name to ProbeKind."""
        ...


class Catalog(Protocol):
    """All available kinds of sources."""

    def kinds(self) -> list[str]:
        """Return the names of all kinds."""
        ...

    def kind(self, name: str) -> Any:
        """Return a Kind; KeyError for an unknown name."""
        ...


def known_kind(catalog: Catalog, name: str) -> DescribedSource | None:
    """Return the kind with this name, or None; loads that kind only, because listing all of them is slow."""
    try:
        kind: DescribedSource = catalog.kind(name)
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
    "procedures": "procedures",
}
"""Source names that shipped checklists use, and the kind that each one has if no cockpit file defines it."""

SESSION, PROCEDURES = BUILT_IN
"""The sources that every cockpit has without configuring them: facts of the session, and whether procedures can run."""

EVERY_S = {"command": 600.0}
"""Source kind to the default polling interval of its signals, in seconds; 5 for all other kinds."""
