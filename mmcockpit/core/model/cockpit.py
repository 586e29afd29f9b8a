"""The resolved cockpit file from which a session starts; without secrets."""

from functools import cached_property
from typing import Any

import msgspec

from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.messages.channels import WEBHOOK, ChannelKind, EscalationStep, MessageChannel
from mmcockpit.core.model.procedure import Cluster, Message
from mmcockpit.core.model.signal import Signal


class SourceSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A source as configured.

    `options` hold secrets only as references: {env: NAME}, {file: PATH} or {command: [PROGRAM, …]}.
    """

    name: str
    kind: str
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    every: float = 5.0
    timeout: float = 3.0
    budget: float = 10.0
    """Requests per second that the source may get at most."""


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person who may act in the session."""

    name: str
    role: str = ""
    login: str = ""
    """Their login on this machine, as the kernel knows it."""
    db_user: str = ""
    """Their user of the shared database."""


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """How other people join the session.

    `group` is the Unix group that may connect to the socket, in the folder `socket_dir`. `postgres` is the address of
    the shared store, as a reference ({env: NAME}, {file: PATH} or {command: [PROGRAM, …]}).
    """

    group: str = ""
    socket_dir: str = ""
    postgres: dict[str, Any] = msgspec.field(default_factory=dict)


class Anchor(msgspec.Struct, frozen=True, omit_defaults=True):
    """The SSH key that signs the head of the journal.

    `key` is the path of the public key, absolute or from `~/`; the private one is in ssh-agent.
    """

    key: str
    namespace: str = "mmcockpit"


class Abort(msgspec.Struct, frozen=True):
    """An abort rule: advise ROLLBACK once the signal has failed for `for_s` seconds, counted from phase `phase` on."""

    signal: str
    for_s: float
    phase: str


class BaselinePlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which signals are recorded as the baseline, and over how many seconds.

    `before` is the phase that puts the new version into production: values measured after it opened are not
    part of a baseline.
    """

    signals: tuple[str, ...] = ()
    over: float = 3600.0
    before: str = ""


class Allowed(msgspec.Struct, frozen=True, omit_defaults=True):
    """Permissions that go beyond reading; all are off by default."""

    procedures: bool = False
    probe_commands: tuple[str, ...] = ()
    active: tuple[str, ...] = ()


class Window(msgspec.Struct, frozen=True):
    """The maintenance window, in Unix seconds."""

    start: float
    end: float


CLUSTER = "cluster"
"""The source that steps use if there are several of kind kubernetes."""


class Cockpit(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """Everything that a session needs to run and to be replayed: resolved values, no file names, no secrets.

    `t0` is the planned start in Unix seconds. What is computed from it is kept with it.
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
    window: Window | None = None
    poll: tuple[str, ...] = ()
    """Roles of the go/no-go poll, in the order in which they answer."""
    handovers: tuple[float, ...] = ()
    """When the shift changes: seconds since midnight UTC, in order."""
    aborts: tuple[Abort, ...] = ()
    baseline: BaselinePlan = BaselinePlan()
    readiness: tuple[str, ...] = ()
    """Signals that have to pass before operators can rely on a rollback."""
    allow: Allowed = Allowed()
    messages: tuple[Message, ...] = ()
    webhook: dict[str, Any] = msgspec.field(default_factory=dict)
    """Where messages are posted, as a reference ({env: NAME}, {file: PATH} or {command: …}); empty for no webhook."""
    channels: tuple[MessageChannel, ...] = ()
    """Further channels for messages; also announce what happens."""
    escalation: tuple[EscalationStep, ...] = ()
    """To whom an unacknowledged alarm goes, in order."""
    share: Share | None = None
    """How other people join; None if only this user can, on this machine."""
    anchor: Anchor | None = None
    """Which key signs the head of the journal at gates and at the end; None for none."""
    cluster: Cluster = Cluster()
    """The cluster that `${cluster.*}` refers to: of the source of this name, else of the first kubernetes source."""
    clusters: dict[str, Cluster] = msgspec.field(default_factory=dict)
    """The kubernetes sources by name; empty if there is only one, with the name `cluster`."""

    def cluster_of(self, name: str) -> Cluster:
        """Return the cluster of a kubernetes source, or of the name `cluster`; an empty one if it is unknown."""
        return self.clusters.get(name) or (self.cluster if name == CLUSTER else Cluster())

    def polled_as(self, name: str) -> str:
        """Return the source whose signals show the cluster with this name, if there are several; empty otherwise."""
        if len(self.clusters) < 2 or not name:
            return ""
        return name if name in self.clusters else next(iter(self.clusters))

    @cached_property
    def alert_lists(self) -> tuple[str, ...]:
        """The names of the signals whose values list alerts with labels."""
        return tuple(signal.name for signal in self.signals if signal.shape.key_of("labels"))

    @property
    def senders(self) -> tuple[str, ...]:
        """The names of the channels through which an operator can send messages."""
        named = tuple(one.name for one in self.channels if one.kind is not ChannelKind.GRAFANA)
        return ((WEBHOOK,) if self.webhook else ()) + named

    @property
    def target(self) -> str:
        """Name and version of what goes live, for the header: `modelmuxer v2.4.1`."""
        name = self.vars.get("deployment") or self.name
        version = self.vars.get("version", "")
        return f"{name} v{version}" if version else name
