"""A session keeps the timeline of its journal while it is written; what does not fit the journal is ignored."""

import shutil
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from mmcockpit.core.facts.event import Event, Opened
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.ran import reported
from mmcockpit.core.state.session import Session
from mmcockpit.journal.archive import put_away
from mmcockpit.journal.playback import cache, recorder
from mmcockpit.journal.playback.cache import STRIDE
from mmcockpit.journal.playback.keyframes import Freezer
from mmcockpit.journal.playback.recorder import FRAMES_AT_ONCE
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import read
from mmcockpit.journal.timeline_writer import BEGINS_AFTER, TimelineWriter
from tests.bench.day import day
from tests.journal.timelines import same

SAVED_FROM = 2_000
"""In place of the 20,000 of a session that is worth it."""

FIRST = FRAMES_AT_ONCE * STRIDE
"""Facts of the first part that is saved."""

FACTS = FIRST + 2_700
LATEST = FACTS - STRIDE


@pytest.fixture(autouse=True, scope="module")
def saved_early() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "SAVED_FROM", SAVED_FROM)
        yield


@pytest.fixture(scope="module")
def facts() -> list[Event]:
    return list(islice(day(), FACTS))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, facts: list[Event]) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    record(TimelineWriter.create(folder / "s1" / "journal.jsonl", "ana"), Session(), facts, folder / "cache").close()
    return folder


@pytest.fixture
def path(tmp_path: Path, recorded: Path) -> Path:
    shutil.copytree(recorded, tmp_path, dirs_exist_ok=True)
    return tmp_path / "s1" / "journal.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def record(writer: TimelineWriter, session: Session, events: list[Event], folder: Path) -> TimelineWriter:
    """Write facts as an engine does."""
    writer.follow(session, folder)
    for event in events:
        writer.append(event)
        evolve(session, event)
    return writer


def known(path: Path, folder: Path) -> int:
    """Return how many facts the cache has."""
    saved = cache.load(path, folder)
    return saved.facts if saved is not None else 0


def computed(path: Path, folder: Path) -> Timeline:
    """Return the timeline that is made from the journal alone."""
    return Timeline(path, folder=folder.with_name("another"))


def test_the_recorded_timeline_equals_that_of_the_journal(path: Path, folder: Path) -> None:
    shares: list[float] = []
    opened = Timeline(path, progress=shares.append, folder=folder)
    assert not shares, "nothing but the end is read"
    assert [file.suffix for file in folder.iterdir()] == [".recording"]
    assert known(path, folder) >= LATEST
    same(opened, computed(path, folder))


def test_a_part_that_is_not_whole_is_ignored(path: Path, folder: Path) -> None:
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-100])
    assert known(path, folder) == FIRST
    same(Timeline(path, folder=folder), computed(path, folder))


def test_a_killed_session_leaves_the_parts_so_far(tmp_path: Path, facts: list[Event], folder: Path) -> None:
    path = tmp_path / "s1" / "journal.jsonl"
    writer = record(TimelineWriter.create(path, "ana"), Session(), facts, folder)
    assert known(path, folder) == FIRST
    assert Timeline(path, folder=folder).session_at(1e9) == fold(facts)
    writer.close()


def test_a_keyframe_that_is_encoded_in_steps_is_that_of_its_beginning(facts: list[Event]) -> None:
    count = 1_000
    session = fold(facts[:count])
    ran = next(iter(session.signals.values())).ran
    reported(ran, "shop:1", facts[0].stamp, passing=True, failing=False)
    at_once, growing = Freezer().freeze(session), Freezer().begin(session)
    steps = 0
    for event in facts[count:]:
        evolve(session, event)
        reported(ran, "shop:1", event.stamp, passing=False, failing=True)
        steps += 1
        if growing.step(1_000):
            break
    assert 10 < steps < STRIDE, "it is encoded before the next one begins"
    assert growing.finish() == at_once
    assert Freezer().freeze(session).frame != at_once.frame


@pytest.mark.parametrize("shorter", [False, True], ids=["edited", "shorter"])
def test_what_no_longer_fits_the_journal_is_ignored(shorter: bool, path: Path, folder: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(b"signal_", len(content) * 9 // 10) + 7
    if shorter:
        del content[content.index(b"\n", place) + 1 :]
    else:
        content[place] ^= 1
    path.write_bytes(content)
    assert known(path, folder) == FIRST
    same(Timeline(path, folder=folder), computed(path, folder))


def test_a_resumed_session_continues_its_timeline(tmp_path: Path, facts: list[Event], folder: Path) -> None:
    path, before = tmp_path / "s1" / "journal.jsonl", FIRST + 900
    record(TimelineWriter.create(path, "ana"), Session(), facts[:before], folder).close()
    assert FIRST < known(path, folder) < before
    session = fold(read(path))
    record(TimelineWriter.open(path, "ana"), session, facts[before:], folder).close()
    assert known(path, folder) >= LATEST
    opened = Timeline(path, folder=folder)
    same(opened, computed(path, folder))
    assert opened.session_at(1e9) == session


def test_the_facts_of_a_new_journal_are_not_read_again(tmp_path: Path, facts: list[Event], folder: Path) -> None:
    opening = facts[0].body
    assert isinstance(opening, Opened)
    texts = {"cockpit.yaml": "name: day # …\n" * 100_000}
    first = msgspec.structs.replace(facts[0], body=msgspec.structs.replace(opening, texts=texts))
    session = Session()
    writer = record(TimelineWriter.create(tmp_path / "s1" / "journal.jsonl", "ana"), session, [first], folder)
    for event in facts[1:BEGINS_AFTER]:
        writer.append(event)
        evolve(session, event)
    before = writer.size
    tracemalloc.start()
    writer.append(facts[BEGINS_AFTER])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    writer.close()
    print(f"{peak / before:.1f} times the journal")
    assert peak < 4 * before


def test_long_keyframes_are_saved_before_they_fill_the_memory(
    tmp_path: Path, facts: list[Event], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "SAVED_FROM", FACTS + 1)
    monkeypatch.setattr(recorder, "MOST_HELD", 1)
    path = tmp_path / "s1" / "journal.jsonl"
    writer = record(TimelineWriter.create(path, "ana"), Session(), facts, folder)
    assert known(path, folder) >= LATEST, "before the session ends"
    writer.close()
    same(Timeline(path, folder=folder), computed(path, folder))


def test_facts_that_the_journal_lacks_end_the_timeline(tmp_path: Path, facts: list[Event], folder: Path) -> None:
    path, session = tmp_path / "s1" / "journal.jsonl", Session()
    writer = record(TimelineWriter.create(path, "ana"), session, facts[:1000], folder)
    evolve(session, msgspec.structs.replace(facts[1000], recorded=False))
    for event in facts[1001:]:
        writer.append(event)
        evolve(session, event)
    writer.close()
    assert not folder.exists()
    same(Timeline(path, folder=folder), computed(path, folder))


def test_a_cache_that_cannot_be_written_does_not_stop_the_journal(tmp_path: Path, facts: list[Event]) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "s1" / "journal.jsonl"
    record(TimelineWriter.create(path, "ana"), Session(), facts, tmp_path / "file").close()
    assert path.read_bytes().count(b"\n") == FACTS


def test_compressing_keeps_the_recorded_timeline(path: Path, folder: Path) -> None:
    facts = known(path, folder)
    assert put_away(path, folder)
    assert [file.suffix for file in folder.iterdir()] == [".timeline"]
    assert known(path, folder) == facts
    same(Timeline(path, folder=folder), computed(path, folder))
