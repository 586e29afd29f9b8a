"""The work plan at one moment: which items can start, who is late or idle, and the critical path."""

from enum import StrEnum

import msgspec


class Work(msgspec.Struct, frozen=True):
    """One item as work; times are seconds of the session.

    `ready_at` is the time from which it could start, None while an item of `before` is open or its phase is not.
    `before` are the ids of the open items that come first. `due` is when it should be done, None without an estimate
    or before it could start. `settle_s` is its settle time after the work. `late_s` is by how much it is, or was, done
    later than that. `took_s` is how long a done one took, with its settle time. `waits` are the open items of `before`
    as texts, `phase` the title of the phase that has to open first.
    """

    item: str
    number: int
    title: str
    assignee: str
    estimate_s: float
    done: bool
    can_start: bool = False
    before: tuple[str, ...] = ()
    ready_at: float | None = None
    due: float | None = None
    late_s: float = 0.0
    took_s: float | None = None
    waits: tuple[str, ...] = ()
    phase: str = ""
    settle_s: float = 0.0


class PersonWork(msgspec.Struct, frozen=True):
    """The open items of one assignee: those that can start now (`now`), and the others in order (`later`)."""

    person: str
    now: tuple[Work, ...] = ()
    later: tuple[Work, ...] = ()
    done: int = 0

    @property
    def idle(self) -> bool:
        """Whether the person has work left, but none of it can start now."""
        return bool(self.later) and not self.now

    @property
    def late_s(self) -> float:
        """By how many seconds the latest of the open items is late."""
        return max((one.late_s for one in self.now), default=0.0)


class WorkPlan(msgspec.Struct, frozen=True):
    """All work in the order of the checklist, and who does it.

    `path` are the ids of the open items on the critical path: the chain of items that come after each other and take
    longest together. `path_s` is how many seconds it still takes, None where nothing has an estimate.
    """

    works: tuple[Work, ...] = ()
    people: tuple[PersonWork, ...] = ()
    path: tuple[str, ...] = ()
    path_s: float | None = None

    @property
    def can_start(self) -> tuple[Work, ...]:
        """The items that can start now."""
        return tuple(one for one in self.works if one.can_start)

    @property
    def late(self) -> tuple[Work, ...]:
        """The open items that should be done by now, the latest first."""
        return tuple(sorted((one for one in self.works if one.late_s and not one.done), key=lambda one: -one.late_s))

    @property
    def idle(self) -> tuple[PersonWork, ...]:
        """The assignees with work left of which nothing can start now."""
        return tuple(one for one in self.people if one.idle)


class WaveProgress(StrEnum):
    """Where a target is, the most severe first."""

    REGRESSED = "regressed"
    FAILING = "failing"
    NO_DATA = "no data"
    OPEN = "open"
    BETWEEN = "between phases"
    NOT_REACHED = "not reached"
    FINISHED = "finished"


class WaveTarget(msgspec.Struct, frozen=True):
    """One target: `done` of `total` required items of its phases are satisfied.

    `phase` is the title of its open phase, or of the next one, without the target; empty once it is finished. Of the
    phases that it has reached, `failing` are the ids of the failing items; `signals` are its judged signals that fail
    without such an item, `unknown` is how many items and abort rules have no data. `opened` is whether its phase is
    open, `reached` whether one was opened.
    """

    target: str
    progress: WaveProgress
    phase: str
    done: int
    total: int
    failing: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    unknown: int = 0
    opened: bool = False
    reached: bool = False
