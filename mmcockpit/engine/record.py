"""Writing facts down, and what happens while that fails."""

from typing import Protocol

from mmcockpit.core import event as facts
from mmcockpit.core.clock import Stamp
from mmcockpit.core.event import Backfilled, Event, Gap, Observed, Refused, Trouble

LOSABLE = frozenset({Observed, Backfilled, Refused, Trouble, facts.StepOutput})
"""Facts that are counted, not kept, while nothing can be written: the next reading takes their place."""

SAID = frozenset(
    {
        *(facts.ItemMarked, facts.PhaseChanged, facts.Held, facts.PollOpened, facts.Voted, facts.PollClosed),
        *(facts.Decided, facts.BaselineRecorded, facts.Noted, facts.T0Changed, facts.Closed, facts.OperatorLeft),
        *(facts.ProcedureOpened, facts.ValueChosen, facts.MessageSent, facts.IdentityAccepted),
    }
)
"""Facts that operators make; the others happen by themselves and cannot be refused."""


def said(body: facts.AnyBody) -> bool:
    """Return whether an operator made this fact, so that it is refused while it cannot be written."""
    return type(body) in SAID or (isinstance(body, facts.StepChanged) and bool(body.by))


STEADY_S = 3.0
"""Seconds of writing after which an outage counts as over: on a nearly full disk a short line fits now and then."""


class Journal(Protocol):
    """What the engine needs of a journal; an OSError leaves it as it was before the call."""

    @property
    def head(self) -> str:
        """The hash of the last line."""
        ...

    def append(self, event: Event) -> None:
        """Write one event; on return a durable one is on the disk."""
        ...

    def flush(self) -> None:
        """Bring everything written so far to the disk."""
        ...

    def close(self) -> None:
        """Bring everything to the disk and let go of the lock."""
        ...


class Record:
    """The journal of a running session; knows since when and why it cannot be written.

    While it cannot, readings are counted as lost and all other facts are kept in memory: `retry` writes both down as a
    Gap and the facts, once writing works again.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lost = 0
        self._kept: list[Event] = []
        self._since: Stamp | None = None
        self._recovered_at = -STEADY_S
        self.failing = ""
        self.accepted = False
        """Whether an operator said to go on without a record."""

    def write(self, event: Event) -> bool:
        """Write an event down and return whether the journal holds it."""
        if not self.failing:
            try:
                self._journal.append(event)
                return True
            except OSError as error:
                self._fail(error, event.stamp)
        if type(event.body) in LOSABLE:
            self._lost += 1
        return False

    def keep(self, event: Event) -> None:
        """Keep a fact that could not be written until it can be; one that may be lost was counted already."""
        if type(event.body) not in LOSABLE:
            self._kept.append(event)

    def flush(self, now: Stamp) -> None:
        """Bring what was written to the disk; called at least once a second."""
        if self.failing:
            return
        if now.at - self._recovered_at >= STEADY_S:
            self.accepted = False
        try:
            self._journal.flush()
        except OSError as error:
            self._fail(error, now)

    def retry(self, seq: int, now: Stamp) -> list[Event]:
        """Try to write again; return the facts now recorded, numbered from `seq`: the gap, then what was kept."""
        if not self.failing or self._since is None:
            return []
        gap = Event(seq, now, Gap(self._lost, self._since, self.failing))
        try:
            self._journal.append(gap)
        except OSError as error:
            self.failing = _reason(error)
            return []
        self.failing, self._since, self._lost, self._recovered_at = "", None, 0, now.at
        kept, self._kept = self._kept, []
        recorded = [gap]
        for number, event in enumerate(kept, 1):
            late = Event(seq + number, event.stamp, event.body)
            if self.write(late):
                recorded.append(late)
            else:
                self.keep(event)
        return recorded

    @property
    def head(self) -> str:
        """The hash of the journal's last line."""
        return self._journal.head

    def close(self) -> None:
        """Bring everything to the disk and let go of the journal."""
        self._journal.close()

    def _fail(self, error: OSError, since: Stamp) -> None:
        self.failing, self._since = _reason(error), since


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
