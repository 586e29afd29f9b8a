"""NEXT and its text in tests, and what the rules say to the command that it proposes."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.facts.event import Refused
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.next_action import Next, NextKind, Viewpoint, ViewpointKind
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.advice import coverage
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.rules.releases.offers import item_procedure
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.next_actions import next_text
from tests.core.sessions import Story, plan

KEYS = {"tick": "Space", "emergency": "E", "run_step": "!", "details": "Enter", "hold": "H", "verify": "V", "poll": "P"}


def given(story: Story, seat: Viewpoint | None = None) -> Next:
    """Return NEXT once the session has settled."""
    story.settle()
    return next_action(story.session, story.now, seat)


def text(story: Story, seat: Viewpoint | None = None) -> str:
    return next_text(given(story, seat), KEYS, seat.view if seat else ViewpointKind.LIVE)


def story(*items: Any, **more: Any) -> Story:
    return Story(plan(*items, **more))


def _open(session: Session, by: str, given: Next) -> commands.AnyCommand:
    return commands.OpenPhase(by, gate(session).phase)


def _open_with_reason(session: Session, by: str, given: Next) -> commands.AnyCommand:
    return commands.OpenPhase(by, gate(session).phase, "agreed", override=True)


def _decide(session: Session, by: str, given: Next) -> commands.AnyCommand:
    assert session.advised is not None
    return commands.DecideAdvice(by, session.advised.advice, coverage(session.advised.reasons), True, "agreed")


def _poll(session: Session, by: str, given: Next) -> commands.AnyCommand:
    if given.subject:
        return commands.Vote(by, True, given.subject)
    return commands.ClosePoll(by, True, "agreed")


COMMANDS: dict[NextKind, Callable[[Session, str, Next], commands.AnyCommand]] = {
    NextKind.OUTCOME_UNKNOWN: lambda s, by, one: commands.SettleStep(by, one.subject, one.step, True, "seen"),
    NextKind.ROLLBACK: lambda s, by, one: commands.OpenProcedure(by, one.subject),
    NextKind.FIX_FORWARD: lambda s, by, one: commands.OpenProcedure(by, one.subject),
    NextKind.PROCEDURE_CALLED: lambda s, by, one: commands.OpenProcedure(by, one.subject),
    NextKind.DECIDE: _decide,
    NextKind.STEP_UNDECIDED: lambda s, by, one: commands.SkipStep(by, one.subject, one.step, "seen"),
    NextKind.STEP_WAIT: lambda s, by, one: commands.RunStep(by, one.subject, one.step),
    NextKind.ADVANCE: lambda s, by, one: commands.OpenProcedure(by, item_procedure(s, s.items[one.subject].item)),
    NextKind.ITEM_PROCEDURE: lambda s, by, one: commands.OpenProcedure(by, s.items[one.subject].item.procedure),
    NextKind.STEP_FAILED: lambda s, by, one: commands.SkipStep(by, one.subject, one.step, "seen"),
    NextKind.STEP_READY: lambda s, by, one: commands.SkipStep(by, one.subject, one.step, "seen"),
    NextKind.STEP_MANUAL: lambda s, by, one: commands.SettleStep(by, one.subject, one.step, True, "seen"),
    NextKind.ON_HOLD: lambda s, by, one: commands.HoldSession(by, False, "over"),
    NextKind.POLL: _poll,
    NextKind.TICK: lambda s, by, one: commands.MarkItem(by, one.subject, "seen"),
    NextKind.ROLE: lambda s, by, one: commands.MarkItem(one.people[0], one.subject, "seen"),
    NextKind.APPROVAL: lambda s, by, one: commands.MarkItem(
        one.people[0] if one.people else "a second person", one.subject, mark=Mark.VERIFY
    ),
    NextKind.GATE: _open,
    NextKind.NOT_PROVEN: _open_with_reason,
    NextKind.FINISH: lambda s, by, one: commands.EndSession(by, "done"),
}
"""Kind of NEXT to the command that carries it out."""


def check(session: Session, now: Stamp, given: Next, by: str) -> None:
    """Fail if the rules refuse what NEXT proposes, if it names nothing, or if it has no text."""
    text = next_text(given)
    assert text
    assert "None" not in text
    if given.kind in COMMANDS and (given.action or given.kind is NextKind.ROLE):
        (first, *_) = decide(session, COMMANDS[given.kind](session, by, given), now)
        assert not isinstance(first, Refused), (given, first)
    if given.subject.count("/") == 2:
        assert given.subject in session.items
