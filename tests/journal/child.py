"""A process that writes a journal, for tests that kill it or that let it have little room.

`child.py endless PATH` appends until it is ended, and prints every number whose append returned.
`child.py limited PATH` appends a hundred facts, of which some find no room at first, and prints how that went.
"""

import resource
import sys
from pathlib import Path

from mmcockpit.core.facts.event import AnyBody, Event, ItemMarked, Observed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.evolve import fold
from mmcockpit.journal.reader import read
from mmcockpit.journal.writer import Writer
from tests.core.sessions import START, Story

PASS = Verdict(Level.PASS, Level.PASS)


def body(seq: int) -> AnyBody:
    """Return a mark for every tenth fact, and a reading for the others."""
    if seq % 10 == 0:
        return ItemMarked("ready/core/audit", Mark.DONE if seq % 20 else Mark.UNDO, "ana", f"mark {seq}")
    return Observed("error_rate", Reading(seq / 1000), PASS, 1.5)


def event(seq: int) -> Event:
    """Return the fact of this number, a tenth of a second after the one before."""
    at = round(seq / 10, 3)
    return Event(seq, Stamp(at, round(START + at, 3)), body(seq))


def endless(path: Path) -> None:
    """Create or continue the journal and append to it for ever."""
    if path.exists():
        writer = Writer.open(path, "ana")
        seq = fold(read(path)).seq
    else:
        writer, seq = Writer.create(path, "ana"), 0
    while True:
        seq += 1
        writer.append(Story().events[0] if seq == 1 else event(seq))
        print(seq, flush=True)


def limited(path: Path) -> None:
    """Let the kernel write facts in part or not at all (SIGXFSZ is ignored in Python), and the rest in full."""
    writer = Writer.create(path, "ana")
    writer.append(Story().events[0])
    for seq in range(2, 20):
        writer.append(event(seq))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in (0, 1, 40):
        resource.setrlimit(resource.RLIMIT_FSIZE, (writer.size + room, hard))
        for seq in range(20, 25):
            try:
                writer.append(event(seq))
            except OSError as error:
                print(room, seq, path.stat().st_size - writer.size, error.strerror)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    for seq in range(20, 101):
        writer.append(event(seq))
    writer.close()


if __name__ == "__main__":
    {"endless": endless, "limited": limited}[sys.argv[1]](Path(sys.argv[2]))
