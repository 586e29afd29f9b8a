"""The session as the screen shows it: folded from the feed, unless the viewer froze it."""

from typing import Any

import msgspec

from mmcockpit.core.facts.event import Advised, AnyBody, Event, ItemChanged, Noted, Observed, SignalChanged
from mmcockpit.core.facts.reasons import Coverage
from mmcockpit.core.feed import STALLED_AFTER, Batch, Otherwise
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import NUMBERS, Fault
from mmcockpit.core.model.seat import Sharing, Via
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.sharing import cut_off, silent_s
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.advice import coverage
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.state.evolve import UNLOGGED, evolve
from mmcockpit.core.state.session import Session, Topic

RESULTS = UNLOGGED | {Advised, ItemChanged, SignalChanged}
"""Facts that come with results of polls, without an operator."""


class Seen(msgspec.Struct, frozen=True):
    """What was shown when a prompt or dialog was opened: the open phase, the advice, what of each reason."""

    phase: str = ""
    advice: Advice = Advice.GO
    reasons: tuple[Coverage, ...] = ()


class Sight:
    """The session as shown; while the display is frozen, facts are queued."""

    def __init__(self) -> None:
        self.session = Session()
        self.now = Stamp(0.0, 0.0)
        self.stalled_s = 0.0
        self.gone_s: float | None = None
        self.lost = ""
        self.not_recording = ""
        self.accepted = False
        """Whether an operator accepted to continue without a record."""
        self.otherwise: Otherwise | None = None
        self.sharing: Sharing | None = None
        self.frozen_at: Stamp | None = None
        self.seen = Seen()
        self.calm = True
        """Whether the last batch had only readings that repeat the ones before, or change no more than a number."""
        self.only_results = True
        """Whether the last batch had only results and what follows from them."""
        self._waiting: list[Event] = []

    def take(self, batch: Batch) -> set[Topic] | None:
        """Fold a batch in and return the touched topics; None if everything has changed."""
        self.now = batch.now
        self.lost = batch.lost
        self.not_recording = batch.not_recording
        unrecorded = any(isinstance(event.body, Noted) and not event.recorded for event in batch.events)
        self.accepted = bool(batch.not_recording) and (self.accepted or unrecorded)
        self.otherwise = batch.otherwise
        self.sharing = batch.sharing
        self.gone_s = batch.now.at - batch.gone.at if batch.gone is not None else None
        if batch.base is not None:
            self._waiting.clear()
            self.session = batch.base
        # At the pace of the session that the batch is about: the first batch brings it.
        still_s = (batch.now.at - batch.pulse.at) / self.session.speed if batch.pulse else 0.0
        self.stalled_s = still_s if still_s > STALLED_AFTER else 0.0
        touched: set[Topic] = set()
        self.calm = self.only_results = True
        if self.frozen_at is not None:
            self._waiting.extend(batch.events)
        else:
            for event in batch.events:
                self.calm = self.calm and _calm(self.session, event.body)
                self.only_results = self.only_results and type(event.body) in RESULTS
                touched |= evolve(self.session, event)
        return None if batch.base is not None else touched

    def clock(self) -> float:
        """Return the seconds at the last frame, in real time at any speed of the session."""
        return self.now.at / self.session.speed

    @property
    def out_of_date(self) -> bool:
        """Whether the view may be out of date: engine stalled, driver silent or gone, or the journal not followed."""
        return bool(self.stalled_s or self.silent_s or self.cut_off or self.lost) or self.gone_s is not None

    @property
    def silent_s(self) -> float:
        """For how many seconds the driver of a shared session has been silent; 0 while it is not, or after the end."""
        if self.sharing is None or self.session.closed is not None:
            return 0.0
        return silent_s(self.sharing) or (self.stalled_s if self.sharing.seat.via is Via.SOCKET else 0.0)

    @property
    def cut_off(self) -> str:
        """Why this seat cannot reach the shared store; empty while it can, or after the end."""
        return cut_off(self.sharing) if self.session.closed is None else ""

    @property
    def waiting(self) -> int:
        """The number of facts queued since the display was frozen."""
        return len(self._waiting)

    def remember(self) -> None:
        """Keep in `seen` what is shown now: a later decision is made on this, not on what came meanwhile."""
        session = self.session
        if session.opened is None:
            return
        advised = session.advised
        advice, reasons = (advised.advice, coverage(advised.reasons)) if advised else (Advice.GO, ())
        self.seen = Seen(gate(session).phase, advice, reasons)

    def freeze(self) -> None:
        """Freeze the display; facts are queued and still recorded."""
        self.frozen_at = self.now

    def thaw(self) -> None:
        """Unfreeze the display and fold the queued facts in."""
        self.frozen_at = None
        for event in self._waiting:
            evolve(self.session, event)
        self._waiting.clear()


def _calm(session: Session, body: AnyBody) -> bool:
    """Return whether a fact is a reading with the verdict of the one before, in which only quantities differ."""
    state = session.signals.get(body.signal) if isinstance(body, Observed) else None
    if not isinstance(body, Observed) or state is None or state.asked_at is None:
        return False
    answer, before = body.answer, state.verdict
    if (body.verdict.level, body.verdict.raw, body.verdict.applies) != (before.level, before.raw, before.applies):
        return False
    if isinstance(answer, Fault):
        return answer == state.fault
    if state.fault is not None or state.reading is None:
        return False
    known = state.reading.value
    return (type(answer.value) in NUMBERS and type(known) in NUMBERS) or _steady(
        known, answer.value, state.signal.shape
    )


def _steady(before: Any, now: Any, shape: Shape, key: str = "") -> bool:
    """Return whether two values differ only in quantities (with a unit or a decimal point) and in what is not shown.

    Counts, such as the pods that are ready, are no quantities.
    """
    if before == now:
        return True
    if isinstance(now, dict) and isinstance(before, dict):
        return before.keys() == now.keys() and all(_steady(before[one], now[one], shape, one) for one in now)
    if isinstance(now, list) and isinstance(before, list):
        pairs = zip(before, now, strict=False)
        return len(before) == len(now) and all(_steady(*pair, shape, key) for pair in pairs)
    if type(before) is float and type(now) is float:
        return True
    column = shape.column(key)
    return not column.shown or (type(before) in NUMBERS and type(now) in NUMBERS and bool(column.measured_in))
