"""Confirmations: what an accepted action did, in one line; it replaces the status line, and a refusal on it."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.messages.channels import CLIPBOARD, WEBHOOK
from mmcockpit.core.model.states import Mark, StepState
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import took
from mmcockpit.core.words.facts.go_live import gate_lacks, go_words
from mmcockpit.core.words.keys import key_or_command
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.verdicts import advice_word

Clock = Callable[[float], str]
"""Unix seconds to a time of day, by the clock that the operator chose."""

LONGEST = 200

_UNDONE = {
    Mark.DONE: "tick",
    Mark.VERIFY: "verification",
    Mark.CLAIM: "claim",
    Mark.OVERRIDE: "override",
    Mark.NOT_APPLICABLE: "mark 'not applicable'",
    Mark.DEFER: "deferral",
    Mark.BLOCK: "mark 'blocked'",
}
_MARKED = {
    Mark.DONE: "ticked {item}",
    Mark.VERIFY: "{item} verified by {by}",
    Mark.CLAIM: "claimed {item}",
    Mark.NOT_APPLICABLE: "{item} is not applicable",
    Mark.DEFER: "deferred {item}",
    Mark.BLOCK: "{item} is blocked",
}
_ENDED = {StepState.OK: "done", StepState.FAILED: "FAILED", StepState.SKIPPED: "skipped"}


def confirmation(event: Event, wording: Wording, clock: Clock) -> str:
    """Return the confirmation of a fact that an operator's action caused; empty for a fact that needs none."""
    sentence = _SENTENCES.get(type(event.body))
    return plain(sentence(event, event.body, wording, clock), LONGEST) if sentence else ""


def concerns(body: AnyBody, operator: str) -> bool:
    """Return whether a fact is the result of an operator's own action, or the end of a step or a procedure."""
    if isinstance(body, facts.ItemMarked) and body.witnessed:
        return True
    by = getattr(body, "by", "")
    return by == operator or (not by and isinstance(body, facts.StepChanged | facts.ProcedureClosed))


def _marked(event: Event, body: facts.ItemMarked, wording: Wording, clock: Clock) -> str:
    item = wording.names.item(body.item)
    if body.mark is Mark.UNDO:
        return f"undid the {_UNDONE.get(body.undoes or Mark.DONE, 'mark')} of {item}"
    if body.mark is Mark.OVERRIDE:
        return f"override of {item} until {clock(event.stamp.wall + body.expires - event.stamp.at)}"
    return _MARKED[body.mark].format(item=item, by=body.by)


def _noted(event: Event, body: facts.Noted, wording: Wording, clock: Clock) -> str:
    what = "marker set" if body.marker else "note added"
    return f"{what} on {wording.names.item(body.item)}" if body.item else f"{what}: {body.text}"


def _phase(event: Event, body: facts.PhaseChanged, wording: Wording, clock: Clock) -> str:
    lacks = gate_lacks(body, wording.names)
    return f"{wording.names.phase(body.now)} is open: {f'gate overridden with {lacks}' if lacks else 'gate passed'}"


def _held(event: Event, body: facts.Held, wording: Wording, clock: Clock) -> str:
    return f"on hold by {body.by}" if body.on else "the hold has ended"


def _decided(event: Event, body: facts.Decided, wording: Wording, clock: Clock) -> str:
    return f"{advice_word(body.advice)} {'accepted' if body.accepted else 'dismissed'}"


def _step(event: Event, body: facts.StepChanged, wording: Wording, clock: Clock) -> str:
    number, title = wording.names.step(body.procedure, body.step)
    if body.now is StepState.RUNNING:
        return f"{number} {'is running' if body.argv else 'waits for its effect'}: {title}"
    if body.now not in _ENDED:
        return ""
    ended = f" in {took(body.ms)}" if body.exit is not None else ""
    failed = f"; exit {body.exit}" if body.exit else ""
    return f"{number} {_ENDED[body.now]}{ended}: {title}{failed}"


def _closed(event: Event, body: facts.ProcedureClosed, wording: Wording, clock: Clock) -> str:
    return f"{wording.names.procedure(body.procedure)} {'abandoned' if body.abandoned else 'done'}"


def _channel(name: str) -> str:
    return "the webhook" if name == WEBHOOK else f"the channel {name}"


def _sent(event: Event, body: facts.MessageSent, wording: Wording, clock: Clock) -> str:
    if body.failed:
        return f"message {body.message} not sent: {body.failed}"
    return f"message {body.message} " + ("copied" if body.to == CLIPBOARD else f"sent to {_channel(body.to)}")


_SENTENCES: dict[type, Callable[[Event, Any, Wording, Clock], str]] = {
    facts.ItemMarked: _marked,
    facts.Noted: _noted,
    facts.PhaseChanged: _phase,
    facts.Held: _held,
    facts.PollOpened: lambda event, body, wording, clock: "the poll is open",
    facts.Voted: lambda event, body, wording, clock: f"{body.role}: {go_words(body.go)}",
    facts.PollClosed: lambda event, body, wording, clock: f"the poll is decided: {go_words(body.go)}",
    facts.Decided: _decided,
    facts.T0Changed: lambda event, body, wording, clock: f"planned start: {clock(body.t0)}",
    facts.IdentityAccepted: lambda event, body, wording, clock: f"{body.source}: the other system is accepted",
    facts.ProcedureOpened: lambda event, body, wording, clock: f"started {wording.names.procedure(body.procedure)}",
    facts.ProcedureClosed: _closed,
    facts.StepChanged: _step,
    facts.StepsRepeated: lambda event, body, wording, clock: (
        f"back to {' '.join(wording.names.step(body.procedure, body.step))}"
    ),
    facts.ValueChosen: lambda event, body, wording, clock: f"{body.name} {body.value} chosen",
    facts.MessageSent: _sent,
    facts.ControlsRequested: lambda event, body, wording, clock: "requested the controls: who has them grants them",
    facts.HandoverPrepared: lambda event, body, wording, clock: (
        f"handover to {body.to}: {key_or_command(wording.keys, 'handover')} shows the page that {body.to} acknowledges"
    ),
}
