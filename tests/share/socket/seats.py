"""A driver that runs in a test, and seats that join it over its socket."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from mmcockpit.cli.live import open_session
from mmcockpit.cli.sharing.driver import share
from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.checklist import Checklist, Item, Phase, Section
from mmcockpit.core.model.cockpit import Cockpit, Person, Share
from mmcockpit.core.model.layout import Layout
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.headless import started
from mmcockpit.share.seat_feed import SeatFeed
from mmcockpit.share.socket.address import beside
from mmcockpit.share.socket.link import SocketLink
from mmcockpit.share.socket.peer import login_of
from tests.engine.engine_run import FoldedFeed
from tests.servers.wait import PATIENCE_S, wait_until

PEOPLE = (Person("ana", "lead", login=login_of(os.geteuid())), Person("bo", "database", login="mmtest-bo"))


def cockpit(people: tuple[Person, ...] = PEOPLE, share: Share | None = None) -> Cockpit:
    """Return a cockpit of two phases with manual items, and a poll of two roles."""
    ready = Section("s", "S", tuple(Item(f"p/s/{name}", n, name) for n, name in enumerate(("audit", "backup"), 1)))
    live = Section("s", "S", (Item("q/s/dns", 3, "dns"),))
    checklist = Checklist("c", "C", (Phase("p", "P", (ready,)), Phase("q", "Q", (live,))))
    return Cockpit(
        "Test", "test", checklist, (), Layout("none", ()), people=people, poll=("lead", "database"), share=share
    )


@contextmanager
def driving(path: Path, resolved: Cockpit | None = None) -> Iterator[Engine]:
    """Run a session that seats can join."""
    engine, _ = open_session(resolved or cockpit(), {}, "ana", SessionMode.LIVE, path)
    assert share(engine, path) == ""
    with started(engine):
        yield engine


class Joined(FoldedFeed):
    """A seat: what its screen would know."""

    feed: SeatFeed

    def __init__(self, feed: SeatFeed, link: SocketLink) -> None:
        super().__init__(feed)
        self.link = link

    def until(self, reached: Callable[[Self], bool], what: str, within_s: float = PATIENCE_S) -> None:
        """Draw frames until a state is reached."""

        def seen() -> bool:
            self.look()
            return reached(self)

        wait_until(seen, what, within_s)

    def do(self, command: AnyCommand) -> None:
        """Submit a command."""
        self.feed.submit(command)


@contextmanager
def joined_at(address: Path, view: bool = False) -> Iterator[Joined]:
    """Join the session whose driver listens at an address."""
    viewer = SessionClock()
    link = SocketLink(address, viewer, view)
    with closing(SeatFeed(link, viewer, link.session)) as feed:
        yield Joined(feed, link)


@contextmanager
def joined(path: Path, view: bool = False) -> Iterator[Joined]:
    """Join the session of a journal from a seat of the same user."""
    with joined_at(beside(path), view) as seat:
        yield seat
