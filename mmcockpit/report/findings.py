"""The findings of a report: what to know first, sorted by severity, and what was left open."""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.states import SATISFIED, STATE_WORD, Advice, Mark, State, StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import dismissed
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.times import full
from mmcockpit.report.past import Past, Tone
from mmcockpit.report.procedures import procedure
from mmcockpit.report.series import STATES
from mmcockpit.report.timeline import ADVICE_TONES
from mmcockpit.report.times import Axis, Stretch

ORDER = ("fail", "unknown", "warn", "text", "pass")
NAMED = 5
"""The most signals that one finding names."""


class Finding(msgspec.Struct, frozen=True):
    """One finding, and the section with its details."""

    tone: Tone
    says: str
    section: str


def findings(past: Past, axis: Axis) -> list[Finding]:
    """Return the findings, sorted by severity."""
    unsorted = [*_journal(past), *_advice(past, axis), *_signals(past), *_decided(past), *_blind(past), *_trouble(past)]
    return sorted(unsorted, key=lambda one: ORDER.index(one.tone))


def open_ends(past: Past) -> list[Finding]:
    """Return what was still open when the journal ended."""
    session = past.session
    if session.opened is None:
        return []
    ends: list[Finding] = []
    if session.closed is None:
        ends.append(Finding("warn", "the session has not ended: `mmcockpit resume` continues it", "timeline"))
    if session.held is not None:
        ends.append(Finding("warn", f"{session.held.by} still holds: {session.held.reason}", "holds"))
    if isinstance(session.poll, facts.PollOpened):
        ends.append(Finding("warn", f"the poll that {session.poll.by} opened was never decided", "decisions"))
    advised = session.advised
    if advised is not None and advised.advice is not Advice.GO:
        word = "dismissed" if dismissed(session) else "accepted" if _accepted(past) else "no operator decided on it"
        ends.append(Finding(ADVICE_TONES[advised.advice], f"the advice is still {advised.advice}; {word}", "decisions"))
    for run in past.followed:
        if not run.end:
            ends.append(Finding("warn", f"the procedure {run.title} was started and never ended", "steps"))
        for tried in run.tried:
            if tried is run.latest(tried.step) and tried.state in (StepState.UNKNOWN, StepState.RUNNING):
                ends.append(Finding("unknown", f"{run.title}: outcome of {tried.title} unknown", "steps"))
    for name, call in session.calls.items():
        if not call.answered:
            says = f"{procedure(past, name).title} was called for and not started: {reason_text(call.reason)}"
            ends.append(Finding("fail", says, "steps"))
    for standing in past.marks:
        if not standing.fate:
            mark = standing.mark
            ends.append(Finding("warn", f"{mark.mark} of {standing.title} by {mark.by} is still in effect", "marks"))
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
        because = f": {state.because}" if state.because else ""
        words = f"[{state.state}] {state.item.number} {state.item.title}, {STATE_WORD[state.state]}{because}"
        yield Finding(("warn", "unknown", "fail", "fail")[_weight(state.state)], words, "timeline")
    later = session.cockpit.checklist.phases[session.phase + 1 :]
    if later:
        count = sum(1 for phase in later for _ in phase.items)
        yield Finding("text", f"never reached: {', '.join(one.title for one in later)} ({count} items)", "timeline")


def _weight(state: State) -> int:
    return {State.BAD: 3, State.REGRESSED: 3, State.BLOCKED: 2, State.UNKNOWN: 1}.get(state, 0)


def _journal(past: Past) -> Iterator[Finding]:
    verified = past.verified
    if past.session.opened is None:
        yield Finding("fail", "the opening fact of this session is missing", "journal")
    if not verified.ok:
        first = verified.problems[0]
        yield Finding(
            "fail",
            f"the journal is damaged: {verified.problem_count} problems, first line {first.line}: {first.what}",
            "journal",
        )
    if verified.note:
        yield Finding("unknown", verified.note, "timeline")
    elif past.session.unread:
        yield Finding(
            "unknown", f"{counted(past.session.unread, 'fact')} of kinds that this version cannot read", "timeline"
        )
    if past.session.closed is None and past.session.opened is not None and past.last is not None:
        yield Finding("warn", f"UNFINISHED: the journal ends at {full(past.last.wall)} without an outcome", "open-ends")


def _advice(past: Past, axis: Axis) -> Iterator[Finding]:
    for advice in (Advice.ROLLBACK, Advice.FIX_FORWARD, Advice.NO_GO):
        times = [one for one in past.advice_changes if one.what == advice]
        if times:
            total = sum(_length(past, one) for one in times)
            often = f" in {len(times)} stretches" if len(times) > 1 else ""
            first = times[0]
            why = first.reason + (f" and {counted(first.more, 'more reason')}" if first.more else "")
            words = f"{advice} advised for {duration(total)}{often}, first at {axis.t(first.start)}: {why}"
            yield Finding("fail", words, "decisions")


def _decided(past: Past) -> Iterator[Finding]:
    for n, one in enumerate(past.decisions, 1):
        if one.unmet:
            yield Finding("fail", f"{one.title} by {one.by}: {one.reason}", f"decision-{n}")
    if past.regressions:
        yield Finding(
            "fail", f"{past.regressions} times an item regressed: it was satisfied and then was not", "timeline"
        )
    overrides = [one for one in past.marks if one.mark.mark is Mark.OVERRIDE]
    if overrides:
        still = sum(not one.fate for one in overrides)
        yield Finding("warn", f"overrides: {len(overrides)}, still in effect at the end: {still}", "marks")
    if past.holds:
        total = sum(_length(past, one) for one in past.holds)
        yield Finding("warn", f"holds: {len(past.holds)}, {duration(total)} in all", "holds")


def _length(past: Past, one: Stretch) -> float:
    end = one.end or past.last or one.start
    return max(end.at - one.start.at, 0.0)


def _blind(past: Past) -> Iterator[Finding]:
    for what, group in groupby(sorted(past.blind, key=lambda one: one.what), key=lambda one: one.what):
        stretches = list(group)
        total = sum(_length(past, one) for one in stretches)
        yield Finding("unknown", f"{what} for {duration(total)}, {len(stretches)} times", "holds")


def _signals(past: Past) -> Iterator[Finding]:
    end = past.last.at if past.last else 0.0
    spent = {name: one.times(end) for name, one in past.series.items() if one.signal.judged and one.answers}
    for level, tone, words in (
        (Level.FAIL, "fail", "signals that failed"),
        (Level.UNKNOWN, "unknown", "signals without data"),
    ):
        code = STATES.index(level)
        worst = sorted(((times[code], name) for name, times in spent.items() if times[code] >= 1), reverse=True)
        named = [f"{past.series[name].signal.title} {duration(seconds)}" for seconds, name in worst[:NAMED]]
        more = [f"{len(worst) - NAMED} more"] if worst[NAMED:] else []
        if named:
            yield Finding(tone, f"{words}: {', '.join([*named, *more])}", "signals")


def _trouble(past: Past) -> Iterator[Finding]:
    if past.session.troubles:
        yield Finding("warn", f"{past.session.troubles} troubles inside the cockpit itself", "timeline")
