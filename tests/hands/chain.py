"""The chain of a shared session as the database has it, read as bare rows, and what must hold of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from mmcockpit.core.facts.event import Event
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import ROOT, base_of, decode, link, prev_of


@dataclass(frozen=True)
class Chunk:
    """One row: the lines of one commit."""

    first: int
    last: int
    epoch: int
    head: str
    lines: tuple[bytes, ...]


@dataclass(frozen=True)
class Chain:
    """All rows of a session in their order, and the facts in them."""

    chunks: Sequence[Chunk]
    events: Sequence[Event]

    @property
    def head(self) -> str:
        """Return the link to the last line."""
        return self.chunks[-1].head

    @property
    def links(self) -> Mapping[str, int]:
        """Return the link to each line, with its place among the lines."""
        return {link(line): place for place, line in enumerate(self.lines)}

    @property
    def lines(self) -> Sequence[bytes]:
        """Return all lines."""
        return [line for chunk in self.chunks for line in chunk.lines]

    def until(self, seq: int) -> Session:
        """Return the state after the fact with this number."""
        return fold([event for event in self.events if event.seq <= seq])


def read_chain(dsn: str, session: str) -> Chain:
    """Read the rows of a session as a superuser, with none of the program's own statements."""
    query = "select first_seq, last_seq, epoch, head, lines from mmcockpit.chunk where session = %s order by first_seq"
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(query, (session,)).fetchall()
    chunks = [Chunk(row[0], row[1], row[2], row[3], tuple(bytes(row[4]).splitlines())) for row in rows]
    lines = [line for chunk in chunks for line in chunk.lines]
    if not lines:
        return Chain(chunks, ())
    first = decode(lines[0])
    base = base_of(first.stamp)
    return Chain(chunks, (first, *(decode(line, base) for line in lines[1:])))


def chain_violations(chain: Chain) -> Iterator[str]:
    """Yield what is wrong with the rows: gaps, broken links, wrong heads, epochs that go back."""
    previous, seq, epoch = ROOT, 0, 0
    for chunk in chain.chunks:
        where = f"chunk {chunk.first}-{chunk.last}"
        if chunk.first != seq + 1:
            yield f"{where} follows fact {seq}"
        if chunk.epoch < epoch:
            yield f"{where} of epoch {chunk.epoch} follows epoch {epoch}"
        for line in chunk.lines:
            if prev_of(line) != previous:
                yield f"{where}: a line does not continue the chain"
            previous = link(line)
        if chunk.head != previous:
            yield f"{where}: its head is not that of its last line"
        seq, epoch = chunk.last, chunk.epoch
    if [event.seq for event in chain.events] != list(range(1, seq + 1)):
        yield "the numbers of the facts are not those of the chunks"
    yield from _epoch_violations(chain)


def _epoch_violations(chain: Chain) -> Iterator[str]:
    """Yield facts whose epoch is not that of their row."""
    epochs = {seq: chunk.epoch for chunk in chain.chunks for seq in range(chunk.first, chunk.last + 1)}
    for event in chain.events:
        # The facts before the session was shared have none.
        if event.epoch not in (epochs[event.seq], 0 if epochs[event.seq] == 1 else -1):
            yield f"fact {event.seq} of epoch {event.epoch} is in a chunk of epoch {epochs[event.seq]}"


def command_violations(chain: Chain) -> Iterator[str]:
    """Yield commands that were decided more than once: their facts do not follow each other, or repeat a note."""
    places: dict[str, list[int]] = {}
    for place, event in enumerate(chain.events):
        if event.command_id:
            places.setdefault(event.command_id, []).append(place)
    for identity, where in places.items():
        if where != list(range(where[0], where[0] + len(where))):
            yield f"command {identity} was decided more than once: facts {[chain.events[at].seq for at in where]}"
        bodies = [chain.events[at].body for at in where]
        if len(bodies) != len({repr(body) for body in bodies}):
            yield f"command {identity} has the same fact twice"
