"""The screen's second line: the advice, its strongest reason, and whether the rollback is ready."""

import msgspec

from mmcockpit.core.facts.event import PollOpened, Reason, ReasonKind
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import dismissed, failed_s, no_return, readiness
from mmcockpit.core.rules.baseline import new_production, without_baseline
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judged_signals import warning_count
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.running import calls
from mmcockpit.ui.render.text import Line, Role, age, fit, plain, spread
from mmcockpit.ui.render.values import agreement, reason, verdict_words
from mmcockpit.ui.session_view import Sight

ROLE: dict[Advice, Role] = {
    Advice.GO: "pass",
    Advice.HOLD: "warn",
    Advice.NO_GO: "fail",
    Advice.FIX_FORWARD: "fail",
    Advice.ROLLBACK: "fail",
}

READY: dict[Level, tuple[str, Role]] = {
    Level.PASS: ("READY", "pass"),
    Level.WARN: ("NOT READY", "fail"),
    Level.FAIL: ("NOT READY", "fail"),
    Level.UNKNOWN: ("UNKNOWN", "unknown"),
}

_SHOWN_FIRST = frozenset(
    {
        *(ReasonKind.HOLD, ReasonKind.ABORT_NO_DATA),
        *(ReasonKind.NOTHING_PROVEN, ReasonKind.NO_REQUIRED_ITEM),
    }
)
"""Reasons of HOLD that are shown; the others are counted."""

_AS_RECORDED = frozenset({ReasonKind.NO_RETURN, ReasonKind.ALERT})

COUNTED = {
    "regressed": State.REGRESSED,
    "failing": State.BAD,
    "blocked": State.BLOCKED,
    "unknown": State.UNKNOWN,
    "holding": State.HOLDING,
    "waiting": State.WAITING,
    "open": State.OPEN,
}


def advice_line(sight: Sight, lens: Lens, width: int) -> Line:
    """Return the line in `width` cells; if it is too long, the reason is cut, not the right part."""
    session = sight.session
    blind = _blind(sight)
    left: Line = (*_session(sight, lens), *(blind or _advice(session)))
    return fit(spread(left, _state(sight, lens, width), width), width)


def _blind(sight: Sight) -> Line:
    """Return HOLD and the cause while the cockpit itself cannot be trusted, whatever was advised; else nothing."""
    spans: list[tuple[str, Role]] = []
    if sight.lost:
        spans += [(" NOT FOLLOWED ", "fail-badge"), (f" {plain(sight.lost, 80)} ", "fail")]
    elif sight.gone_s is not None:
        if sight.session.closed is not None:
            return ((f" no operator for {age(sight.gone_s)}; polling stopped ", "muted"),)
        spans += [(f" NO OPERATOR {age(sight.gone_s)} ", "fail-badge"), (" polling stopped until resumed ", "fail")]
    if sight.stalled_s:
        spans += [(f" ENGINE STALLED {age(sight.stalled_s)} ", "fail-badge"), (" no verdict can be trusted ", "fail")]
    if sight.not_recording:
        spans += [(" NOT RECORDING ", "fail-badge"), (f" {plain(sight.not_recording, 60)}; gates stay closed ", "fail")]
    return ((" HOLD ", "warn-badge"), *spans) if spans else ()


def _session(sight: Sight, lens: Lens) -> Line:
    spans: list[tuple[str, Role]] = []
    if sight.frozen_at is not None:
        since = age(sight.now.at - sight.frozen_at.at)
        resumes = f"; {lens.keys['freeze']} resumes" if "freeze" in lens.keys else ""
        spans += [
            (f" FROZEN {since} ", "warn-badge"),
            (f" paused, {counted(sight.waiting, 'update')} queued{resumes} ", "warn"),
        ]
    if sight.session.closed is not None:
        spans += [(" ENDED ", "badge"), (f" {plain(sight.session.closed.outcome, 60)} ", "strong")]
    return tuple(spans)


def _advice(session: Session) -> Line:
    advised = session.advised
    if session.opened is None:
        return ()
    if advised is None:
        return (" HOLD ", "warn-badge"), (f" no verdict yet  {counts(session)}", "text")
    role = ROLE[advised.advice]
    decided = session.decided
    if decided is not None and dismissed(session):
        why = f" dismissed by {plain(decided.by, 20)}: {plain(decided.reason, 60)}"
        return (f" {advised.advice} ", "muted"), (f"{why}  {first_reason(session)}", "muted")
    accepted = decided is not None and decided.accepted and decided.advice is advised.advice
    warned = warning_words(session) if advised.advice is Advice.GO else ""
    spans: list[tuple[str, Role]] = [(f" {advised.advice}{warned and f', {warned}'} ", f"{role}-badge")]
    if accepted and decided is not None:
        spans.append((f" accepted by {plain(decided.by, 20)} ", "strong"))
    spans.append((f" {first_reason(session)}", "strong" if role == "fail" else "text"))
    return tuple(spans)


