"""The resolved cockpit file: what a session starts from, without secrets."""

from typing import Any

import msgspec

from mmcockpit.core.checklist import Checklist
from mmcockpit.core.layout import Layout
from mmcockpit.core.signal import Signal


class SourceSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A connection as written: `options` hold secrets only as references ({env: NAME} or {file: PATH})."""

    name: str
    kind: str
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    every: float = 5.0
    timeout: float = 3.0
    budget: float = 10.0
    """Requests a second that the source may be asked at the most."""


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who may act in the session."""

    name: str
    role: str = ""


class Cockpit(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a session needs to run and to be replayed: resolved values, no file names, no secrets.

    `t0` is the planned start in Unix seconds.
    """

    name: str
    environment: str
    checklist: Checklist
    signals: tuple[Signal, ...]
    layout: Layout
    sources: tuple[SourceSpec, ...] = ()
    vars: dict[str, str] = msgspec.field(default_factory=dict)
    people: tuple[Person, ...] = ()
    t0: float | None = None
    theme: str = "cockpit-dark"

    @property
    def target(self) -> str:
        """What goes live, for the header: `modelmuxer v2.4.1`."""
        name = self.vars.get("deployment") or self.name
        version = self.vars.get("version", "")
        return f"{name} v{version}" if version else name
