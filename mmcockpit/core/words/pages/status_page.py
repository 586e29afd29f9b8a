"""The status page for stakeholders as text: what the advice means, what happened; no values, hosts, names or notes."""

from collections.abc import Iterable
from enum import StrEnum

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.states import Advice, SessionMode, State
from mmcockpit.core.words.naming import Names
from mmcockpit.core.words.times import minute
from mmcockpit.core.words.verdicts import advice_word

MEANINGS = {
    Advice.GO: "Everything that is required so far is confirmed.",
    Advice.HOLD: "Not ready for the next step: something that is required is not confirmed yet.",
    Advice.NO_GO: "Do not continue: something that is required fails.",
    Advice.FIX_FORWARD: "Fix the new version: a rollback is no longer possible.",
    Advice.ROLLBACK: "Roll back to the previous version.",
}
"""What each advice means to a person who does not know the checklist."""

NO_ADVICE = "The first results are not in yet."

MODES = {SessionMode.LIVE: "", SessionMode.REHEARSAL: "Rehearsal", SessionMode.DEMO: "Demo"}
"""What a session is, if it is not a real go-live."""


class ItemGroup(StrEnum):
    """The groups in which the page counts items."""

    CONFIRMED = "Confirmed"
    OVERRIDDEN = "Overridden"
    SKIPPED = "Not needed now"
    FAILING = "Failing"
    NO_DATA = "No data"
    SETTLING = "Being observed"
    OPEN = "Open"


GROUPS = {
    State.DONE: ItemGroup.CONFIRMED,
    State.GOOD: ItemGroup.CONFIRMED,
    State.OVERRIDDEN: ItemGroup.OVERRIDDEN,
    State.HOLDING: ItemGroup.SETTLING,
    State.OPEN: ItemGroup.OPEN,
    State.WAITING: ItemGroup.OPEN,
    State.UNKNOWN: ItemGroup.NO_DATA,
    State.BAD: ItemGroup.FAILING,
    State.REGRESSED: ItemGroup.FAILING,
    State.BLOCKED: ItemGroup.FAILING,
    State.NOT_APPLICABLE: ItemGroup.SKIPPED,
    State.DEFERRED: ItemGroup.SKIPPED,
}
"""The group of every state."""


def silence_text(since: float) -> str:
    """Return what readers have to know once a session is silent since a time (Unix seconds)."""
    return f"The cockpit has sent nothing since {minute(since)} UTC. What follows is the last known state."


def milestones(events: Iterable[Event], names: Names) -> list[tuple[float, str]]:
    """Return what stakeholders have to know of these facts: the time (Unix seconds) and a sentence, oldest first."""
    advice: Advice | None = None
    lines: list[tuple[float, str]] = []
    for event in events:
        if isinstance(event.body, facts.Advised):
            if event.body.advice is advice:
                continue
            advice = event.body.advice
        if text := _milestone(event.body, names):
            lines.append((event.stamp.wall, text))
    return lines


def _milestone(body: AnyBody, names: Names) -> str:
    match body:
        case facts.Opened(continues=None):
            return "The go-live started"
        case facts.PhaseChanged(now=now, unmet=unmet, failing=failing):
            return f'"{names.phase(now)}" began{", although not everything was confirmed" if unmet or failing else ""}'
        case facts.Advised(advice=advice):
            return f"The advice is {advice_word(advice)}"
        case facts.Decided(advice=advice, accepted=accepted):
            return f"The advice {advice_word(advice)} was {'accepted' if accepted else 'dismissed'}"
        case facts.Held(on=on):
            return "The go-live is on hold" if on else "The go-live continues"
        case facts.PollOpened():
            return "The go/no-go poll is open"
        case facts.PollClosed(go=go):
            return f"The go/no-go poll ended with {'GO' if go else 'NO-GO'}"
    return _milestone_of_session(body)


def _milestone_of_session(body: AnyBody) -> str:
    match body:
        case facts.T0Changed(t0=t0):
            return f"The planned start is {minute(t0)} UTC"
        case facts.OperatorLeft():
            return "The cockpit was stopped"
        case facts.Resumed() | facts.Reopened():
            return "The cockpit continues"
        case facts.Closed():
            return "The go-live ended"
    return ""
