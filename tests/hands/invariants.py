"""What must hold after every schedule; each function yields violations as sentences."""

import getpass
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from mmcockpit.journal.codec import base_of, decode, link
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import Report
from tests.hands.chain import Chain
from tests.hands.people import SeatProcess

DRIVER_IDENTITY = f"unix:{getpass.getuser()}"
"""Who the drivers are; a driver without a screen has one command of its own: to leave at its end."""


class Witness(Protocol):
    """A seat by what it saw: the number and the link of every line."""

    @property
    def name(self) -> str:
        """Return whose seat it is."""
        ...

    @property
    def seen(self) -> list[tuple[int, str]]:
        """Return what was acknowledged to it."""
        ...


def acknowledged_violations(chain: Chain, seats: Iterable[Witness]) -> Iterator[str]:
    """Yield facts that a seat saw and the chain does not have at that number."""
    links = {event.seq: link(line) for event, line in zip(chain.events, chain.lines, strict=True)}
    for seat in seats:
        for number, seen in seat.seen:
            if links.get(number) != seen:
                yield f"{seat.name} saw fact {number}, which was lost or replaced"


def seat_violations(chain: Chain, seats: Iterable[SeatProcess]) -> Iterator[str]:
    """Yield seats whose state is not that of the chain."""
    states: dict[int, object] = {}
    for seat in seats:
        state = seat.state
        if state is None:
            yield f"{seat.name} gives no state"
            continue
        expected = states.setdefault(state.seq, chain.until(state.seq))
        if state != expected:
            yield f"{seat.name} folds to another state at fact {state.seq}"
        if state.seq != chain.events[-1].seq:
            yield f"{seat.name} stays at fact {state.seq} of {chain.events[-1].seq}"


def origin_violations(chain: Chain, seats: Iterable[SeatProcess]) -> Iterator[str]:
    """Yield facts of commands that no seat sent, or that another identity than the sender's is recorded for."""
    sender = {identity: seat.name for seat in seats for identity in seat.sent}
    for event in chain.events:
        if not event.command_id:
            continue
        name = sender.get(event.command_id)
        if name is None and event.identity == DRIVER_IDENTITY:
            continue
        if name is None:
            yield f"fact {event.seq} is of a command that no seat sent"
        elif event.identity != f"postgres:{name}":
            yield f"fact {event.seq} of a command of {name} has the identity {event.identity}"


def local_violations(chain: Chain, reports: Mapping[Path, Report], last: Path) -> Iterator[str]:
    """Yield journals that are not a part of the chain from its beginning; the one of the last driver is all of it."""
    known = chain.links
    for path, report in reports.items():
        if not report.ok:
            yield f"{path} is damaged: {report.problems[0].what}"
        if report.head not in known:
            yield f"{path} has a line that the chain does not have"
        elif path == last and report.head != chain.head:
            yield f"{path}, the journal of the last driver, lacks facts of the chain"


def tail_violations(chain: Chain, left_behind: Mapping[Path, list[bytes]]) -> Iterator[str]:
    """Yield facts of killed drivers that are neither in the chain nor in the file of what was not sent."""
    known = chain.links
    for path, lines in left_behind.items():
        kept = [event for apart in sorted(path.parent.glob("unsent-*.jsonl")) for event in read(apart)]
        base = base_of(decode(lines[0]).stamp)
        for line in lines[1:]:
            event = decode(line, base)
            if link(line) not in known and (event.seq, event.body) not in [(one.seq, one.body) for one in kept]:
                yield f"{path}: fact {event.seq} of the killed driver was lost"
