"""The invariants find what they are for: each kind of violation is reported."""

from collections.abc import Sequence

import msgspec
import pytest

from mmcockpit.core.facts.event import Event, Noted
from mmcockpit.core.model.clock import Stamp
from mmcockpit.journal.codec import ROOT, base_of, encode, link
from tests.core.sessions import Story
from tests.hands.chain import Chain, Chunk, chain_violations, command_violations
from tests.hands.invariants import acknowledged_violations

OPENED = Story().events[0]


class BoSaw:
    """A seat of bo that saw these lines."""

    def __init__(self, *seen: tuple[int, str]) -> None:
        self.name, self.seen = "bo", list(seen)


def note(seq: int, epoch: int = 1, command: str = "") -> Event:
    at = seq / 10
    return Event(
        seq, Stamp(at, OPENED.stamp.wall + at), Noted(f"note {seq}", "bo"), True, "postgres:bo", command, epoch
    )


def chain(*events: Event, epochs: Sequence[int] = ()) -> Chain:
    """Return a chain with one chunk for each fact after the first."""
    base, previous = base_of(OPENED.stamp), ROOT
    chunks = []
    every = [msgspec.structs.replace(OPENED, epoch=1), *events]
    for place, event in enumerate(every):
        line = encode(event, previous, base if place else None)[:-1]
        previous = link(line)
        epoch = epochs[place] if epochs else event.epoch
        chunks.append(Chunk(event.seq, event.seq, epoch, previous, (line,)))
    return Chain(chunks, every)


def found(chain: Chain) -> str:
    return "; ".join([*chain_violations(chain), *command_violations(chain)])


def test_a_whole_chain_of_two_drivers_has_no_violation() -> None:
    assert found(chain(note(2), note(3, command="a"), note(4, 2), note(5, 2, "b"))) == ""


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ((note(2), note(4)), "chunk 4-4 follows fact 2"),
        ((note(2), note(3, 2), note(4, 1)), "of epoch 1 follows epoch 2"),
        ((note(2, command="a"), note(3), note(4, command="a")), "command a was decided more than once"),
    ],
)
def test_gaps_interleaved_epochs_and_second_decisions_are_found(events: tuple[Event, ...], says: str) -> None:
    assert says in found(chain(*events))


def test_a_line_of_another_branch_is_found() -> None:
    whole, other = chain(note(2), note(3)), chain(note(2, command="x"), note(3))
    mixed = Chain([*whole.chunks[:2], other.chunks[2]], whole.events)
    assert "a line does not continue the chain" in found(mixed)


def test_a_fact_of_another_epoch_than_its_chunk_is_found() -> None:
    assert "fact 3 of epoch 1 is in a chunk of epoch 2" in found(chain(note(2), note(3), epochs=(1, 1, 2)))


def test_a_fact_that_a_seat_saw_and_the_chain_lacks_is_found() -> None:
    whole, other = chain(note(2)), chain(note(2, command="x"))
    saw = [BoSaw((2, other.head))]
    assert list(acknowledged_violations(whole, saw)) == ["bo saw fact 2, which was lost or replaced"]
    assert list(acknowledged_violations(whole, [BoSaw((2, whole.head))])) == []
