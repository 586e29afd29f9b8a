"""Whether a seat has the controls, and what it can do about a driver that is silent or has granted them."""

from mmcockpit.core.model.people import same
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Sharing, Via
from mmcockpit.core.model.sharing import LEASE_S
from mmcockpit.core.state.session import Session


def has_controls(session: Session, sharing: Sharing | None) -> bool:
    """Return whether this seat has the controls; in a session that is not shared its only operator has them."""
    return sharing is None or (sharing.seat.acts and same(session.controls, sharing.seat.person))


def controls_refusal(session: Session, sharing: Sharing | None) -> Refusal | None:
    """Return why this seat may not do what needs the controls; None if it has them."""
    return None if has_controls(session, sharing) else Refusal(Code.CONTROLS_NEEDED, by=session.controls)


def drives_next(session: Session, sharing: Sharing) -> bool:
    """Return whether a takeover at this seat makes it the driver: its driver is silent or granted it the controls.

    Else a takeover only takes the controls, and the driver decides it.
    """
    if sharing.seat.via is not Via.DATABASE:
        return False
    return sharing.silent_s >= LEASE_S or has_controls(session, sharing)
