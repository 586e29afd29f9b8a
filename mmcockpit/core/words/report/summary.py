"""The first paragraph of a report: plan, course, impact, decision and end of a go-live, for any reader."""

from collections.abc import Iterator
from enum import StrEnum
from typing import assert_never

import msgspec

from mmcockpit.core.model.cockpit import Window
from mmcockpit.core.model.states import Advice, SessionMode
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.times import day, minute
from mmcockpit.core.words.updates import time_text

LONGEST_REASON = 200
LONGEST_TITLE = 80


class Ending(StrEnum):
    """How the record of a session ends."""

    CLOSED = "closed"
    RUNNING = "running"
    LEFT = "left"
    CUT = "cut off"


class Impact(msgspec.Struct, frozen=True):
    """The effect of a failing abort signal on users: its meaning, worst value, broken limit, and failing seconds.

    `text` is empty where the checklist does not define its meaning; `worst` and `limit` where they are not known.
    Without a limit, `worst` is the range of the failing values.
    `still` is whether it failed at the end.
    """

    text: str
    title: str
    worst: str
    limit: str
    for_s: float
    still: bool = False


class DecisionKind(StrEnum):
    """The kinds of decisions that the paragraph names."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    POLL_GO = "go"
    POLL_NO_GO = "no-go"
    FORCED = "gate forced"
    STARTED = "rollback started"


class RollbackEnd(StrEnum):
    """How a rollback ended."""

    COMPLETED = "completed"
    ABANDONED = "abandoned"
    FAILED = "failed"
    UNFINISHED = "unfinished"


class MadeDecision(msgspec.Struct, frozen=True):
    """A decision, or the end of a rollback: of which kind, by whom, when (Unix seconds), and the reason as written.

    `subject` is the advice, the phase or the step that it is about.
    """

    kind: DecisionKind | RollbackEnd
    by: str
    at: float
    reason: str = ""
    subject: str = ""


class GoLiveSummary(msgspec.Struct, frozen=True):
    """What the paragraph reports; times are Unix seconds.

    `phase` is the last open one, number `number` of `phases`. `measured` is whether any abort signal had a result, None
    without abort rules; `without_data_s` is how long one of them had none. `advised` is the first advice to roll back
    or fix forward, `advised_at` its time; `choice` the decision on it, or the latest other one. `last` is the latest
    advice.
    """

    target: str
    environment: str
    began: float
    ended: float
    elapsed_s: float
    mode: SessionMode = SessionMode.LIVE
    window: Window | None = None
    t0: float | None = None
    phase: str = ""
    number: int = 0
    phases: int = 0
    forced: int = 0
    impacts: tuple[Impact, ...] = ()
    measured: bool | None = None
    without_data_s: float = 0.0
    advised: Advice | None = None
    advised_at: float = 0.0
    choice: MadeDecision | None = None
    rollback: MadeDecision | None = None
    """How the latest rollback ended; None if none was started."""
    last: Advice | None = None
    ending: Ending = Ending.CUT
    outcome: str = ""
    by: str = ""


EMPTY = "The journal holds no facts, so nothing is known about this session."
"""The paragraph of a journal without facts."""


def summary_text(summary: GoLiveSummary) -> str:
    """Return the paragraph."""
    parts = (_plan(summary), _course(summary), _impact(summary), _decision(summary), _end(summary))
    return " ".join(part for part in parts if part)


def _time(summary: GoLiveSummary, wall: float) -> str:
    return time_text(wall, summary.began)


def _quoted(reason: str) -> str:
    """Return a reason as its author wrote it, after a colon; empty without one."""
    return f': "{plain(reason, LONGEST_REASON)}"' if reason.strip() else ""


def _plan(summary: GoLiveSummary) -> str:
    if not summary.target:
        return "The beginning of the journal is missing, so what was planned is not known."
    target, place = plain(summary.target, LONGEST_TITLE), plain(summary.environment, LONGEST_TITLE)
    where = f" in {place}" if place and place.casefold() != summary.mode else ""
    kind = {SessionMode.REHEARSAL: "This was a rehearsal: ", SessionMode.DEMO: "This was a demo: "}.get(
        summary.mode, ""
    )
    return f"{kind}{target} was to go live{where}{_planned_time(summary)}."


def _planned_time(summary: GoLiveSummary) -> str:
    window = summary.window
    if window is not None:
        end = f"{day(window.end)} {minute(window.end)}" if day(window.end) != day(window.start) else minute(window.end)
        return f" on {day(window.start)} between {minute(window.start)} and {end} UTC"
    if summary.t0 is not None:
        return f" on {day(summary.t0)} at {minute(summary.t0)} UTC"
    return ""


def _course(summary: GoLiveSummary) -> str:
    first = f"The session began on {day(summary.began)} at {minute(summary.began)} UTC"
    took = f"{first} and {'has lasted' if summary.ending is Ending.RUNNING else 'lasted'} {duration(summary.elapsed_s)}"
    over_s = summary.ended - summary.window.end if summary.window is not None else 0.0
    late = f", {duration(over_s)} beyond its window" if 60 <= over_s < summary.elapsed_s else ""
    took += late
    if not summary.phase:
        return f"{took}."
    reached = f'it reached the phase "{plain(summary.phase, LONGEST_TITLE)}" ({summary.number} of {summary.phases})'
    verb = "was" if summary.forced == 1 else "were"
    forced = f", and {counted(summary.forced, 'gate')} {verb} passed although checks were open or failing"
    return f"{took}; {reached}{forced if summary.forced else ''}."


def _impact(summary: GoLiveSummary) -> str:
    without = (
        f"; for {duration(summary.without_data_s)} there were no measurements" if summary.without_data_s >= 1 else ""
    )
    if summary.impacts:
        return f"Impact on users: {'; '.join(map(_one_impact, summary.impacts))}{without}."
    if summary.measured is None:
        return "No measurement of the impact on users was planned." if summary.target else ""
    if not summary.measured:
        return "The impact on users was not measured."
    return f"No impact on users was measured{without}."


def _one_impact(impact: Impact) -> str:
    limit = f" (must be {impact.limit})" if impact.limit and not impact.text else f", must be {impact.limit}"
    known = f" at worst {impact.worst}{limit}" if impact.limit else f" {impact.worst}"
    worst = known if impact.worst else ""
    still = " and still at the end" if impact.still else ""
    title, text = plain(impact.title, LONGEST_TITLE), plain(impact.text, LONGEST_TITLE)
    beyond = f"beyond its limit for {duration(impact.for_s)}{still}"
    return f"{text} ({title}{worst}; {beyond})" if text else f"{title}{worst}, {beyond}"


def _decision(summary: GoLiveSummary) -> str:
    decision = _made(summary, summary.choice) if summary.choice is not None else ""
    if summary.advised is None:
        return f"{decision}." if decision else "No decision was recorded."
    advice = _ADVISED[summary.advised]
    return (
        f"The advice at {_time(summary, summary.advised_at)} was {advice}; {decision or 'no operator decided on it'}."
    )


def _made(summary: GoLiveSummary, made: MadeDecision) -> str:
    """Return a decision, or the end of a rollback, with who, when and why."""
    subject, by = plain(made.subject, LONGEST_TITLE), plain(made.by, LONGEST_TITLE)
    at, why = f"at {_time(summary, made.at)}", _quoted(made.reason)
    match made.kind:
        case DecisionKind.ACCEPTED | DecisionKind.DISMISSED:
            return f"{by} {made.kind} the advice {subject} {at}{why}"
        case DecisionKind.POLL_GO | DecisionKind.POLL_NO_GO:
            return f"{by} decided the go/no-go poll with {made.kind} {at}{why}"
        case DecisionKind.FORCED:
            return f'{by} passed the gate of "{subject}" {at} although checks were open or failing{why}'
        case DecisionKind.STARTED:
            return f"{by} started the rollback {at}{why}"
        case RollbackEnd.COMPLETED:
            return f"The rollback was completed {at}"
        case RollbackEnd.ABANDONED:
            return f"{by} abandoned the rollback {at}{why}"
        case RollbackEnd.FAILED:
            return f'The rollback failed at the step "{subject}" {at}'
        case RollbackEnd.UNFINISHED:
            return f"The rollback that {by or 'an operator'} started {at} was not finished"
    assert_never(made.kind)


_ADVISED = {
    Advice.ROLLBACK: "to roll back",
    Advice.FIX_FORWARD: "to fix the problem, because a rollback was not possible any more",
}

_LAST = {
    Advice.GO: "every required check passed then",
    Advice.HOLD: "some checks were still open then",
    Advice.NO_GO: "some checks were failing then",
    Advice.ROLLBACK: "a rollback was advised then",
    Advice.FIX_FORWARD: "a problem was not fixed then",
}


def _end(summary: GoLiveSummary) -> str:
    return " ".join(_endings(summary))


def _endings(summary: GoLiveSummary) -> Iterator[str]:
    if summary.rollback is not None:
        yield f"{_made(summary, summary.rollback)}."
    state = f"; {_LAST[summary.last]}" if summary.last is not None else ""
    at = _time(summary, summary.ended)
    who = plain(summary.by, LONGEST_TITLE) or "An operator"
    match summary.ending:
        case Ending.CLOSED:
            yield f'{who} ended the session at {at} with the outcome "{plain(summary.outcome, LONGEST_REASON)}"{state}.'
        case Ending.LEFT:
            yield f"{who} left the session at {at} without ending it{state}."
        case Ending.RUNNING:
            yield f"The session is still running; its latest fact is of {at}{state}."
        case Ending.CUT:
            yield f"The journal stops at {at} without an end: the cockpit was interrupted{state}."
