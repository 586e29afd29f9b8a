"""The decisions of a session, each with the evidence of that moment."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event, Reason
from mmcockpit.core.model.states import Advice
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.report.past import Decision, Past
from mmcockpit.report.procedures import procedure
from mmcockpit.report.timeline import ADVICE_TONES, phase_title, reason_line
from mmcockpit.report.times import When

WAYS_BACK = (Advice.ROLLBACK, Advice.FIX_FORWARD)
"""Advice that is listed as a decision even if no operator decided on it."""

MOST_SIGNALS = 12
"""The most signals that one decision names for its charts; fewer of them can be drawn."""

Telling = dict[str, Any]
_URGENT = {"[!]": 0, "[R]": 1, "[#]": 2, "[?]": 3}


def decision(past: Past, event: Event, now: When) -> Decision | None:
    """Return the decision that a fact records; None for other facts. The session is the state before the fact."""
    tell = _TELLS.get(type(event.body))
    told = tell(past, event.body) if tell else None
    return Decision(event.seq, now, **told) if told is not None else None


def _gate(past: Past, body: facts.PhaseChanged) -> Telling:
    lacks = [f"{len(body.unmet)} unmet items"] if body.unmet else []
    lacks += [f"{', '.join(body.failing)} failing"] if body.failing else []
    forced = f", forced over {' and '.join(lacks)}" if lacks else ""
    unmet = sorted((_stood(past, item) for item in body.unmet), key=_urgency)
    return {
        "title": plain(f"Gate: {phase_title(past, body.was)} → {phase_title(past, body.now)}{forced}"),
        "tone": "warn" if lacks else "pass",
        "by": body.by,
        "reason": body.reason,
        "unmet": (*(_failed(past, name) for name in body.failing), *unmet),
        "evidence": body.evidence,
        "head": body.head,
        "signals": telling(past.session, [one.signal for one in body.evidence if one.level != Level.PASS]),
    }


def _decided(past: Past, body: facts.Decided) -> Telling:
    said = past.session.advised
    reasons = said.reasons if said else ()
    return {
        "title": f"{body.advice} {'accepted' if body.accepted else 'dismissed'}",
        "tone": ADVICE_TONES[body.advice],
        "by": body.by,
        "reason": body.reason,
        "because": tuple(map(reason_line, reasons)) or tuple(map(plain, body.seen)),
        "signals": telling(past.session, _of_keys(past.session, [*body.seen, *_parts(reasons)])),
    }


def _advised(past: Past, body: facts.Advised) -> Telling | None:
    before = past.session.advised
    if body.advice not in WAYS_BACK or (before is not None and before.advice in WAYS_BACK):
        return None
    return {
        "title": f"{body.advice} advised",
        "tone": "fail",
        "because": tuple(map(reason_line, body.reasons)),
        "signals": telling(
            past.session, _of_keys(past.session, [*(one.key for one in body.reasons), *_parts(body.reasons)])
        ),
    }


def _poll(past: Past, body: facts.PollClosed) -> Telling:
    votes = past.session.votes.values()
    said = [
        f"{one.role}: {'go' if one.go else 'NO-GO'} ({one.by}){f': {one.reason}' if one.reason else ''}"
        for one in votes
    ]
    silent = [f"{role}: no answer, counts as NO-GO" for role in body.unanswered]
    return {
        "title": f"Poll: {'GO' if body.go else 'NO-GO'}",
        "tone": "pass" if body.go and not body.unanswered and all(one.go for one in votes) else "warn",
        "by": body.by,
        "reason": body.reason,
        "because": tuple(map(plain, [*said, *silent])),
        "signals": telling(past.session, ()),
    }


def _held(past: Past, body: facts.Held) -> Telling:
    title = "Hold" if body.on else "Goes on after the hold"
    return {
        "title": title,
        "tone": "warn" if body.on else "pass",
        "by": body.by,
        "reason": body.reason,
        "signals": telling(past.session, ()),
    }


def _procedure(past: Past, body: facts.ProcedureOpened) -> Telling:
    begun = procedure(past, body.procedure)
    call = past.session.calls.get(body.procedure)
    return {
        "title": plain(f"Procedure begun: {begun.title}"),
        "tone": "warn",
        "by": body.by,
        "because": (plain(f"called for by {call.because}"),) if call else (),
        "signals": telling(past.session, [*begun.aborts, *(step.signal for step in begun.steps)]),
    }


def _closed(past: Past, body: facts.Closed) -> Telling:
    said = past.session.advised
    return {
        "title": plain(f"Session ended: {body.outcome}"),
        "tone": "strong",
        "by": body.by,
        "because": tuple(map(reason_line, said.reasons)) if said else (),
        "signals": telling(past.session, ()),
    }


def telling(session: Session, first: Any) -> tuple[str, ...]:
    """Return at most MOST_SIGNALS signals for a moment: those named, abort rules, failing signals, the baseline."""
    names = dict.fromkeys(name for name in first if name)
    if session.opened is not None:
        cockpit = session.cockpit
        names |= dict.fromkeys(abort.signal for abort in cockpit.aborts)
        names |= dict.fromkeys(name for name, one in session.signals.items() if one.verdict.level is Level.FAIL)
        names |= dict.fromkeys(cockpit.baseline.signals)
    return tuple(names)[:MOST_SIGNALS]


def _parts(reasons: Iterable[Reason]) -> list[str]:
    return [name for reason in reasons for name in reason.parts]


def _of_keys(session: Session, keys: Any) -> Iterator[str]:
    """Yield the signals that the keys of reasons name: the signal of `abort NAME`, or of an item by its id."""
    for key in keys:
        name = key.rpartition(" ")[2]
        state = session.items.get(name)
        yield state.item.signal if state else name if name in session.signals else ""


def _urgency(stood: str) -> int:
    """Return the sort key of an item's line, most severe first; the line begins with the item's state in brackets."""
    return _URGENT.get(stood[:3], len(_URGENT))


def _failed(past: Past, name: str) -> str:
    state = past.session.signals.get(name)
    return plain(f"[!] {state.signal.title}: {state.verdict.because}" if state else f"[!] {name}")


def _stood(past: Past, item: str) -> str:
    state = past.session.items.get(item)
    because = f": {state.because}" if state and state.because else ""
    return plain(f"[{state.state}] {past.title(item)}{because}" if state else item)


_TELLS: dict[type[facts.Body], Callable[[Past, Any], Telling | None]] = {
    facts.PhaseChanged: _gate,
    facts.Decided: _decided,
    facts.Advised: _advised,
    facts.PollClosed: _poll,
    facts.Held: _held,
    facts.ProcedureOpened: _procedure,
    facts.Closed: _closed,
}
