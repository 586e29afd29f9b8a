"""One request to a driver, sent again over another connection where the first one breaks."""

from mmcockpit.core.decide.request import Request
from mmcockpit.core.model.clock import Clock
from mmcockpit.share.socket.link import SocketLink
from mmcockpit.share.socket.messages import Outcome, Rejected

DECIDED_S = 10.0
"""Longest wait for the outcome, in seconds."""

_LOOK_S = 0.1


def decided(link: SocketLink, request: Request, clock: Clock) -> Outcome | Rejected | None:
    """Return what became of a request; None if no driver answered in time, so that it is not known."""
    ends = clock.now().at + DECIDED_S
    sent = 0
    while not link.lost and clock.now().at < ends:
        if link.connection and link.connection != sent:
            # One that was sent before is decided once.
            sent = link.connection
            link.submit(request)
        link.take(_LOOK_S)
        for outcome in link.outcomes:
            if outcome.id in (request.id, ""):
                return outcome
    return None
