"""When a seat elsewhere counts the driver as silent, by its own clock and the lease in the store."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.sharing import LEASE_S, SILENT_AFTER_S
from mmcockpit.share.postgres.driver_time import DriverTime
from mmcockpit.share.postgres.publisher import POLL_S
from mmcockpit.share.postgres.records import RENEW_S

RENEWAL_S = RENEW_S + POLL_S
"""The longest time between two renewals of a driver that reaches the store: each POLL_S it looks whether one is due."""


class Watch:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> Stamp:
        return Stamp(self.at, self.at)


def seen_after(seconds: float) -> float:
    """Return for how long the driver counts as silent at a seat this time after its last renewal."""
    clock = Watch()
    driver = DriverTime(clock)
    driver.seen(0.0)
    clock.at += seconds
    return driver.silent_s


def test_one_renewal_that_the_store_misses_is_no_silence() -> None:
    assert seen_after(RENEWAL_S) == 0
    assert seen_after(2 * RENEWAL_S + 0.5) == 0


def test_a_driver_whose_lease_ends_is_silent_before_another_seat_can_take_over() -> None:
    assert 2 * RENEWAL_S < SILENT_AFTER_S < LEASE_S
    assert seen_after(LEASE_S) == LEASE_S
