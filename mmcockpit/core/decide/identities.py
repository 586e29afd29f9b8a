"""Acceptance of another system behind a source."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.facts import sources as facts
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain


def accept_identity(session: Session, command: commands.AcceptIdentity, now: Stamp) -> Decision:
    """Accept the other system that responded for a source, if it is the one that was on the screen."""
    reason = plain(command.reason, LONGEST_REASON)
    other = session.strangers.get(command.source)
    if other is None:
        known = tuple(spec.name for spec in session.cockpit.sources)
        if command.source not in known:
            return Refusal(Code.UNKNOWN_SOURCE, command.source, names=known)
        return Refusal(Code.SAME_SYSTEM, command.source)
    if command.seen is not None and command.seen != other:
        return Refusal(Code.SYSTEM_CHANGED, command.source, text=str(other))
    if not reason:
        return Refusal(Code.IDENTITY_NEEDS_REASON, command.source)
    return [facts.IdentityAccepted(command.source, other, command.by, reason)]


def another(source: str, expected: Identity, other: Identity) -> str:
    """Return the text of the fault while another system responds for a source."""
    what = f"another system responds: {other}; expected {expected}"
    return plain(f"{what}; check the configuration, or `:accept-identity {source} REASON`", 380)
