"""Verdicts: judges readings by rules written in CEL."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import inf
from typing import Any, NamedTuple

from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Answer, Fault, Reading
from mmcockpit.core.model.shape import at
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import SEVERITY, Basis, Level, Verdict
from mmcockpit.core.rules.baseline import missing_words, reads_baseline, without_baseline
from mmcockpit.core.rules.cel.errors import kind_words
from mmcockpit.core.rules.cel.evaluation import Undecided, evaluate_duration, evaluate_text, is_true
from mmcockpit.core.rules.explanations.clauses import broken_clauses, joined_clauses, undecided_clause
from mmcockpit.core.rules.workloads import least_settle_s, restarted
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.values import amount, first_cause, value_line
from mmcockpit.core.words.verdicts import fault_text, result_words, verdict_reason

NO_RULE = "no rule: shown, not judged"

LONGEST_TEXT = 390
SHORTEST_MEMBER = 24
"""Maximum characters of a reason, which the members of a combination share, and the minimum for each member."""


class _Judgement(NamedTuple):
    """The level of one result, and why."""

    level: Level
    because: str = ""
    basis: Basis | None = None


def judge(signal: Signal, answer: Answer, session: Session, now: Stamp) -> Verdict:
    """Return the verdict on a result: its own level, then the level that `persist` makes of the recent ones.

    A change to unknown is immediate; a change from unknown needs as many agreeing results as any other change.
    """
    state = session.signals.get(signal.name) or SignalState(signal)
    raw, because, basis = _judged(signal, answer, session, now)
    rule = signal.rule
    if raw in (Level.PASS, Level.WARN) and isinstance(answer, Reading):
        again = restarted(session, signal, answer.value)
        if again:
            return Verdict(Level.FAIL, Level.FAIL, again, 1, rule.of)
    window = (*state.window, raw)[-rule.of :]
    agree = window.count(raw)
    if raw is Level.UNKNOWN or agree >= rule.agree:
        return Verdict(raw, raw, because, agree, rule.of, basis)
    held = state.verdict.level
    if held is Level.UNKNOWN:
        why = verdict_reason(Verdict(raw, raw, because, basis=basis))
        because = f"{raw} {agree} of {rule.agree}, not yet decided{f': {why}' if why else ''}"
    elif not state.verdict.applies:
        return Verdict(held, raw, "", agree, rule.of, Basis.NOT_APPLICABLE)
    return Verdict(held, raw, because, agree, rule.of)


def passes_only_with(signal: Signal, values: tuple[Any, Any], session: Session, now: Stamp) -> bool:
    """Return whether a signal's rule passes on the first of two values, but not on the second."""
    levels = [_judged(signal, Reading(value), session, now).level for value in values]
    return levels[0] is Level.PASS and levels[1] is not Level.PASS


def hold_of(item: Item, session: Session) -> tuple[float, float]:
    """Return an item's settle time in seconds: for its gate, and in full.

    Both are infinite where a rule cannot be evaluated: unknown is never go.
    """
    hold = item.hold
    if not hold.rule:
        least = least_settle_s(session, item.signal) if hold.workload else 0.0
        return max(hold.first, least), max(hold.first, hold.full, least)
    seconds = _ruled_hold(item, session)
    return (inf, inf) if isinstance(seconds, Undecided) else (seconds, seconds)


def hold_flaw(item: Item, session: Session) -> str:
    """Return why an item's settle time cannot be evaluated; empty if it can."""
    hold = _ruled_hold(item, session) if item.hold.rule else 0.0
    return f"settle time unknown: {hold.reason}" if isinstance(hold, Undecided) else ""


def _ruled_hold(item: Item, session: Session) -> float | Undecided:
    signal = session.signal_of(item)
    scope = {"vars": session.cockpit.vars, **({"value": signal.value} if signal and signal.reading else {})}
    return evaluate_duration(item.hold.rule, scope)


def _judged(signal: Signal, answer: Answer, session: Session, now: Stamp) -> _Judgement:
    if isinstance(answer, Fault):
        return _Judgement(Level.UNKNOWN, fault_text(answer))
    if not signal.judged:
        return _Judgement(Level.UNKNOWN, NO_RULE)
    value, flaw = _judgeable(signal, answer)
    if flaw:
        return _Judgement(Level.UNKNOWN, flaw)
    ruled = signal.rule.passes != ""
    judgement = _ruled(signal, answer, value, session, now) if ruled else _together(signal, value, session)
    unknown = value.get("unknown", ()) if signal.group and isinstance(value, dict) else ()
    if unknown and signal.probe == "all_of" and judgement.level in (Level.PASS, Level.WARN):
        return _Judgement(Level.UNKNOWN, members_in_words(session, [*value["failing"], *unknown]))
    return judgement


def _ruled(signal: Signal, answer: Reading, value: Any, session: Session, now: Stamp) -> _Judgement:
    scope = _scope(signal, value, session, now)
    rule = signal.rule
    for level, text in ((None, rule.applies), (Level.PASS, rule.passes), (Level.WARN, rule.warns)):
        if not text:
            continue
        truth = is_true(text, rule.numeric, scope)
        if isinstance(truth, Undecided):
            lacks = "baseline" not in scope and reads_baseline(text)
            if lacks:
                return _Judgement(Level.UNKNOWN, missing_words(session, signal.name))
            if truth.too_long:
                return _Judgement(Level.UNKNOWN, truth.reason)
            reason = undecided_clause(text, scope, signal, truth.reason)
            # A remark is why a field is left out.
            because = f"{reason}: {answer.remark}" if answer.remark else reason
            return _Judgement(Level.UNKNOWN, plain(because, LONGEST_TEXT))
        if level is None and not truth:
            return _Judgement(Level.PASS, basis=Basis.NOT_APPLICABLE)
        if level is not None and truth:
            because = "" if level is Level.PASS else _wrong(signal, value, session, scope, rule.passes)
            return _Judgement(level, because)
    return _Judgement(Level.FAIL, _wrong(signal, value, session, scope, rule.passes, rule.warns))


