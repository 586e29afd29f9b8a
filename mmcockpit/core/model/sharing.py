"""What of sharing a session is worth showing: facts that the shared store lacks, a silent driver."""

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.seat import Right, Sharing, Via
from mmcockpit.core.model.states import SessionMode

BEHIND_FROM = 100
"""Facts that may be on their way to a shared store that can be reached; more of them are shown."""

LEASE_S = 10.0
"""Seconds that a lease lasts after it was renewed, by the clock of the database; then another seat can take over."""

SILENT_AFTER_S = 9.0
"""Seconds without a sign of life of the driver after which it counts as silent.

More than two renewals of its lease take, so that one that a slow database misses is no silence; less than the lease,
so that the silence is shown before another seat can take over.
"""


def shared_behind(sharing: Sharing | None) -> int:
    """Return how many facts the shared store has not acknowledged, if it is away or far behind; else 0."""
    if sharing is None:
        return 0
    return sharing.behind if sharing.away or sharing.behind > BEHIND_FROM else 0


def silent_s(sharing: Sharing | None) -> float:
    """Return for how many seconds the driver has been silent; 0 while it is not."""
    return sharing.silent_s if sharing is not None and sharing.silent_s > SILENT_AFTER_S else 0.0


def cut_off(sharing: Sharing | None) -> str:
    """Return why a seat elsewhere cannot reach the shared store, so that its screen is out of date; empty if it can."""
    return sharing.away if sharing is not None and sharing.seat.via is Via.DATABASE else ""


def offers_takeover(sharing: Sharing | None) -> bool:
    """Return whether a seat shows whether it could become the driver: only a seat of a shared store could."""
    return sharing is not None and sharing.seat.via is Via.DATABASE


def can_take_over(sharing: Sharing | None) -> bool:
    """Return whether this seat could become the driver once the driver is silent for LEASE_S."""
    return sharing is not None and sharing.seat.right is Right.DRIVER and not sharing.takeover


def ends_with_store(cockpit: Cockpit, mode: SessionMode) -> bool:
    """Return whether `resume` cannot continue a session once it is left: a demo for several people has a store of its
    own, which ends with it."""
    return mode is SessionMode.DEMO and cockpit.share is not None
