"""Decisions as text, for the report: the heading of each, its reasons, and the evidence of that moment."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Evidence, Reason
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Verdict
from mmcockpit.core.text import plain
from mmcockpit.core.words.facts.go_live import gate_lacks, go_words
from mmcockpit.core.words.naming import Names
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.times import full
from mmcockpit.core.words.verdicts import advice_word, verdict_reason


def gate_heading(body: facts.PhaseChanged, names: Names) -> str:
    """Return the heading of a passed gate, with what it was overridden with."""
    lacks = gate_lacks(body, names)
    forced = f", overridden with {lacks}" if lacks else ""
    return plain(f"Gate: {names.phase(body.was)} → {names.phase(body.now)}{forced}")


def decided_heading(body: facts.Decided) -> str:
    """Return the heading of a decision on the advice."""
    return f"{advice_word(body.advice)} {'accepted' if body.accepted else 'dismissed'}"


def advised_heading(body: facts.Advised) -> str:
    """Return the heading of an advice that calls for a decision."""
    return f"{advice_word(body.advice)} advised"


def poll_heading(body: facts.PollClosed) -> str:
    """Return the heading of a decided poll."""
    return f"Poll: {go_words(body.go).upper()}"


def hold_heading(body: facts.Held) -> str:
    """Return the heading of a hold, or of its end."""
    return "Hold" if body.on else "Resumed after the hold"


def procedure_heading(title: str) -> str:
    """Return the heading of a procedure that was started."""
    return plain(f"Procedure started: {title}")


def end_heading(body: facts.Closed) -> str:
    """Return the heading of the end of the session."""
    return plain(f"Session ended: {body.outcome}")


def vote_text(vote: facts.Voted) -> str:
    """Return the answer of a role to a poll, with its author and reason."""
    reason = f": {vote.reason}" if vote.reason else ""
    return plain(f"{vote.role}: {'go' if vote.go else 'NO-GO'} ({vote.by}){reason}")


def unanswered_text(role: str) -> str:
    """Return that a role did not answer a poll."""
    return plain(f"{role}: no answer, counts as NO-GO")


def call_text(reason: Reason) -> str:
    """Return why a procedure was called for."""
    return plain(f"called for: {reason_text(reason)}")


def failing_text(title: str, verdict: Verdict | None) -> str:
    """Return a judged signal that failed at a gate; `verdict` is None if it is not known."""
    return plain(f"[!] {title}: {verdict_reason(verdict)}" if verdict is not None else f"[!] {title}")


def open_text(title: str, state: State, because: str) -> str:
    """Return an item that was not satisfied at a gate."""
    return plain(f"[{state}] {title}{f': {because}' if because else ''}")


def reason_line(reason: Reason) -> str:
    """Return a reason of an advice in one line: what, since when, and what happened just before."""
    since = f", since {full(reason.since.wall)}" if reason.since else ""
    before = f"; {reason.before}" if reason.before else ""
    return plain(f"{reason_text(reason)}{since}{before}")


def evidence_line(one: Evidence) -> str:
    """Return the evidence of one signal at a decision in one line."""
    sampled = f", sampled {full(one.sampled)}" if one.sampled is not None else ""
    rule = f", rule {one.rule}" if one.rule else ""
    return plain(f"{one.signal} {one.level}: {one.value}{rule}{sampled}; query: {one.question}")


def lack_lines(body: facts.PhaseChanged) -> tuple[str, ...]:
    """Return what kept a gate closed that was overridden, a line each."""
    return (*(f"open: {plain(item)}" for item in body.unmet), *(f"failing: {plain(name)}" for name in body.failing))


def replaced_text(mark: facts.ItemMarked) -> str:
    """Return that an earlier mark ended because of this one."""
    return f"replaced: {mark.mark} by {mark.by}"


def undone_text(mark: facts.ItemMarked) -> str:
    """Return that a mark was undone, by whom and why."""
    return f"undone by {mark.by}" + (f": {mark.reason}" if mark.reason else "")


EXPIRED = "expired"
"""How a mark ends whose time is over."""