def _wrong(signal: Signal, value: Any, session: Session, scope: dict[str, Any], *broken: str) -> str:
    """Return the reason: the signal's own message, else the clauses of its rules that do not hold."""
    rule = signal.rule
    message = evaluate_text(rule.message, rule.numeric, scope) if rule.message else ""
    return (
        plain(message, LONGEST_TEXT)
        if isinstance(message, str) and message
        else _broken(signal, value, session, scope, *broken)
    )


def _together(signal: Signal, value: Any, session: Session) -> _Judgement:
    """Judge a combination without rules of its own by its members."""
    warning = _names(value, "warning")
    failed = len(_names(value, "failing")) > len(warning)
    if signal.probe == "any_of":
        level = Level.PASS if _names(value, "passing") else Level.WARN if warning else Level.FAIL
    else:
        level = Level.FAIL if failed else Level.WARN if warning else Level.PASS
    return _Judgement(level, "" if level is Level.PASS else _broken(signal, value, session, {}))


def _broken(signal: Signal, value: Any, session: Session, scope: dict[str, Any], *rules: str) -> str:
    """Return the reason: the clauses that do not hold, or each member of a combination that does not pass."""
    if signal.records_baseline:
        return missing_words(session, next(iter(without_baseline(session)), ""))
    names = (*failing(signal, value), *(_names(value, "unknown") if signal.group else ()))
    if names:
        return members_in_words(session, names)
    if signal.shape.explains and (explanation := at(value, signal.shape.explains)):
        return plain(explanation if isinstance(explanation, str) else amount(explanation), LONGEST_TEXT)
    found, shown = broken_clauses([rule for rule in rules if rule], scope, signal)
    clauses = joined_clauses(found)
    field, cause = first_cause(value, signal.shape)
    if not clauses:
        return f"{cause or value_line(value, signal)}: not as its rule requires"
    return clauses if not cause or field.rpartition(".")[2] in shown else f"{clauses}; {cause}"


def causes(state: SignalState, session: Session, now: Stamp) -> tuple[str, ...]:
    """Return each clause for which the value of a signal does not pass; empty where its reason has another form."""
    signal, verdict, rule = state.signal, state.verdict, state.signal.rule
    explained = bool(rule.message or signal.group or signal.shape.explains or signal.records_baseline)
    if explained or state.fault or state.reading is None or verdict.raw is not verdict.level:
        return ()
    rules = {Level.FAIL: (rule.passes, rule.warns), Level.WARN: (rule.passes,)}.get(verdict.level, ())
    scope = _scope(signal, state.value, session, now)
    return broken_clauses([text for text in rules if text], scope, signal)[0]


def members_in_words(session: Session, names: Sequence[str]) -> str:
    """Return these signals with level and reason, sorted by severity, in about LONGEST_TEXT characters."""
    known = [session.signals[name] for name in names if name in session.signals]
    known.sort(key=lambda one: -SEVERITY[one.verdict.level])
    members = [_member(one) for one in known] + [
        f"unknown signal {name}" for name in names if name not in session.signals
    ]
    room = max(LONGEST_TEXT // max(len(members), 1) - 2, SHORTEST_MEMBER)
    return "; ".join(plain(one, room) for one in members)


def _member(state: SignalState) -> str:
    verdict = state.verdict
    value = value_line(state.value, state.signal) if state.reading and not state.fault else ""
    return f"{state.signal.title} {verdict.level}: {result_words(value, verdict)}"


def failing(signal: Signal, value: Any) -> tuple[str, ...]:
    """Return the names of the members that do not pass, from the reading of a combination."""
    return _names(value, "failing") if signal.group else ()


def _names(value: Any, key: str) -> tuple[str, ...]:
    return tuple(str(name) for name in value.get(key, ())) if isinstance(value, dict) else ()


def _scope(signal: Signal, value: Any, session: Session, now: Stamp) -> dict[str, Any]:
    scope = {
        "value": value,
        "vars": session.cockpit.vars,
        "now": datetime.fromtimestamp(now.wall, UTC),
        "started": datetime.fromtimestamp((session.started or now).wall, UTC),
    }
    recorded = session.baseline.values if session.baseline else {}
    # Without a baseline the name stays undefined, so that a rule that compares with it is unknown.
    return {**scope, "baseline": recorded[signal.name]} if signal.name in recorded else scope


def _judgeable(signal: Signal, reading: Reading) -> tuple[Any, str]:
    value = reading.value
    if reading.defect:
        return value, f"no value: {reading.defect}"
    if value is None:
        return value, "no value: null"
    empty = isinstance(value, list | dict) and not value
    if empty and signal.rule.empty == "unknown":
        return value, f"no data: the result is empty{f': {reading.remark}' if reading.remark else ''}"
    if not signal.rule.numeric:
        return value, ""
    if empty:
        return 0.0, ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value, f"{kind_words(value)} where a number is expected"
    return float(value), ""
