"""The decisions of a session, each with the evidence of that moment."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Coverage, Event, Reason
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.item_status import present_reason
from mmcockpit.core.rules.reasons.abort_times import OF_ABORTS, refreshed
from mmcockpit.core.rules.targets.reached import counts
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.reasons import coverage_text
from mmcockpit.core.words.report import decisions as words
from mmcockpit.report.past import Decision, Past
from mmcockpit.report.procedures import procedure
from mmcockpit.report.timeline import ADVICE_TONES
from mmcockpit.report.times import When

WAYS_BACK = (Advice.ROLLBACK, Advice.FIX_FORWARD)
"""Advice that is listed as a decision even if no operator decided on it."""

MOST_SIGNALS = 12
"""The most signals that one decision names for its charts; fewer of them can be drawn."""

Telling = dict[str, Any]
_URGENT = {State.BAD: 0, State.REGRESSED: 1, State.BLOCKED: 2, State.UNKNOWN: 3}


def decision(past: Past, event: Event, now: When) -> Decision | None:
    """Return the decision that a fact records; None for other facts. The session is the state before the fact."""
    tell = _TELLS.get(type(event.body))
    parts = tell(past, event.body) if tell else None
    return Decision(event.seq, now, fact=event.body, **parts) if parts is not None else None


def _gate(past: Past, body: facts.PhaseChanged) -> Telling:
    unmet = [_unmet(past, item) for item in sorted(body.unmet, key=lambda item: _urgency(past, item))]
    return {
        "title": words.gate_heading(body, SessionNames(past.session)),
        "tone": "warn" if body.unmet or body.failing or body.unfilled else "pass",
        "by": body.by,
        "reason": body.reason,
        "unmet": (*(_failed(past, name) for name in body.failing), *unmet),
        "evidence": body.evidence,
        "head": body.head,
        "signals": telling(past.session, [one.signal for one in body.evidence if one.level != Level.PASS]),
    }


def _decided(past: Past, body: facts.Decided) -> Telling:
    advised = past.session.advised
    reasons = advised.reasons if advised else ()
    return {
        "title": words.decided_heading(body),
        "tone": ADVICE_TONES[body.advice],
        "by": body.by,
        "reason": body.reason,
        "because": _as_of_then(past, reasons) or tuple(plain(coverage_text(one)) for one in body.seen),
        "signals": telling(past.session, _signals(past.session, [*reasons, *body.seen])),
    }


def _advised(past: Past, body: facts.Advised) -> Telling | None:
    before = past.session.advised
    if body.advice not in WAYS_BACK or (before is not None and before.advice in WAYS_BACK):
        return None
    return {
        "title": words.advised_heading(body),
        "tone": "fail",
        "because": tuple(map(words.reason_line, body.reasons)),
        "signals": telling(past.session, _signals(past.session, body.reasons)),
    }


def _poll(past: Past, body: facts.PollClosed) -> Telling:
    votes = past.session.votes.values()
    return {
        "title": words.poll_heading(body),
        "tone": "pass" if body.go and not body.unanswered and all(one.go for one in votes) else "warn",
        "by": body.by,
        "reason": body.reason,
        "because": (*map(words.vote_text, votes), *map(words.unanswered_text, body.unanswered)),
        "signals": telling(past.session, ()),
    }


def _held(past: Past, body: facts.Held) -> Telling:
    return {
        "title": words.hold_heading(body),
        "tone": "warn" if body.on else "pass",
        "by": body.by,
        "reason": body.reason,
        "signals": telling(past.session, ()),
    }


def _procedure(past: Past, body: facts.ProcedureOpened) -> Telling:
    begun = procedure(past, body.procedure)
    call = past.session.calls.get(body.procedure)
    return {
        "title": words.procedure_heading(begun.title),
        "tone": "warn",
        "by": body.by,
        "because": (words.call_text(call.reason),) if call else (),
        "signals": telling(past.session, [*begun.aborts, *(step.signal for step in begun.steps)]),
    }


def _closed(past: Past, body: facts.Closed) -> Telling:
    advised = past.session.advised
    return {
        "title": words.end_heading(body),
        "tone": "strong",
        "by": body.by,
        "because": _as_of_then(past, advised.reasons) if advised else (),
        "signals": telling(past.session, ()),
    }


def _as_of_then(past: Past, reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Return reasons that were advised earlier, with how long their abort rules had failed at the moment of a fact.

    Without the opening fact the abort rules are not known: the reasons stay as they were recorded.
    """
    known = past.session.opened is not None
    now = (refreshed(one, past.session) if known and one.kind in OF_ABORTS else one for one in reasons)
    return tuple(map(words.reason_line, now))


def telling(session: Session, first: Any) -> tuple[str, ...]:
    """Return at most MOST_SIGNALS signals for a moment: those named, abort rules, failing signals, the baseline."""
    names = dict.fromkeys(name for name in first if name)
    if session.opened is not None:
        cockpit = session.cockpit
        others = [abort.signal for abort in cockpit.aborts]
        others += [name for name, one in session.signals.items() if one.verdict.level is Level.FAIL]
        others += cockpit.baseline.signals
        names |= dict.fromkeys(
            name for name in others if name in session.signals and counts(session, session.signals[name].signal.target)
        )
    return tuple(names)[:MOST_SIGNALS]


def _signals(session: Session, reasons: Iterable[Coverage]) -> Iterator[str]:
    """Yield the signals of reasons: of their item, of their abort rule, their failing members."""
    for reason in reasons:
        state = session.items.get(reason.subject)
        yield from (state.item.signal,) if state is not None else ()
        yield from reason.signals


def _urgency(past: Past, item: str) -> int:
    """Return the sort key of an item that was not satisfied, most severe first."""
    state = past.session.items.get(item)
    return _URGENT.get(state.state, len(_URGENT)) if state else len(_URGENT)


def _failed(past: Past, name: str) -> str:
    state = past.session.signals.get(name)
    return words.failing_text(state.signal.title, state.verdict) if state else words.failing_text(name, None)


def _unmet(past: Past, item: str) -> str:
    state = past.session.items.get(item)
    return words.open_text(past.title(item), state.state, present_reason(past.session, state)) if state else plain(item)


_TELLS: dict[type[facts.Body], Callable[[Past, Any], Telling | None]] = {
    facts.PhaseChanged: _gate,
    facts.Decided: _decided,
    facts.Advised: _advised,
    facts.PollClosed: _poll,
    facts.Held: _held,
    facts.ProcedureOpened: _procedure,
    facts.Closed: _closed,
}
