"""The systems behind the sources of a session: the effect of the facts about sources."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import sources as facts
from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.production_change import ProductionChange
from mmcockpit.core.state.session import LOGS_KEPT, SESSION, EntryLog, Session, Topic, entry_of, signal_topic


def _identified(session: Session, stamp: Stamp, body: facts.SourceIdentified | facts.IdentityAccepted) -> set[Topic]:
    session.identities[body.source] = body.identity
    session.strangers.pop(body.source, None)
    return {SESSION}


def _differed(session: Session, stamp: Stamp, body: facts.IdentityDiffered) -> set[Topic]:
    session.strangers[body.source] = body.identity
    return {SESSION}


def _failed_over(session: Session, stamp: Stamp, body: facts.FailedOver) -> set[Topic]:
    session.changes.append(ProductionChange(stamp, f"{body.source}: {body.what} {body.was} → {body.now}"))
    return {SESSION}


def _log_read(session: Session, stamp: Stamp, body: facts.LogRead) -> set[Topic]:
    name = entry_of(body.signal, body.entry)
    session.logs.pop(name, None)
    session.logs[name] = EntryLog(body, stamp)
    while len(session.logs) > LOGS_KEPT:
        del session.logs[next(iter(session.logs))]
    return {signal_topic(body.signal)}


def _verification(session: Session, stamp: Stamp, body: facts.VerificationChanged) -> set[Topic]:
    session.unverified.pop(body.source, None)
    if body.off:
        session.unverified[body.source] = body.off
    return {SESSION}


APPLY: dict[type[Body], Callable[[Session, Stamp, Any], set[Topic]]] = {
    facts.SourceIdentified: _identified,
    facts.IdentityAccepted: _identified,
    facts.IdentityDiffered: _differed,
    facts.FailedOver: _failed_over,
    facts.VerificationChanged: _verification,
    facts.LogRead: _log_read,
}
"""Kind of fact about a source to its effect on a session."""