def first_reason(session: Session) -> str:
    """Return the strongest reason and the number of others; if only open items remain, their counts."""
    advised = session.advised
    if advised is None or not advised.reasons:
        return _left(session)
    first = advised.reasons[0]
    if advised.advice is Advice.HOLD and first.kind not in _SHOWN_FIRST:
        return f"{', '.join(filter(None, [counts(session), warning_words(session)]))}  {_left(session)}"
    more = len(advised.reasons) - 1
    return reason_words(first, session) + (f" +{more}" if more else "")


def warning_words(session: Session) -> str:
    """Return how many signals of satisfied items and judged signals warn: `2 warnings`; empty for none."""
    count = warning_count(session)
    return counted(count, "warning") if count else ""


def without_data_words(session: Session, name: str) -> str:
    """Return the signal of an abort rule that has no data, and why."""
    state = session.signals.get(name)
    return f"{plain(state.signal.title, 60)}: {reason(state)}" if state else f"unknown signal {plain(name, 60)}"


def counts(session: Session) -> str:
    """Return the counts of required items that keep the open phases' gate closed, by state: `54 open, 3 unknown`."""
    states = [state.state for state in gate(session).unmet]
    words = [f"{states.count(state)} {word}" for word, state in COUNTED.items() if state in states]
    return ", ".join(reversed(words))


def _left(session: Session) -> str:
    closing = gate(session)
    # It can be recorded at any time before the new production runs, and less easily afterwards.
    needed = new_production(session) is None and without_baseline(session)
    if needed and closing.no_baseline:
        return f"record the baseline: `:baseline`{f'; gate: needs {len(closing.unmet)} more' if closing.unmet else ''}"
    if closing.unmet:
        return f"gate: needs {len(closing.unmet)} more{'; run `:baseline`' if needed else ''}"
    if closing.failing:
        return f"gate: {', '.join(plain(one.signal.title, 40) for one in closing.failing)} failing"
    if closing.unfilled:
        return f"{len(closing.unfilled)} contacts are unassigned: `:contacts`"
    return "the gate is open: `:go` passes it" if closing.next else "everything is done"


def reason_words(given: Reason, session: Session) -> str:
    """Return a reason as the screen shows it: with live values and units; as recorded if no signal decides it."""
    item = session.items.get(given.subject) if given.kind is ReasonKind.ITEM else None
    signal = session.signals.get(item.item.signal if item else given.subject)
    blocked = given.kind is ReasonKind.ITEM and given.state is State.BLOCKED
    if signal is None or signal.asked_at is None or given.kind in _AS_RECORDED or blocked:
        return plain(reason_text(given), 400)
    if item is not None:
        state, title = item.state, plain(item.item.title, 60)
        given = msgspec.structs.replace(given, state=state, title=title, number=item.item.number, text="")
        return reason_text(given, _measured(signal))
    title = plain(signal.signal.title, 60)
    if given.kind is ReasonKind.ABORT_NO_DATA:
        return reason_text(given, f"{title}: {reason(signal)}")
    if given.kind is ReasonKind.SIGNAL:
        return reason_text(given, f"{title} {_measured(signal)}")
    words = reason_text(_refreshed(given, session), f"{title} {verdict_words(signal, Level.FAIL)}")
    return " ".join(filter(None, [words, agreement(signal)]))


def _refreshed(given: Reason, session: Session) -> Reason:
    """Return the reason of a failing abort rule with how long it has failed by now."""
    abort = next((one for one in session.cockpit.aborts if _rules(one, given)), None)
    failed = (failed_s(session, abort) if abort else None) or 0.0
    if abort is None or failed >= abort.for_s:
        return msgspec.structs.replace(given, kind=ReasonKind.ABORT, failed_s=failed)
    rollback = Advice.FIX_FORWARD if no_return(session) else Advice.ROLLBACK
    return msgspec.structs.replace(given, kind=ReasonKind.ABORT_PENDING, failed_s=failed, leads_to=rollback)


def _rules(abort: Abort, given: Reason) -> bool:
    return (abort.signal, abort.phase, abort.for_s) == (given.subject, given.phase, given.for_s)


def _measured(state: SignalState) -> str:
    words = verdict_words(state, state.verdict.level)
    plain_reason = (
        state.verdict.level is Level.UNKNOWN or state.fault or state.signal.group or state.signal.records_baseline
    )
    return words if plain_reason else " ".join(filter(None, [words, agreement(state)]))


def _state(sight: Sight, lens: Lens, width: int) -> Line:
    """Return the line's right part: procedures, hold, poll, overrides, rollback."""
    session = sight.session
    if session.opened is None:
        return ()
    spans = list(calls(session, sight.now, width))
    if session.held is not None and session.held_since is not None:
        spans += [(f" HOLDING {age(sight.now.at - session.held_since.at)} ", "warn-badge")]
    if isinstance(session.poll, PollOpened):
        spans.append((f" POLL {len(session.votes)}/{len(session.cockpit.poll)} ", "badge"))
    overrides = sum(state.overrides for state in session.items.values())
    if overrides:
        spans.append((f" overrides {overrides} ", "warn"))
    level, _ = readiness(session)
    word, role = READY[Level.UNKNOWN if lens.stalled else level]
    return (*spans, (" back: ", "muted"), (f"{word} ", role))
