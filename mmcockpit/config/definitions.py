"""Signals and procedures as written: keys that may come from several files, each with its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mmcockpit.config.loader import Part
from mmcockpit.config.text.document import Mistake


class Written(NamedTuple):
    """The value of a key, and its place in a file."""

    value: Any
    part: Part


Keys = dict[str, Written]

SHORT_KEYS = {"slo": "prometheus", "compare": "prometheus"}
"""Keys that mean the probe of the same name, each with the kind of its source."""


def holds_probe(key: str) -> bool:
    """Return whether a key of a signal holds its probe: `SOURCE.PROBE`, or a short key."""
    return "." in key or key in SHORT_KEYS


def written_keys(part: Part, values: Mapping[str, Any]) -> Keys:
    """Return the keys of a mapping at a place of a file."""
    return {key: Written(value, part.at(key)) for key, value in values.items()}


@dataclass(slots=True)
class Definition:
    """A signal or a procedure as written; `home` is the place of its first definition."""

    name: str
    keys: Keys
    home: Part

    def at(self, *place: str | int) -> Part:
        """Return a place below this definition; its home for a key that it does not have."""
        if place and place[0] in self.keys:
            return self.keys[str(place[0])].part.at(*place[1:])
        return self.home

    def report(self, mistake: Mistake) -> None:
        """Report a mistake at a place below this definition."""
        self.at(*mistake.place).report(mistake._replace(place=()))


@dataclass(slots=True)
class SignalDraft(Definition):
    """A signal as written; `own` is whether the cockpit file defines its probe.

    `first_in_cockpit` is whether no checklist or pack defines it, `inline` whether it is written in an item.
    """

    own: bool = False
    first_in_cockpit: bool = False
    inline: bool = False
    title: str = ""

    @property
    def query(self) -> str:
        """The key of its probe, `SOURCE.PROBE` or a short one; empty if it has none."""
        return next((key for key in self.keys if holds_probe(key)), "")

    def changed_by(self, other: "SignalDraft") -> "SignalDraft":
        """Return this signal with the cockpit file's keys on top; replaced but for its tags if those define a probe."""
        if other.query:
            other.keys = {key: self.keys[key] for key in ("tags",) if key in self.keys} | other.keys
            return other
        return SignalDraft(self.name, {**self.keys, **other.keys}, self.home, title=self.title)


def signal_draft(name: str, part: Part, value: Any) -> SignalDraft | None:
    """Return the draft of a signal from its value at a place of a file."""
    if not isinstance(value, Mapping):
        part.error(f"signal '{name}' must be a mapping with a probe, such as `prometheus.query: up`")
        return None
    return SignalDraft(name, written_keys(part, value), part)
