"""Writes facts to the journal, and handles the time while that fails."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Backfilled, Event, Gap, Observed, Opened, Refused, Trouble
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.words.describe import describe
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.rescue import save

Carry = Callable[[], Opened | None]

LOSABLE = frozenset({Observed, Backfilled, Refused, Trouble, facts.StepOutput})
"""Facts that are counted, not kept, while the journal cannot be written: the next reading replaces them."""

BY_OPERATOR = frozenset(
    {
        *(facts.ItemMarked, facts.PhaseChanged, facts.Held, facts.PollOpened, facts.Voted, facts.PollClosed),
        *(facts.Decided, facts.BaselineRecorded, facts.Noted, facts.T0Changed, facts.Closed, facts.OperatorLeft),
        *(facts.ProcedureOpened, facts.StepsRepeated, facts.ValueChosen, facts.MessageSent, facts.IdentityAccepted),
        *(facts.ControlsRequested, facts.ControlsGranted, facts.StepApproved),
        *(facts.HandoverPrepared, facts.HandoverAcknowledged, facts.AlarmAcknowledged),
    }
)
"""Facts that operators make; all others are automatic and cannot be refused."""


def by_operator(body: facts.AnyBody) -> bool:
    """Return whether an operator made this fact; such a fact is refused while it cannot be written."""
    return type(body) in BY_OPERATOR or (isinstance(body, facts.StepChanged) and bool(body.by))


STEADY_S = 3.0
"""Seconds of successful writes after which an outage is over: a nearly full disk accepts short lines now and then."""


class Journal(Protocol):
    """What the engine needs of a journal; a call that raises OSError changes nothing."""

    @property
    def path(self) -> Path:
        """Its file."""
        ...

    @property
    def lost(self) -> str:
        """What another program did to its file, so that nothing more can be written; else empty."""
        ...

    @property
    def head(self) -> str:
        """The hash of the last line."""
        ...

    def append(self, event: Event) -> None:
        """Write one event; on return a durable one is on the disk."""
        ...

    def flush(self) -> None:
        """Write everything so far to the disk."""
        ...

    def close(self) -> None:
        """Write everything to the disk and release the lock."""
        ...

    def successor(self, opening: Event) -> "Journal":
        """Release a lost journal; return a new one beside it that begins with this fact."""
        ...


class Record:
    """The journal of a running session; knows since when and why it cannot be written.

    Meanwhile readings are counted as lost and all other facts are kept in memory; once writing works again, `retry`
    writes a Gap and then the kept facts. `carry` returns the fact that begins a new journal with the current session,
    for a journal that was lost. `rescued` is the file in which kept facts were saved at the end; `unsaved` are those
    that could not be saved anywhere.
    """

    def __init__(self, journal: Journal, carry: Carry) -> None:
        self._journal = journal
        self._carry = carry
        self._carried: Opened | None = None
        self._lost = 0
        self._kept: list[Event] = []
        self._since: Stamp | None = None
        self._recovered_at = -STEADY_S
        self.failing = ""
        self.accepted = False
        """Whether an operator accepted to continue without a record."""
        self.closed = False
        self.busy = False
        """Whether a write is in progress: a slow disk is waited for."""
        self.rescued: Path | None = None
        self.unsaved: tuple[Event, ...] = ()

    @property
    def path(self) -> Path:
        """The file of the journal."""
        return self._journal.path

    @property
    def complete(self) -> bool:
        """Whether everything is in the journal."""
        return not self.failing and self.rescued is None and not self.unsaved

    def write(self, event: Event) -> bool:
        """Write an event; return whether it is in the journal."""
        if not self.failing:
            try:
                self._append(event)
                return True
            except OSError as error:
                self._fail(error, event.stamp)
        if type(event.body) in LOSABLE:
            self._lost += 1
        return False

    def unless_accepted(self, body: facts.AnyBody, operator: str) -> facts.AnyBody:
        """Return a refusal for an operator's fact that cannot be written, unless missing records were accepted."""
        gate = isinstance(body, facts.PhaseChanged)
        if not by_operator(body) or (self.accepted and not gate):
            return body
        refusal = Refusal(Code.GATE_NOT_RECORDED if gate else Code.NOT_RECORDING, text=self.failing)
        return Refused(describe(body)[0], refusal, getattr(body, "by", operator))

    def keep(self, event: Event) -> None:
        """Keep a fact that could not be written; one in LOSABLE was already counted by `write`."""
        if type(event.body) not in LOSABLE:
            self._kept.append(event)

    def flush(self, now: Stamp) -> None:
        """Write everything so far to the disk; called at least once a second."""
        if self.failing:
            return
        if now.at - self._recovered_at >= STEADY_S:
            self.accepted = False
        self.busy = True
        try:
            self._journal.flush()
        except OSError as error:
            self._fail(error, now)
        finally:
            self.busy = False

    def retry(self, seq: int, now: Stamp) -> list[Event]:
        """Try to write again; return the facts now recorded, numbered from `seq`: the gap, then the kept facts.

        A lost journal is continued in a new one, whose first fact comes before the gap.
        """
        if not self.failing or self._since is None:
            return []
        gap = Gap(self._lost, self._since, self.failing)
        recorded: list[Event] = []
        try:
            if self._journal.lost and self._carried is not None:
                opening = Event(seq, now, self._opening(self._carried))
                self._journal = self._journal.successor(opening)
                recorded.append(opening)
            recorded.append(Event(seq + len(recorded), now, gap))
            self._append(recorded[-1])
        except (OSError, SessionError) as error:
            self.failing = _reason(error)
            return [event for event in recorded[:-1] if isinstance(event.body, Opened)]
        self.failing, self._since, self._lost, self._recovered_at = "", None, 0, now.at
        self._carried = None
        kept, self._kept = self._kept, []
        for event in kept:
            late = msgspec.structs.replace(event, seq=seq + len(recorded), recorded=True)
            if self.write(late):
                recorded.append(late)
            else:
                self.keep(event)
        return recorded

    @property
    def head(self) -> str:
        """The hash of the journal's last line."""
        return self._journal.head

    def close(self, seq: int, now: Stamp) -> None:
        """Write everything to the disk and close the journal; facts that it cannot take are saved in another file."""
        self.flush(now)
        self.busy = True
        try:
            if not self.failing:
                self._journal.close()
        except OSError as error:
            self._fail(error, now)
        if self.failing:
            self._rescue(seq, now)
            with suppress(OSError):
                self._journal.close()
        self.closed, self.busy = True, False

    def _rescue(self, seq: int, now: Stamp) -> None:
        if self._carried is None or self._since is None or not (self._kept or self._journal.lost):
            return
        opening, gap = self._opening(self._carried), Gap(self._lost, self._since, self.failing)
        kept = [
            msgspec.structs.replace(event, seq=seq + number, recorded=True)
            for number, event in enumerate(self._kept, 2)
        ]
        self.rescued = save(self.path, [Event(seq, now, opening), Event(seq + 1, now, gap), *kept])
        self.unsaved = () if self.rescued else tuple(kept)

    def _opening(self, carried: Opened) -> Opened:
        """Return the first fact of the journal that continues this one, with what has happened to this one."""
        before = carried.continues
        assert before is not None, "what is carried continues the journal"
        because = self._journal.lost or f"could not be written ({self.failing})"
        continues = msgspec.structs.replace(
            before, file=str(self.path.absolute()), head=self._journal.head, because=because
        )
        return msgspec.structs.replace(carried, continues=continues)

    def _append(self, event: Event) -> None:
        self.busy = True
        try:
            self._journal.append(event)
        finally:
            self.busy = False

    def _fail(self, error: OSError, since: Stamp) -> None:
        self.failing, self._since = _reason(error), since
        # Before the unwritten fact is applied: the session is what the journal contains.
        self._carried = self._carry()


def _reason(error: OSError | SessionError) -> str:
    return (getattr(error, "strerror", "") or str(error)).lower()
