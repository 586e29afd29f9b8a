"""The effect of the facts of conducting the go-live on a session: holds, the poll, the advice, the baseline."""

from collections.abc import Callable
from typing import Any

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.reasons import still_covered
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import SESSION, SIGNALS, Session, Topic, signal_topic


def _held(session: Session, stamp: Stamp, body: facts.Held) -> set[Topic]:
    if session.held_since is not None:
        session.held_s += stamp.at - session.held_since.at
    session.held, session.held_since = (body, stamp) if body.on else (None, None)
    return {SESSION}


def _poll_opened(session: Session, stamp: Stamp, body: facts.PollOpened) -> set[Topic]:
    session.poll, session.votes = body, {}
    return {SESSION}


def _voted(session: Session, stamp: Stamp, body: facts.Voted) -> set[Topic]:
    session.votes[body.role] = body
    return {SESSION}


def _poll_closed(session: Session, stamp: Stamp, body: facts.PollClosed) -> set[Topic]:
    session.poll = body
    return {SESSION}


def _advised(session: Session, stamp: Stamp, body: facts.Advised) -> set[Topic]:
    session.advised, session.advised_at = body, stamp
    if session.decided is not None:
        seen = still_covered(session.decided.seen, body.reasons)
        session.decided = msgspec.structs.replace(session.decided, seen=seen)
    return {SESSION}


def _signal_changed(session: Session, stamp: Stamp, body: facts.SignalChanged) -> set[Topic]:
    session.announced[body.signal] = body.now
    return {SIGNALS, signal_topic(body.signal)}


def _decided(session: Session, stamp: Stamp, body: facts.Decided) -> set[Topic]:
    session.decided = body
    return {SESSION}


def _baseline(session: Session, stamp: Stamp, body: facts.BaselineRecorded) -> set[Topic]:
    session.baseline = body
    return {SESSION, SIGNALS, *(signal_topic(name) for name in body.values)}


APPLY: dict[type[facts.Body], Callable[[Session, Stamp, Any], set[Topic]]] = {
    facts.Held: _held,
    facts.PollOpened: _poll_opened,
    facts.Voted: _voted,
    facts.PollClosed: _poll_closed,
    facts.Advised: _advised,
    facts.SignalChanged: _signal_changed,
    facts.Decided: _decided,
    facts.BaselineRecorded: _baseline,
}
"""Kind of fact to its effect on a session."""
