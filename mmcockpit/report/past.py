"""The data of a report as plain values: collected once, rendered in any format."""

from dataclasses import dataclass, field

import msgspec

from mmcockpit.core.facts.event import AnyBody, Evidence, HandoverPrepared, ItemMarked
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.targets.reached import counts
from mmcockpit.core.state.session import Session
from mmcockpit.journal.verify import Report as Verified
from mmcockpit.report.attempts import Followed
from mmcockpit.report.attendance import DriverTerm, SeatTime, SecondPerson
from mmcockpit.report.series import SignalSeries
from mmcockpit.report.times import Stretch, When

Tone = str
"""The colour of a line: fail, warn, pass, unknown, strong, accent, muted or text."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the timeline; `routine` lines in a row are folded, `details` always are."""

    seq: int
    when: When
    word: str
    says: str
    tone: Tone = "text"
    details: tuple[str, ...] = ()
    routine: bool = False


class Decision(msgspec.Struct, frozen=True):
    """A decision, or an advice that calls for one: its fact, its evidence, and the signals to chart."""

    seq: int
    when: When
    title: str
    tone: Tone
    by: str = ""
    reason: str = ""
    because: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    head: str = ""
    signals: tuple[str, ...] = ()
    fact: AnyBody | None = None


@dataclass(slots=True)
class MarkFate:
    """A mark that puts an item aside, and how it ended; `fate` is empty while it is in effect."""

    mark: ItemMarked
    title: str
    when: When
    fate: str = ""
    ended: When | None = None


@dataclass(slots=True)
class Shift:
    """The time in which a person had the controls: how it began, and how it ended; `end` is None while it lasts."""

    who: str
    start: When
    began: str
    end: When | None = None
    ended: str = ""


@dataclass(slots=True)
class HandedOver:
    """A handover, and when it was acknowledged; None if it never was."""

    fact: HandoverPrepared
    when: When
    acknowledged: When | None = None
    witnessed: bool = False


@dataclass(slots=True)
class Participant:
    """A person of the session: first and last time, and counted actions."""

    name: str
    roles: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    first: When | None = None
    last: When | None = None
    did: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Past:
    """The data of a whole session. `facts` counts all facts, `readings` the results of polls among them.

    `left` is the operator who left last, empty once someone continued; `running` is whether a cockpit still writes it.
    """

    place: str
    session: Session
    verified: Verified
    facts: int = 0
    readings: int = 0
    first: When | None = None
    last: When | None = None
    entries: list[Entry] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    marks: list[MarkFate] = field(default_factory=list)
    holds: list[Stretch] = field(default_factory=list)
    advice_changes: list[Stretch] = field(default_factory=list)
    phases: list[Stretch] = field(default_factory=list)
    without_data: list[Stretch] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    handovers: list[HandedOver] = field(default_factory=list)
    followed: list[Followed] = field(default_factory=list)
    regressions: int = 0
    left: str = ""
    running: bool = False
    people: dict[str, Participant] = field(default_factory=dict)
    seats: list[SeatTime] = field(default_factory=list)
    seconds: list[SecondPerson] = field(default_factory=list)
    terms: list[DriverTerm] = field(default_factory=list)
    series: dict[str, SignalSeries] = field(default_factory=dict)

    def unreached(self, signal: Signal) -> bool:
        """Return whether a signal is about a target that the session never reached."""
        return self.session.opened is not None and not counts(self.session, signal.target)

    def title(self, item: str) -> str:
        """Return an item's number and title, or its id if the checklist does not have it."""
        state = self.session.items.get(item)
        return f"{state.item.number} {state.item.title}" if state else item
