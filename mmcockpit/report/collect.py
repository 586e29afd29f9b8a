"""Collects a report's data from a journal in one pass over its facts."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import STANDING, Mark, State
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.report.decisions import EXPIRED, replaced_text, undone_text
from mmcockpit.journal.lock import holder
from mmcockpit.journal.reader import Progress, no_progress, read
from mmcockpit.journal.verify import Report as Verified
from mmcockpit.journal.verify import verify
from mmcockpit.report import decisions, people, procedures, shifts, timeline
from mmcockpit.report.past import MarkFate, Participant, Past
from mmcockpit.report.series import SignalSeries
from mmcockpit.report.times import Stretch, When, when


def collect(path: Path, progress: Progress = no_progress) -> Past:
    """Return the collected data of a journal; `verified` lists its damage. Raises SessionError, or OSError."""
    verified = verify(path)
    past = gather(read(path, progress=progress), verified, str(path))
    past.running = holder(path) is not None
    return past


def gather(events: Iterable[Event], verified: Verified, place: str) -> Past:
    """Return the collected data of a stream of events."""
    past = Past(place, Session(), verified)
    for event in events:
        _take(past, event)
        evolve(past.session, event)
    return past


def _take(past: Past, event: Event) -> None:
    """Collect the report's data of one fact; `past.session` is still the state before it."""
    body, now = event.body, when(past.session, event.stamp)
    past.facts += 1
    past.first = past.first or now
    past.last = now
    if isinstance(body, facts.Observed):
        past.readings += 1
        _series(past, body.signal).observe(event.stamp.at, body)
    entry = timeline.entry(past, event, now)
    if entry is not None:
        past.entries.append(entry)
    decision = decisions.decision(past, event, now)
    if decision is not None:
        past.decisions.append(decision)
    if not isinstance(body, facts.Observed):
        people.keep(past, event, now)
        procedures.keep(past, body, now)
        shifts.keep(past, body, now)
        keep = _KEEP.get(type(body))
        if keep is not None:
            keep(past, body, now)


def _series(past: Past, name: str) -> SignalSeries:
    known = past.series.get(name)
    if known is None:
        known = past.series[name] = SignalSeries(Signal(name, name, "", ""))
    return known


def _opened(past: Past, body: facts.Opened, now: When) -> None:
    if past.session.opened is not None:
        return
    for signal in body.cockpit.signals:
        past.series[signal.name] = SignalSeries(signal)
        past.series[signal.name].silent(now.at)
    for person in body.cockpit.people:
        past.people.setdefault(person.name, Participant(person.name)).roles.append(person.role)
    phases = body.cockpit.checklist.phases
    if phases:
        past.phases.append(Stretch(phases[0].title, now))


def _joined(past: Past, body: facts.OperatorJoined, now: When) -> None:
    past.left = ""


def _left(past: Past, body: facts.OperatorLeft, now: When) -> None:
    past.left = body.operator


def _resumed(past: Past, body: facts.Resumed, now: When) -> None:
    past.left = ""
    last = past.session.last
    start = when(past.session, last) if last else now
    past.without_data.append(Stretch("polling stopped", start, now, body.operator))
    for series in past.series.values():
        series.silent(start.at)


def _gap(past: Past, body: facts.Gap, now: When) -> None:
    past.without_data.append(Stretch("not recording", when(past.session, body.since), now, reason=body.because))


def _advised(past: Past, body: facts.Advised, now: When) -> None:
    if past.advice_changes and past.advice_changes[-1].what == body.advice:
        return
    _end(past.advice_changes, now)
    reason = reason_text(body.reasons[0]) if body.reasons else ""
    more = max(len(body.reasons) - 1, 0)
    past.advice_changes.append(Stretch(str(body.advice), now, reason=reason, more=more))


def _phase(past: Past, body: facts.PhaseChanged, now: When) -> None:
    _end(past.phases, now)
    past.phases.append(Stretch(SessionNames(past.session).phase(body.now), now, by=body.by, reason=body.reason))


def _held(past: Past, body: facts.Held, now: When) -> None:
    _end(past.holds, now)
    if body.on:
        past.holds.append(Stretch("hold", now, by=body.by, reason=body.reason))


def _end(stretches: list[Stretch], now: When) -> None:
    if stretches and stretches[-1].end is None:
        stretches[-1] = msgspec.structs.replace(stretches[-1], end=now)


def _marked(past: Past, body: facts.ItemMarked, now: When) -> None:
    if body.mark in STANDING:
        _close(past, body.item, replaced_text(body), now)
        past.marks.append(MarkFate(body, past.title(body.item), now))
    elif body.mark is Mark.UNDO and body.undoes in STANDING:
        _close(past, body.item, undone_text(body), now)


def _expired(past: Past, body: facts.MarkExpired, now: When) -> None:
    _close(past, body.item, EXPIRED, now)


def _close(past: Past, item: str, fate: str, now: When) -> None:
    for standing in reversed(past.marks):
        if standing.mark.item == item:
            if not standing.fate:
                standing.fate, standing.ended = fate, now
            return


def _changed(past: Past, body: facts.ItemChanged, now: When) -> None:
    past.regressions += body.now is State.REGRESSED and body.was is not State.REGRESSED


def _backfilled(past: Past, body: facts.Backfilled, now: When) -> None:
    _series(past, body.signal).backfill(now, body)


_KEEP: dict[type[facts.Body], Callable[[Past, Any, When], None]] = {
    facts.Opened: _opened,
    facts.OperatorJoined: _joined,
    facts.OperatorLeft: _left,
    facts.Resumed: _resumed,
    facts.Gap: _gap,
    facts.Advised: _advised,
    facts.PhaseChanged: _phase,
    facts.Held: _held,
    facts.ItemMarked: _marked,
    facts.MarkExpired: _expired,
    facts.ItemChanged: _changed,
    facts.Backfilled: _backfilled,
}
