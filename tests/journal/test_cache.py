"""What is kept of a long journal is used only for that journal as it is; any other file there is ignored."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from mmcockpit.core.state.evolve import evolve
from mmcockpit.journal.playback import cache, timeline
from mmcockpit.journal.playback.cache import Saved
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import Problem
from mmcockpit.journal.writer import Writer
from tests.bench.day import day, write_day
from tests.journal.timelines import same

SAVED_FROM = 6_000
"""In place of the 20,000 of a session that is worth it."""

SECONDS = SAVED_FROM / 10 + 300
"""As long as a session has to be for its timeline to be kept."""


@pytest.fixture(autouse=True, scope="module")
def saved_early() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline, "SAVED_FROM", SAVED_FROM)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("day") / "journal.jsonl"
    write_day(path, SECONDS)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, whole: bytes) -> Path:
    path = tmp_path / "s1" / "journal.jsonl"
    path.parent.mkdir()
    path.write_bytes(whole)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def only(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_cached_timeline_equals_that_of_the_journal(path: Path, folder: Path) -> None:
    made = Timeline(path, folder=folder)
    assert only(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert cache.load(path, folder) is not None
    same(Timeline(path, folder=folder), made)
    assert {file.name for file in path.parent.iterdir()} == {path.name}


def test_short_journals_are_read_again_each_time(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "short" / "journal.jsonl"
    write_day(path, 60)
    Timeline(path, folder=folder)
    assert not folder.exists()


def test_cached_problems_are_reported_again(path: Path, folder: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[700] = b"\xff\x1b[31m"
    path.write_bytes(b"\n".join(lines))
    first: list[Problem] = []
    again: list[Problem] = []
    Timeline(path, first.append, folder=folder)
    Timeline(path, again.append, folder=folder)
    assert [problem.line for problem in first] == [701]
    assert first == again


def test_a_journal_that_grew_is_read_from_the_end_of_its_cache(path: Path, folder: Path, whole: bytes) -> None:
    events = list(day(SECONDS + 100))
    Timeline(path, folder=folder)
    kept = only(folder).read_bytes()
    writer = Writer.open(path)
    for event in events[whole.count(b"\n") :]:
        writer.append(event)
    writer.close()
    grown = Timeline(path, folder=folder)
    assert only(folder).read_bytes() == kept, "so little more is not worth keeping"
    same(grown, Timeline(path, folder=folder.with_name("another")))
    session = grown.session_at(grown.last.at - 50)
    for event in grown.events(session.seq, grown.last.at):
        evolve(session, event)
    assert session == grown.session_after(events[-1].seq)


@pytest.mark.parametrize("place", [0.0, 0.5, 0.99])
def test_a_journal_that_was_changed_is_read_as_it_is(place: float, path: Path, folder: Path) -> None:
    Timeline(path, folder=folder)
    content = bytearray(path.read_bytes())
    at = content.index(b"signal_", int(len(content) * place)) + 7
    content[at] ^= 1
    path.write_bytes(content)
    same(Timeline(path, folder=folder), Timeline(path, folder=folder.with_name("another")))


def resealed(change: Callable[[Saved], Saved]) -> Callable[[bytes], bytes]:
    """Return what an attacker makes of the file who knows its format."""

    def spoil(content: bytes) -> bytes:
        return cache.packed(change(msgspec.msgpack.decode(content[8:], type=Saved)))

    return spoil


def with_(**fields: object) -> Callable[[bytes], bytes]:
    return resealed(lambda saved: msgspec.structs.replace(saved, **fields))


def bomb() -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(b"[" * 64 * 1024 * 1024)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[:-40],
    "empty": lambda content: b"",
    "nested": lambda content: b"\x91" * 100_000,
    "a bit": lambda content: content[:5000] + bytes([content[5000] ^ 4]) + content[5001:],
    "of another version": with_(version="0"),
    "of another journal": with_(stored=cache.Stored(10, b"x" * 32)),
    "keyframes that are none": resealed(
        lambda saved: msgspec.structs.replace(saved, frames=[b"no"] * len(saved.frames))
    ),
    "keyframes that are too large": resealed(
        lambda saved: msgspec.structs.replace(saved, frames=[bomb()] * len(saved.frames))
    ),
    "no columns": with_(columns={}),
    "told facts that are none": resealed(
        lambda saved: msgspec.structs.replace(saved, logged=[(place, b"hello") for place, _ in saved.logged])
    ),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_cache_is_as_if_there_were_none(spoil: Callable[[bytes], bytes], path: Path, folder: Path) -> None:
    right = Timeline(path, folder=folder)
    kept = only(folder)
    kept.write_bytes(spoil(kept.read_bytes()))
    same(Timeline(path, folder=folder), right)
    Timeline(path, folder=folder)
    saved = cache.load(path, folder)
    assert saved is not None, "it is made again"
    assert len(saved.frames) == len(saved.marks) - 1
    same(Timeline(path, folder=folder), right)


def test_a_cache_that_cannot_be_written_is_done_without(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert Timeline(path, folder=tmp_path / "file").count == path.read_bytes().count(b"\n")


def test_a_link_in_the_cache_is_not_followed(path: Path, folder: Path, tmp_path: Path) -> None:
    right = Timeline(path, folder=folder)
    kept = only(folder)
    moved = kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(moved)
    assert cache.load(path, folder) is None
    same(Timeline(path, folder=folder), right)
    assert not kept.is_symlink()


def test_only_the_latest_few_are_kept(path: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for n in range(9):
        (folder / f"{n}.timeline").write_bytes(b"old")
    Timeline(path, folder=folder)
    assert len(list(folder.iterdir())) == cache.FILES_KEPT
    assert cache.load(path, folder) is not None


def test_the_first_reading_tells_how_far_it_is_and_the_next_has_nothing_to_tell(path: Path, folder: Path) -> None:
    shares: list[float] = []
    Timeline(path, progress=shares.append, folder=folder)
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.1
    assert 0.9 < shares[-1] <= 1
    shares.clear()
    Timeline(path, progress=shares.append, folder=folder)
    assert not shares
