"""The driver's time at a seat elsewhere: the store passes on facts and the lease, but no heartbeat."""

from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.sharing import SILENT_AFTER_S
from mmcockpit.share.seat_link import Sign


class DriverTime:
    """What a seat knows of the driver's clock, and since when the driver gave no sign of life."""

    def __init__(self, viewer: Clock) -> None:
        self.speed = 1.0
        self._viewer = viewer
        self._sign: Sign | None = None
        self._seen_at: float | None = None

    @property
    def sign(self) -> Sign | None:
        """The driver's present time, from its last fact on; whether it lives is what `silent_s` shows."""
        sign, viewed = self._sign, self._viewer.now()
        if sign is None:
            return None
        passed = (viewed.at - sign.received.at) * self.speed
        return Sign(Stamp(round(sign.now.at + passed, 3), round(sign.now.wall + passed, 3)), viewed)

    @property
    def silent_s(self) -> float:
        """For how long the driver has been silent, also because the store does not respond; 0 while it is not."""
        seen = self._seen_at
        silent = self._viewer.now().at - seen if seen is not None else 0.0
        return round(silent, 1) if silent > SILENT_AFTER_S else 0.0

    def received(self, stamp: Stamp, another: bool) -> None:
        """Take the time of a fact that arrived just now; one that is late does not turn the time back.

        `another` is whether another driver recorded it, whose clock may differ.
        """
        sign = self.sign
        if sign is None or another or stamp.at > sign.now.at:
            self._sign = Sign(stamp, self._viewer.now())

    def seen(self, ago_s: float | None) -> None:
        """Note when the driver renewed its lease; None if it left."""
        self._seen_at = self._viewer.now().at - ago_s if ago_s is not None else None
