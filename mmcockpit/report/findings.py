"""The findings of a report: what to know first, sorted by severity, and what was left open."""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.sharing import ends_with_store
from mmcockpit.core.model.states import SATISFIED, Advice, Mark, State, StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import dismissed
from mmcockpit.core.rules.item_status import present_reason
from mmcockpit.core.words.report import findings as words
from mmcockpit.report.past import Past, Tone
from mmcockpit.report.procedures import procedure
from mmcockpit.report.series import STATES
from mmcockpit.report.timeline import ADVICE_TONES
from mmcockpit.report.times import Axis, Stretch

ORDER = ("fail", "unknown", "warn", "text", "pass")


class Finding(msgspec.Struct, frozen=True):
    """One finding, and the section with its details."""

    tone: Tone
    says: str
    section: str


def findings(past: Past, axis: Axis) -> list[Finding]:
    """Return the findings, sorted by severity."""
    unsorted = [
        *_journal(past),
        *_advice(past, axis),
        *_signals(past),
        *_decided(past),
        *_without_data(past),
        *_trouble(past),
    ]
    return sorted(unsorted, key=lambda one: ORDER.index(one.tone))


def open_ends(past: Past) -> list[Finding]:
    """Return what was still open when the journal ended."""
    session = past.session
    if session.opened is None:
        return []
    ends: list[Finding] = []
    if session.closed is None:
        lost = ends_with_store(session.cockpit, session.opened.mode)
        ends.append(Finding("warn", words.NOT_RESUMABLE if lost else words.NOT_ENDED, "timeline"))
    if session.held is not None:
        ends.append(Finding("warn", words.held_text(session.held), "holds"))
    if isinstance(session.poll, facts.PollOpened):
        ends.append(Finding("warn", words.poll_text(session.poll), "decisions"))
    advised = session.advised
    if advised is not None and advised.advice is not Advice.GO:
        says = words.last_advice_text(advised.advice, dismissed(session), _accepted(past))
        ends.append(Finding(ADVICE_TONES[advised.advice], says, "decisions"))
    for run in past.followed:
        if not run.end:
            ends.append(Finding("warn", words.never_ended_text(run.title), "steps"))
        for tried in run.tried:
            if tried is run.latest(tried.step) and tried.state in (StepState.UNKNOWN, StepState.RUNNING):
                ends.append(Finding("unknown", words.unknown_outcome_text(run.title, tried.title), "steps"))
    for name, call in session.calls.items():
        if not call.answered:
            says = words.not_started_text(procedure(past, name).title, call.reason)
            ends.append(Finding("fail", says, "steps"))
    for standing in past.marks:
        if not standing.fate:
            ends.append(Finding("warn", words.in_effect_text(standing.mark, standing.title), "marks"))
    return [*ends, *_items(past)]


def worst_advice(past: Past) -> str:
    """Return the most severe advice of the whole session; empty if there was none."""
    given = {one.what for one in past.advice_changes}
    return next((str(one) for one in reversed(Advice) if one in given), "")


def _accepted(past: Past) -> bool:
    decided, advised = past.session.decided, past.session.advised
    return decided is not None and advised is not None and decided.accepted and decided.advice is advised.advice


def _items(past: Past) -> Iterator[Finding]:
    session = past.session
    open_ones = [
        state
        for index, phase in enumerate(session.cockpit.checklist.phases[: session.phase + 1])
        for item in phase.items
        if (state := session.items[item.id]).state not in SATISFIED and (item.required or index == session.phase)
    ]
    for state in sorted(open_ones, key=lambda one: -_weight(one.state)):
        says = words.open_item_text(state.item, state.state, present_reason(session, state))
        yield Finding(("warn", "unknown", "fail", "fail")[_weight(state.state)], says, "timeline")
    later = session.cockpit.checklist.phases[session.phase + 1 :]
    if later:
        yield Finding("text", words.never_reached_text(later), "timeline")


def _weight(state: State) -> int:
    return {State.BAD: 3, State.REGRESSED: 3, State.BLOCKED: 2, State.UNKNOWN: 1}.get(state, 0)


def _journal(past: Past) -> Iterator[Finding]:
    verified = past.verified
    if past.session.opened is None:
        yield Finding("fail", words.NO_OPENING, "journal")
    if not verified.ok:
        first = verified.problems[0]
        yield Finding("fail", words.damage_text(verified.problem_count, first.line, first.what), "journal")
    if verified.note:
        yield Finding("unknown", verified.note, "timeline")
    elif past.session.unread:
        yield Finding("unknown", words.unread_text(past.session.unread), "timeline")
    if past.session.closed is None and past.session.opened is not None and past.last is not None:
        yield Finding("warn", words.unfinished_text(past.last.wall), "open-ends")


def _advice(past: Past, axis: Axis) -> Iterator[Finding]:
    for advice in (Advice.ROLLBACK, Advice.FIX_FORWARD, Advice.NO_GO):
        times = [one for one in past.advice_changes if one.what == advice]
        if times:
            total = sum(_length(past, one) for one in times)
            first = times[0]
            says = words.advised_text(advice, total, len(times), axis.t(first.start), first.reason, first.more)
            yield Finding("fail", says, "decisions")


def _decided(past: Past) -> Iterator[Finding]:
    for n, one in enumerate(past.decisions, 1):
        if one.unmet:
            yield Finding("fail", words.forced_text(one.title, one.by, one.reason), f"decision-{n}")
    if past.regressions:
        yield Finding("fail", words.regressions_text(past.regressions), "timeline")
    overrides = [one for one in past.marks if one.mark.mark is Mark.OVERRIDE]
    if overrides:
        still = sum(not one.fate for one in overrides)
        yield Finding("warn", words.overrides_text(len(overrides), still), "marks")
    if past.holds:
        total = sum(_length(past, one) for one in past.holds)
        yield Finding("warn", words.holds_text(len(past.holds), total), "holds")


def _length(past: Past, one: Stretch) -> float:
    end = one.end or past.last or one.start
    return max(end.at - one.start.at, 0.0)


def _without_data(past: Past) -> Iterator[Finding]:
    for what, group in groupby(sorted(past.without_data, key=lambda one: one.what), key=lambda one: one.what):
        stretches = list(group)
        total = sum(_length(past, one) for one in stretches)
        yield Finding("unknown", words.without_record_text(what, total, len(stretches)), "holds")


def _signals(past: Past) -> Iterator[Finding]:
    end = past.last.at if past.last else 0.0
    judged = {
        name: one
        for name, one in past.series.items()
        if one.signal.judged and one.answers and not past.unreached(one.signal)
    }
    spent = {name: one.times(end) for name, one in judged.items()}
    for level in (Level.FAIL, Level.UNKNOWN):
        code = STATES.index(level)
        worst = sorted(((times[code], name) for name, times in spent.items() if times[code] >= 1), reverse=True)
        if worst:
            times = [(past.series[name].signal.title, seconds) for seconds, name in worst]
            yield Finding(str(level), words.signals_text(level is Level.FAIL, times), "signals")


def _trouble(past: Past) -> Iterator[Finding]:
    if past.session.troubles:
        yield Finding("warn", words.troubles_text(past.session.troubles), "timeline")
