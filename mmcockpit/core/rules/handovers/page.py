"""The page of a handover, from the state of a session: everything that the next person has to know."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import TypeVar

from mmcockpit.core.facts.event import Decided
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.handover import (
    MOST_ROWS,
    HandoverAlert,
    HandoverPage,
    HoldInForce,
    MarkedItem,
    OpenItem,
    RecordedBaseline,
    RunningProcedure,
    SettlingItem,
)
from mmcockpit.core.model.needs import Need
from mmcockpit.core.model.states import Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import no_return
from mmcockpit.core.rules.baseline import without_baseline
from mmcockpit.core.rules.handovers.firing_alerts import firing
from mmcockpit.core.rules.handovers.times import next_handover
from mmcockpit.core.rules.item_status import present_reason
from mmcockpit.core.rules.items.marked import marked_items
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.todo import todo
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.open_procedures import open_runs, queue
from mmcockpit.core.state.procedure_runs import ProcedureRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.values import value_cell

LONGEST = 200
"""Maximum number of characters of one text of the page."""

_OPEN = (Need.FAILING, Need.YOU, Need.NO_DATA)
"""The needs of open items; what only settles is a part of its own."""

Row = TypeVar("Row")


def handover_page(session: Session, now: Stamp) -> HandoverPage:
    """Return the page at this moment; raises ValueError before the session was opened."""
    cockpit, phases = session.cockpit, session.cockpit.checklist.phases
    counts: dict[str, int] = {}

    def part(name: str, rows: Sequence[Row]) -> tuple[Row, ...]:
        if len(rows) > MOST_ROWS:
            counts[name] = len(rows)
        return tuple(rows[:MOST_ROWS])

    open_items = list(_open_items(session))
    alerts = [state for state in session.signals.values() if state.signal.shape.counted]
    advised = session.advised
    return HandoverPage(
        at=now.wall,
        target=plain(cockpit.target, LONGEST),
        environment=plain(cockpit.environment, LONGEST),
        phase=plain(phases[session.phase].title, LONGEST) if phases else "",
        number=session.phase + 1 if phases else 0,
        phases=len(phases),
        advice=advised.advice if advised is not None else None,
        reason=plain(reason_text(advised.reasons[0]), LONGEST) if advised is not None and advised.reasons else "",
        past_return=no_return(session),
        held=_held(session),
        open_items=part("open_items", [one for _, one in open_items]),
        regressions=part("regressions", [one for state, one in open_items if not acknowledged(session, state)]),
        settling=part("settling", list(_settling(session))),
        overrides=part("overrides", list(_marked(session, State.OVERRIDDEN, now))),
        deferred=part("deferred", list(_marked(session, State.DEFERRED, now))),
        alerts=part("alerts", list(_alerts(alerts))),
        alert_signals=len(alerts),
        alerts_unknown=part("alerts_unknown", [plain(one.signal.title, LONGEST) for one in alerts if _unknown(one)]),
        procedures=part("procedures", [_procedure(run) for run in open_runs(session)]),
        queued=part("queued", [plain(one.title, LONGEST) for one, _ in queue(session)]),
        baseline=_baseline(session),
        no_baseline=part("no_baseline", without_baseline(session)),
        next_handover=next_handover(session, now),
        counts=counts,
    )


def acknowledged(session: Session, state: ItemState) -> bool:
    """Return whether no person has to notice an item any more: it is no regression, or one that a person took.

    A regression is taken by claiming the item, by a note on it since then, or by a decision on the advice that it is
    a reason of.
    """
    if state.state is not State.REGRESSED or state.since is None or state.claimed_by:
        return True
    since, decided = state.since.at, session.decided
    noted = any(stamp.at >= since for stamp, _ in state.notes)
    return noted or (decided is not None and _covers(decided, state))


def _covers(decided: Decided, state: ItemState) -> bool:
    return any(one.subject == state.item.id and one.state is State.REGRESSED for one in decided.seen)


def _held(session: Session) -> HoldInForce | None:
    held, since = session.held, session.held_since
    if held is None or since is None:
        return None
    return HoldInForce(plain(held.by, LONGEST), plain(held.reason, LONGEST), since.wall)


def _open_items(session: Session) -> Iterator[tuple[ItemState, OpenItem]]:
    """Yield the open items of the open and the earlier phases, in the order of the to-do list."""
    for group in todo(session):
        for name in group.items if group.need in _OPEN else ():
            state = session.items[name]
            yield (
                state,
                OpenItem(
                    state.item.number,
                    plain(state.item.title, LONGEST),
                    state.state,
                    group.need,
                    plain(present_reason(session, state), LONGEST),
                    state.since.wall if state.since is not None else None,
                    plain(state.claimed_by, LONGEST),
                    state.item.required,
                ),
            )


def _settling(session: Session) -> Iterator[SettlingItem]:
    """Yield the items that settle, the one that settles last first; one that settles for ever before all others."""
    settling = [state for state in session.items.values() if state.state is State.HOLDING]
    rows = [(_settle_s(session, state), session.served(state.item), state) for state in settling]
    for full, served, state in sorted(rows, key=lambda row: (row[0] is not None, row[1] - (row[0] or 0.0))):
        item = state.item
        ticks = item.mode is Mode.ATTESTED and not state.attested
        yield SettlingItem(item.number, plain(item.title, LONGEST), served, full, ticks)


def _settle_s(session: Session, state: ItemState) -> float | None:
    full = hold_of(state.item, session)[1]
    return full if isfinite(full) else None


def _marked(session: Session, wanted: State, now: Stamp) -> Iterator[MarkedItem]:
    for state, mark in marked_items(session, wanted):
        until = now.wall + mark.expires - now.at if mark.mark is Mark.OVERRIDE and mark.expires else None
        item = state.item
        reason = plain(mark.reason, LONGEST)
        yield MarkedItem(item.number, plain(item.title, LONGEST), plain(mark.by, LONGEST), reason, until)


def _alerts(signals: Sequence[SignalState]) -> Iterator[HandoverAlert]:
    """Yield the alerts that fire in the last readings, each once, the most severe first."""
    known: dict[tuple[str, ...], tuple[int, HandoverAlert]] = {}
    for state in signals:
        graded = next((one for one in state.signal.shape.columns if one.key == "severity"), None)
        order = list(graded.levels) if graded is not None else []
        for row in firing(state):
            texts = [plain(str(row.get(key) or ""), LONGEST) for key in ("name", "severity", "since")]
            labels = row.get("labels")
            place = order.index(texts[1]) if texts[1] in order else len(order)
            known.setdefault((*texts, str(labels)), (place, HandoverAlert(*texts)))
    yield from (alert for _, alert in sorted(known.values(), key=lambda pair: pair[0]))


def _unknown(state: SignalState) -> bool:
    return state.reading is None or state.fault is not None or state.verdict.level is Level.UNKNOWN


def _procedure(run: ProcedureRun) -> RunningProcedure:
    title, by = plain(run.procedure.title, LONGEST), plain(run.by, LONGEST)
    current, total = run.current, len(run.steps)
    if current is None:
        return RunningProcedure(title, by, total=total)
    number = list(run.steps).index(current.step.id) + 1
    since = current.since or run.since
    return RunningProcedure(title, by, plain(current.step.title, LONGEST), current.state, number, total, since.wall)


def _baseline(session: Session) -> RecordedBaseline | None:
    recorded = session.baseline
    if recorded is None:
        return None
    values = tuple(_value(session, name, value) for name, value in list(recorded.values.items())[:MOST_ROWS])
    missing = tuple(plain(name, LONGEST) for name in list(recorded.missing)[:MOST_ROWS])
    return RecordedBaseline(recorded.start, recorded.end, plain(recorded.by, LONGEST), values, missing)


def _value(session: Session, name: str, value: float) -> tuple[str, str]:
    state = session.signals.get(name)
    if state is None:
        return plain(name, LONGEST), f"{value:.4g}"
    return plain(state.signal.title, LONGEST), plain(value_cell(value, state.signal), LONGEST)
