"""Acceptance of another system behind a source."""

from typing import Any

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import sources as facts
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain

LONGEST_REASON = 2_000


def accept_identity(session: Session, command: commands.AcceptIdentity, now: Stamp) -> tuple[str, list[Any]]:
    """Accept the other system that responded for a source, if it is the one that was on the screen."""
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
    """Return the text of the fault while another system responds for a source."""
    why = f"another system answers: {other}; expected {expected}"
    return plain(f"{why}; check the configuration, or `:accept-identity {source} REASON`", 380)
