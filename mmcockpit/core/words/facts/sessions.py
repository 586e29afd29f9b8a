"""Sentences about the session itself: its journal, its operators, its clock, errors."""

from datetime import UTC, datetime

from mmcockpit.core.facts import event as facts
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.facts import Sentences
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.refusals import refusal_words


def _opened(body: facts.Opened, wording: Wording) -> str:
    before = body.continues
    if before is not None:
        last = f"last valid fact #{before.seq}, head {before.head or 'unknown'}"
        return f"recording continues in a new journal: {before.file} {before.because}; {last}"
    cockpit = body.cockpit
    opened = f"{cockpit.name} by {body.operator} on {body.host}{', without a screen' if body.headless else ''}"
    if not wording.full:
        return opened
    items = counted(sum(1 for _ in cockpit.checklist.items), "item")
    return f"{opened}: {body.mode} session {body.session}, {cockpit.target} in {cockpit.environment}, {items}"


def _reconfigured(body: facts.Reconfigured, wording: Wording) -> str:
    origin = f"from {body.file}" if body.file else "from the journal, confirmed"
    return f"sources, commands and permissions {origin} by {body.by}: {', '.join(body.changes)}"


def _damage(body: facts.DamageAccepted, wording: Wording) -> str:
    first = f": {body.problems[0]}" if body.problems else ""
    return f"journal resumed with {counted(body.count, 'problem')} by {body.by}: {body.reason}{first}"


def _gap(body: facts.Gap, wording: Wording) -> str:
    since = f" since T+{body.since.at:.0f}s" if wording.full else ""
    what = f"{counted(body.lost, 'reading')} not recorded" if body.lost else "nothing recorded"
    return f"{what}{since}: {body.because}"


def _t0(body: facts.T0Changed, wording: Wording) -> str:
    return f"{body.by} set the planned start{f' to {_time(body.t0)}' if wording.full else ''}"


def _time(wall: float) -> str:
    try:
        return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return str(wall)


def _paused(body: facts.Paused, wording: Wording) -> str:
    return f"the cockpit did not run for {age(body.seconds)}: suspended, stopped or blocked; settle times stood still"


def _anchored(body: facts.Anchored, wording: Wording) -> str:
    signed = f"head {body.head} after fact #{body.seq} signed"
    return f"{signed} with the key {body.key}" if wording.full else signed


def _unread(body: facts.Unread, wording: Wording) -> str:
    return f"unknown fact {body.kind}{f': {body.text}' if wording.full else ''}"


def _refused(body: facts.Refused, wording: Wording) -> str:
    """Return who was refused which command and why; with the id of its item only where there is room for details."""
    command = body.command if wording.full else body.command.partition(" ")[0]
    return f"{body.by} {command}: {refusal_words(body.refusal, wording.keys)}".lstrip()


SENTENCES: Sentences = {
    facts.Opened: ("opened", _opened),
    facts.OperatorJoined: ("joined", lambda body, _: f"{body.operator} on {body.host}"),
    facts.OperatorLeft: ("left", lambda body, _: f"{body.operator}; polling stopped until resumed"),
    facts.ObserverJoined: ("observer", lambda body, _: f"{body.observer} joined (process {body.process})"),
    facts.ObserverLeft: ("observer", lambda body, _: f"{body.observer} left (process {body.process})"),
    facts.Resumed: (
        "resumed",
        lambda body, _: f"{body.operator} on {body.host} after {age(body.blind_s)} without polling",
    ),
    facts.Reopened: ("reopened", lambda body, _: f"by {body.by}: {body.reason} (had ended: {body.outcome})"),
    facts.DamageAccepted: ("damage", _damage),
    facts.Reconfigured: ("cockpit", _reconfigured),
    facts.Gap: ("gap", _gap),
    facts.T0Changed: ("t0", _t0),
    facts.Paused: ("paused", _paused),
    facts.ClockJumped: ("clock", lambda body, _: f"the wall clock jumped by {body.seconds:+.0f}s"),
    facts.Refused: ("refused", _refused),
    facts.Trouble: ("trouble", lambda body, _: f"{body.where}: {body.summary} {body.detail}"),
    facts.Anchored: ("anchor", _anchored),
    facts.NotAnchored: ("anchor", lambda body, _: f"not anchored: {body.because} (fact #{body.seq})"),
    facts.Closed: ("closed", lambda body, _: f"{body.outcome} by {body.by}" if body.by else body.outcome),
    facts.Unread: ("unknown", _unread),
}
