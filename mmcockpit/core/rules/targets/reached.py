"""The targets of repeated phases: which of them count already, and which one is open."""

from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.state.session import Session


def counts(session: Session, target: str) -> bool:
    """Return whether what is about a target counts: from its first phase on, and for the first target also before.

    While another target is open, one that was not reached yet does not count; without a target everything does.
    """
    return target not in _ahead(session)


def open_target(session: Session) -> str:
    """Return the target of the open phase; empty if the phase has none."""
    phases = session.cockpit.checklist.phases
    return phases[session.phase].target if phases else ""


@per_change
def _ahead(session: Session) -> frozenset[str]:
    """Return the targets that are not reached, without the next one if no target is open."""
    phases = session.cockpit.checklist.phases
    reached = {phase.target for phase in phases[: session.phase + 1]}
    later = [phase.target for phase in phases[session.phase + 1 :] if phase.target and phase.target not in reached]
    following = next((phase.target for phase in phases[session.phase + 1 :] if phase.target), "")
    return frozenset(later) - ({following} if not open_target(session) else set())
