"""A cockpit file: what goes live, what is watched, and by which checklist."""

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from mmcockpit.config.models.checklist import ContactEntry, LinkEntry
from mmcockpit.config.models.fields import (
    DayTimes,
    Duration,
    FileModel,
    Line,
    Name,
    SecretReference,
    Time,
    Vars,
    mistake,
)
from mmcockpit.config.models.messages import EscalationStepEntry
from mmcockpit.config.models.procedure import MOST_PROCEDURES, ProcedureEntry
from mmcockpit.config.models.rollback_rules import AbortEntry, BaselineEntry
from mmcockpit.config.models.use import Uses


class SourceEntry(FileModel):
    """A connection to one system; the options of its kind are next to these keys."""

    model_config = ConfigDict(extra="allow")

    kind: str
    """The kind of system: prometheus, alertmanager, loki, kubernetes, registry, redis, postgres, http, dns, command,
    file."""
    every: Duration | None = None
    """Polling interval of its signals, unless they have their own. Default: 5 s; commands 10 min."""
    timeout: Duration = 3.0
    """Timeout of one poll."""
    budget: float = Field(default=10.0, gt=0, le=1000)
    """Maximum number of requests per second."""


class PersonEntry(FileModel):
    """A person who may act in the session."""

    name: Line
    """The name they use."""
    role: str = Field(default="", max_length=80)
    """What they are responsible for."""
    login: str = Field(default="", max_length=64)
    """Their login on the machine of the session, by which the kernel knows them; their name unless given. Each login is
    that of one person."""
    db_user: str = Field(default="", max_length=63)
    """Their user of the shared database; their name unless given. People with the same one are one identity."""


class ShareSecret(SecretReference):
    """The address of the shared database, which contains a password, and so is a secret."""


class ShareEntry(FileModel):
    """How other people join the session, each from a seat of their own."""

    group: str = Field(default="", max_length=64)
    """The Unix group whose members may connect; without it, only you."""
    socket_dir: str = Field(default="", max_length=90)
    """The folder of the socket, which belongs to the group; without it, the folder of the session."""
    postgres: ShareSecret | None = None
    """The PostgreSQL database through which other machines join: {env: NAME}, {file: PATH} or {command: […]}."""


class AnchorEntry(FileModel):
    """The SSH key that signs the head of the journal at gates and at the end; `verify` checks the signatures."""

    key: str = Field(max_length=300)
    """The public key, such as ~/.ssh/id_ed25519.pub; the private one has to be in ssh-agent."""
    namespace: str = Field(default="mmcockpit", pattern=r"^[A-Za-z0-9@._-]{1,64}$")
    """The namespace of the signatures, which an allowed_signers file can restrict a key to."""

    @model_validator(mode="after")
    def _public(self) -> "AnchorEntry":
        if not self.key.startswith(("/", "~/")):
            raise mistake("key must be an absolute path or begin with ~/, such as ~/.ssh/id_ed25519.pub")
        if not self.key.endswith(".pub"):
            raise mistake("key must be the public key, which ends in .pub; the private one stays in ssh-agent")
        return self


class AllowEntry(FileModel):
    """What is allowed beyond read-only; nothing unless listed here."""

    procedures: bool = False
    """Whether steps of procedures may be run from the cockpit."""
    probe_commands: tuple[Line, ...] = ()
    """The programs that signals of a command source may run, by the first word of their command line."""
    active: tuple[Name, ...] = ()
    """The active signals that may be run: they change something, cost money or alert people."""


class WindowEntry(FileModel):
    """The maintenance window."""

    start: Time = Field(alias="from")
    """When it begins: RFC 3339 with a time zone, such as 2026-12-06T02:00:00+01:00."""
    end: Time = Field(alias="to")
    """When it ends, in the same form."""

    @model_validator(mode="after")
    def _ordered(self) -> "WindowEntry":
        if self.end <= self.start:
            raise mistake("must have `from` before `to`")
        return self


class CockpitFile(FileModel):
    """Everything a session needs to start."""

    name: Line
    """The name of this go-live."""
    environment: Line
    """Where it happens; always on the screen, and `production` is highlighted."""
    t0: Time | None = None
    """The planned start, such as 2026-12-06T02:00:00Z; T± is relative to it."""
    window: WindowEntry | None = None
    """The maintenance window: {from: 2026-12-06T02:00:00Z, to: 2026-12-06T06:00:00Z}."""
    vars: Vars = Field(default_factory=dict)
    """Values for `${name}` in any string of this file and of the checklist."""
    people: tuple[PersonEntry, ...] = ()
    """The people who may act."""
    share: ShareEntry | None = None
    """How other people join the session."""
    anchor: AnchorEntry | None = None
    """Sign the head of the journal at gates and at the end: {key: ~/.ssh/id_ed25519.pub}."""
    poll: tuple[Line, ...] = ()
    """Roles of the go/no-go poll, in the order in which they answer."""
    handovers: DayTimes = Field(default=(), max_length=24)
    """When the shift changes: times of day such as ["08:00", "20:00"], in UTC unless an offset follows (08:00+02:00).
    The header shows the next one."""
    checklist: str = ""
    """A shipped checklist by name, or the path of a .yaml or .md file or of a folder."""
    use: Uses = ()
    """Packs: reusable signals, items and procedures; a name, or {pack: NAME, vars: {...}}."""
    layout: str = ""
    """A layout by name or path; without it, one is made from the signals, in which every signal has a place."""
    theme: str = "cockpit-dark"
    """A theme by name or path."""
    sources: dict[Name, SourceEntry] = Field(default_factory=dict)
    """The systems that are polled, by name."""
    signals: dict[Name, Any] = Field(default_factory=dict)
    """Signals of this go-live by name. With a probe, a signal replaces the checklist's, which only keeps its tags;
    without one, it changes it; `off` switches it off."""
    abort: tuple[AbortEntry, ...] | None = Field(default=None, max_length=200)
    """When to advise ROLLBACK; replaces the checklist's rules."""
    baseline: BaselineEntry | None = None
    """What is recorded before the cutover, to compare with later; replaces the checklist's."""
    readiness: tuple[Name, ...] | None = None
    """Signals that have to pass before you can rely on a rollback; replaces the checklist's."""
    allow: AllowEntry = AllowEntry()
    """What is allowed beyond read-only; nothing unless listed here. A checklist cannot set it."""
    procedures: tuple[ProcedureEntry, ...] = Field(default=(), max_length=MOST_PROCEDURES)
    """Runbooks of this go-live. One with the id of a procedure in the checklist replaces the keys that it sets."""
    messages: dict[Name, Any] = Field(default_factory=dict)
    """Ready-made messages by name, which replace the checklist's; `webhook`, the address they are posted to; and
    `channels`, further ways out by name."""
    escalate: tuple[EscalationStepEntry, ...] = Field(default=(), max_length=20)
    """To whom an advised rollback or a regression goes, one after the other, until an operator acknowledges it."""
    contacts: tuple[ContactEntry, ...] = ()
    """People and teams to contact; replaces the checklist's of the same role."""
    links: tuple[LinkEntry, ...] = ()
    """Useful links; replaces the checklist's of the same title."""
