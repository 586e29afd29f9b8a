"""Which systems a session watches: what the facts about sources change, and the acceptance of another system."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core import command as commands
from mmcockpit.core import source_facts as facts
from mmcockpit.core.body import Body
from mmcockpit.core.clock import Stamp
from mmcockpit.core.session import SESSION, Session, Topic
from mmcockpit.core.source_facts import Identity
from mmcockpit.core.text import plain

LONGEST_REASON = 2_000


def accept_identity(session: Session, command: commands.AcceptIdentity, now: Stamp) -> tuple[str, list[Any]]:
    """Accept the other system that answered for a source, where it is the one that was on the screen."""
    reason = plain(command.reason, LONGEST_REASON)
    other = session.strangers.get(command.source)
    if other is None:
        known = [spec.name for spec in session.cockpit.sources]
        if command.source not in known:
            return f"unknown source {command.source!r}; known: {', '.join(known) or 'none'}", []
        return f"{command.source}: no other system answered, nothing to accept", []
    if command.seen is not None and command.seen != other:
        return f"{command.source}: yet another system answers by now: {other}", []
    if not reason:
        return f"a reason is required: `:accept-identity {command.source} REASON`", []
    return "", [facts.IdentityAccepted(command.source, other, command.by, reason)]


def another(source: str, expected: Identity, other: Identity) -> str:
    """Return what the fault says while another system answers for a source."""
    why = f"another system answers: {other}; expected {expected}"
    return plain(f"{why}; check the configuration, or `:accept-identity {source} REASON`", 380)


def _identified(session: Session, stamp: Stamp, body: facts.SourceIdentified | facts.IdentityAccepted) -> set[Topic]:
    session.identities[body.source] = body.identity
    session.strangers.pop(body.source, None)
    return {SESSION}


def _differed(session: Session, stamp: Stamp, body: facts.IdentityDiffered) -> set[Topic]:
    session.strangers[body.source] = body.identity
    return {SESSION}


def _failed_over(session: Session, stamp: Stamp, body: facts.FailedOver) -> set[Topic]:
    session.changes.append((stamp, f"{body.source}: {body.what} {body.was} → {body.now}"))
    return {SESSION}


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
}
"""What each fact about a source makes of a session."""
