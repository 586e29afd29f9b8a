"""A seat as a process without a screen: it submits what its input requests, and prints what it saw.

Input is one JSON object a line: {"do": "submit", "id": …, "deed": …, "detail": …}, {"do": "again"} (the latest request
once more, with its id), {"do": "state", "file": …}, {"do": "leave"}. Output is one JSON array a line: ["saw", number,
link] for every line that arrived, ["sent", id], ["settled", id, refusal], ["state", number], ["gone", why].
"""

import json
import os
import pickle
import select
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.codec import link as link_of
from mmcockpit.share.lines import Lines
from mmcockpit.share.seat_feed import SeatFeed
from mmcockpit.share.seat_link import SeatLink, Settled
from tests.e2e.cockpits import ITEMS
from tests.hands.attach import attached
from tests.hands.schedules import OPERATORS, Deed

TURN_S = 0.05


class ObservedLink:
    """The link of a seat, which prints what passes through it; `request` is the latest one that was submitted."""

    def __init__(self, link: SeatLink) -> None:
        self._link = link
        self.request: Request | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def take(self, wait_s: float = 0.0) -> Sequence[Lines]:
        taken = self._link.take(wait_s)
        for lines in taken:
            for line in lines.data.splitlines():
                tell("saw", int(line[1 : line.index(b",")]), link_of(line))
        return taken

    def submit(self, request: Request) -> None:
        tell("sent", request.id)
        self.request = request
        self._link.submit(request)

    def settled(self) -> Sequence[Settled]:
        settled = self._link.settled()
        for one in settled:
            tell("settled", one.id, one.notice, str(one.refusal or ""))
        return settled


def tell(*what: object) -> None:
    """Print one line at once, so that it outlives a kill."""
    os.write(1, json.dumps(what).encode() + b"\n")


def command_of(deed: Deed, detail: int, session: Session) -> commands.AnyCommand:
    """Return the command of a deed; the driver replaces `by`."""
    by, text = "somebody else", f"{deed} {detail}"
    match deed:
        case Deed.MARK:
            return commands.MarkItem(by, f"readiness/hands/{ITEMS[detail].lower()}", text, Mark.DONE)
        case Deed.UNDO:
            return commands.UndoMark(by)
        case Deed.VOTE:
            return commands.Vote(by, detail % 3 > 0, reason=text)
        case Deed.HOLD | Deed.RELEASE:
            return commands.HoldSession(by, deed is Deed.HOLD, text)
        case Deed.POLL:
            return commands.OpenPoll(by) if detail % 2 else commands.ClosePoll(by, True, text)
        case Deed.CONTROLS:
            return commands.RequestControls(by)
        case Deed.GRANT:
            return commands.GrantControls(by, OPERATORS[detail % len(OPERATORS)])
    return commands.AddNote(by, text)


def orders(buffer: bytearray) -> Iterator[dict[str, str]]:
    """Yield what the input requests by now; waits a turn for it."""
    if select.select([0], [], [], TURN_S)[0]:
        buffer += os.read(0, 65_536)
    while b"\n" in buffer:
        line, _, rest = bytes(buffer).partition(b"\n")
        buffer[:] = rest
        yield json.loads(line)


def obey(order: dict[str, str], link: ObservedLink, feed: SeatFeed, session: Session) -> None:
    """Do one thing that the input requests."""
    match order["do"]:
        case "submit":
            command = command_of(Deed(order["deed"]), int(order["detail"]), session)
            if feed.commands is not None:
                feed.commands.submit(command)
            else:
                # A viewer's screen has no such key: the driver or the database has to refuse it.
                link.submit(Request(uuid4().hex, command, session.seq))
        case "again" if link.request is not None:
            link.submit(link.request)
        case "state":
            Path(order["file"]).write_bytes(pickle.dumps(session))
            tell("state", session.seq)


def follow(link: ObservedLink, feed: SeatFeed) -> int:
    """Do what the input requests, until it has to leave."""
    session, buffer = Session(), bytearray()
    while True:
        batch = feed.drain()
        session = batch.base or session
        for event in batch.events:
            evolve(session, event)
        for order in orders(buffer):
            if order["do"] == "leave":
                feed.close()
                return 0
            obey(order, link, feed, session)
        if batch.lost:
            tell("gone", batch.lost)
            return 1


def main(argv: list[str]) -> int:
    """Attach to the session `argv[0]` and follow it; `argv[1]` is `socket` or `postgres`."""
    session, via = argv
    clock = SessionClock()
    link = ObservedLink(attached(session, via, clock))
    return follow(link, SeatFeed(cast(SeatLink, link), clock, session))
