"""A copy of a session equals it and shares nothing that can change."""

from collections import deque
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from mmcockpit.core.model.reading import Reading
from mmcockpit.core.state.copies import copied
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.points import POINTS_KEPT, Points
from mmcockpit.core.state.session import Session
from mmcockpit.journal.reader import read
from mmcockpit.journal.sample import unpacked
from tests.core.sessions import Story


def parts(value: Any) -> Iterator[Any]:
    """Yield everything in a value that `evolve` changes in place; what is in tuples comes from facts, as they do."""
    match value:
        case list() | deque() | set():
            inside = list(value)
        case dict():
            inside = list(value.values())
        case tuple():
            yield from (part for one in value for part in parts(one) if is_dataclass(part) or isinstance(part, Points))
            return
        case _ if is_dataclass(value):
            inside = [getattr(value, field.name) for field in fields(value)]
        case Points():
            inside = []
        case _:
            return
    yield value
    for one in inside:
        yield from parts(one)


def test_the_copy_of_a_long_session_equals_it_and_shares_nothing_that_can_change(tmp_path: Path) -> None:
    session = Session()
    for event in read(unpacked(tmp_path / "sample" / "journal.jsonl")):
        evolve(session, event)
    copy = copied(session)
    assert copy == session
    mine, theirs = {id(one) for one in parts(session)}, [id(one) for one in parts(copy)]
    assert len(theirs) > 500
    assert not mine.intersection(theirs)


def test_a_copy_and_its_session_change_apart() -> None:
    story = Story()
    name = next(iter(story.session.signals))
    story.answer(name, Reading(1))
    copy = copied(story.session)
    before = copied(copy)
    story.answer(name, Reading(2))
    assert copy == before
    assert copy != story.session
    evolve(copy, story.events[-1])
    assert copy.signals[name] == story.session.signals[name]


def test_points_that_were_dropped_are_counted_in_the_copy() -> None:
    points = Points()
    for n in range(3 * POINTS_KEPT):
        points.append(float(n), 1.0)
    copy = points.copy()
    points.append(-1.0, 2.0)
    assert (copy.added, len(copy)) == (3 * POINTS_KEPT, POINTS_KEPT)
    assert copy.last(1).tolist() == [3.0 * POINTS_KEPT - 1, 1.0]


def test_a_copy_keeps_the_limits_of_its_lists() -> None:
    session = Story().session
    copy = copied(session)
    assert copy.log.maxlen == session.log.maxlen
    assert all(copy.signals[name].recent.maxlen == one.recent.maxlen for name, one in session.signals.items())
