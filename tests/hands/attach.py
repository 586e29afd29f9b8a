"""Attaches to a session as `join` does, over the driver's socket or over the database, without a screen."""

from mmcockpit.cli.sharing.seats import seat_address
from mmcockpit.core.model.clock import Clock
from mmcockpit.share.postgres.address import open_store
from mmcockpit.share.postgres.link import StoreLink
from mmcockpit.share.seat_link import SeatLink
from mmcockpit.share.socket.link import SocketLink
from mmcockpit.sources.common.secrets import Secrets

SHARE = {"env": "MMCOCKPIT_SHARE"}


def attached(session: str, via: str, clock: Clock) -> SeatLink:
    """Return the link of a seat; the address of the database is in $MMCOCKPIT_SHARE."""
    if via == "socket":
        return SocketLink(seat_address(session), clock)
    return StoreLink(lambda: open_store(SHARE, Secrets()), session, clock)
