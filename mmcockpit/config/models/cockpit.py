"""A cockpit file: what goes live, what is watched, and by which checklist."""

from typing import Any

from pydantic import ConfigDict, Field

from mmcockpit.config.models.checklist import ContactEntry, LinkEntry, Vars
from mmcockpit.config.models.conduct import AbortEntry, AllowEntry, BaselineEntry, WindowEntry
from mmcockpit.config.models.procedure import MOST_PROCEDURES, ProcedureEntry
from mmcockpit.config.models.written import Duration, Line, Moment, Name, Written


class SourceEntry(Written):
    """A connection to one system; the options of its kind stand beside these keys."""

    model_config = ConfigDict(extra="allow")

    kind: str
    """What sort of system it is: prometheus, alertmanager, kubernetes, redis, postgres, http, dns, command, file."""
    every: Duration | None = None
    """How often its signals are asked, unless they say otherwise: every 5 s, commands every 10 min."""
    timeout: Duration = 3.0
    """How long an answer may take."""
    budget: float = Field(default=10.0, gt=0, le=1000)
    """Requests a second that it may be asked at the most."""


class PersonEntry(Written):
    """Somebody who may act in the session."""

    name: Line
    """The name they go by."""
    role: str = Field(default="", max_length=80)
    """What they are responsible for."""


class CockpitFile(Written):
    """Everything a session needs to start."""

    name: Line
    """What this go-live is called."""
    environment: Line
    """Where it happens; always on the screen, and `production` looks different."""
    t0: Moment | None = None
    """The planned start; T± counts from it."""
    window: WindowEntry | None = None
    """The maintenance window: {from: ..., to: ...}."""
    vars: Vars = Field(default_factory=dict)
    """Values for `${name}` in any string of this file and of the checklist."""
    people: tuple[PersonEntry, ...] = ()
    """Who may act."""
    poll: tuple[Line, ...] = ()
    """Roles of the go/no-go poll, in the order in which they answer."""
    checklist: str = ""
    """A shipped checklist by name, or the path of a .yaml or .md file or of a folder."""
    layout: str = "go-live"
    """A layout by name or path."""
    theme: str = "cockpit-dark"
    """A theme by name or path."""
    sources: dict[Name, SourceEntry] = Field(default_factory=dict)
    """The systems that are asked, by name."""
    signals: dict[Name, Any] = Field(default_factory=dict)
    """Signals of this go-live by name. One with a question replaces the checklist's, one without changes it, and
    `off` switches it off."""
    abort: tuple[AbortEntry, ...] | None = Field(default=None, max_length=200)
    """When to advise ROLLBACK; replaces the checklist's rules."""
    baseline: BaselineEntry | None = None
    """What is recorded before the cutover, to compare with; replaces the checklist's."""
    readiness: tuple[Name, ...] | None = None
    """Signals that have to pass before a rollback can be relied on; replaces the checklist's."""
    allow: AllowEntry = AllowEntry()
    """What is allowed beyond looking; nothing unless it stands here, and no checklist can say so."""
    procedures: tuple[ProcedureEntry, ...] = Field(default=(), max_length=MOST_PROCEDURES)
    """Runbooks of this go-live. One of the same id changes the checklist's by what it says."""
    messages: dict[Name, Any] = Field(default_factory=dict)
    """Ready-made messages by name, which replace the checklist's; and `webhook`, where they are posted."""
    contacts: tuple[ContactEntry, ...] = ()
    """Whom to call; replaces the checklist's of the same role."""
    links: tuple[LinkEntry, ...] = ()
    """Where to look; replaces the checklist's of the same title."""
