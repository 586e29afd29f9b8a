"""The shifts of a report: who had the controls from when to when, and what each handed over."""

from dataclasses import dataclass

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.people import same
from mmcockpit.core.words.handover import page_parts, summary_text
from mmcockpit.core.words.report.shifts import (
    acknowledged_text,
    driver_text,
    freed_text,
    granted_text,
    handover_text,
    left_text,
    resumed_text,
    started_text,
)
from mmcockpit.report.past import HandedOver, Past, Shift
from mmcockpit.report.times import When


def keep(past: Past, body: facts.AnyBody, now: When) -> None:
    """Collect what a fact records about shifts; `past.session` is the state before it."""
    match body:
        case facts.Opened(operator=who, host=host) if past.session.opened is None:
            _begin(past, who, now, started_text(host))
        case facts.Resumed(operator=who) if not _took_over(past, who):
            last = past.session.last
            _end(past, When(last.at, last.wall) if last is not None else now, "polling stopped")
            _begin(past, who, now, resumed_text(body.host))
        case facts.DriverChanged(by=who):
            _begin(past, who, now, driver_text(body))
        case facts.ControlsGranted(to=who) if who:
            _begin(past, who, now, granted_text(body))
        case facts.ControlsGranted():
            _end(past, now, freed_text(body))
        case facts.HandoverPrepared():
            past.handovers.append(HandedOver(body, now))
        case facts.HandoverAcknowledged():
            _acknowledged(past, body, now)
        case facts.OperatorLeft(operator=who):
            if past.shifts and same(past.shifts[-1].who, who):
                _end(past, now, left_text(who))
        case facts.Closed():
            _end(past, now, "the session ended")


def _took_over(past: Past, who: str) -> bool:
    """Return whether the shift of this person has just begun, by a takeover: its driver then resumes the session."""
    current, last = past.shifts[-1] if past.shifts else None, past.session.last
    if current is None or current.end is not None or last is None:
        return False
    return same(current.who, who) and current.start.at >= last.at


def _begin(past: Past, who: str, now: When, began: str) -> None:
    """Begin the shift of a person, unless it continues."""
    current = past.shifts[-1] if past.shifts and past.shifts[-1].end is None else None
    if current is not None and same(current.who, who):
        return
    if current is not None:
        _end(past, now, handover_text(who))
    past.shifts.append(Shift(who, now, began))


def _end(past: Past, now: When, ended: str) -> None:
    if past.shifts and past.shifts[-1].end is None:
        past.shifts[-1].end, past.shifts[-1].ended = now, ended


def _acknowledged(past: Past, body: facts.HandoverAcknowledged, now: When) -> None:
    """End the shift of who handed over; a witnessed one passes no controls, but another person takes the shift."""
    pending = next((one for one in reversed(past.handovers) if one.acknowledged is None), None)
    if pending is None:
        return
    pending.acknowledged, pending.witnessed = now, body.witnessed
    holder = past.shifts[-1].who if past.shifts and past.shifts[-1].end is None else ""
    if body.witnessed or same(holder, pending.fact.by):
        _begin(past, body.by, now, acknowledged_text(pending.fact.by, body.witnessed))


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """The row of one handover: its people, when, how it was acknowledged, a summary, and the page as lines."""

    by: str
    to: str
    prepared: When
    acknowledged: When | None
    witnessed: bool
    summary: str
    lines: tuple[str, ...]


def handover_rows(past: Past) -> list[HandoverRow]:
    """Return a row for every handover, with the page that was handed over."""
    return [_row(one) for one in past.handovers]


def _row(one: HandedOver) -> HandoverRow:
    fact = one.fact
    lines: list[str] = []
    for part in page_parts(fact.page):
        lines += [part.heading, *(f"  {line}" for line in part.lines)]
    return HandoverRow(
        fact.by, fact.to, one.when, one.acknowledged, one.witnessed, summary_text(fact.page), tuple(lines)
    )
