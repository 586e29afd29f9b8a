"""Bringing the local journal of a shared session up to the store: what is taken, what is set apart."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mmcockpit.core.facts.event import Event, Noted, Opened
from mmcockpit.core.state.carried import carry
from mmcockpit.core.state.evolve import fold
from mmcockpit.journal.codec import ROOT
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import verify, verify_parts
from mmcockpit.journal.writer import Locked, Writer
from mmcockpit.share.lines import JournalLines, Lines
from mmcockpit.share.local_copy import StoreDiffers, bring_up
from tests.core.sessions import Story

pytestmark = pytest.mark.anyio


class JournalAsStore:
    """A store whose lines are those of another journal, at most `most` bytes at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._journal = JournalLines(lambda: self.path)

    async def end(self) -> tuple[int, str]:
        last, head = 0, ROOT
        while (lines := self._journal.after(last)) is not None:
            last, head = lines.last, lines.head
        return last, head

    async def after(self, number: int) -> Lines | None:
        return self._journal.after(number)

    def close(self) -> None:
        self._journal.close()


def written(path: Path, events: list[Event]) -> Path:
    """Write a journal with these facts."""
    with closing(Writer.create(path)) as writer:
        for event in events:
            writer.append(event)
    return path


def content(path: Path) -> bytes:
    """Return the bytes of a file."""
    return path.read_bytes()


def torn(path: Path) -> None:
    """Append the beginning of a line."""
    with path.open("ab") as file:
        file.write(b'[4,3.0,0,"Noted",{"tex')


def noted(story: Story, *texts: str) -> list[Event]:
    """Let a note follow for each text; return all facts so far."""
    for text in texts:
        story.tell(Noted(text, "ana"))
        story.wait(1)
    return list(story.events)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    return tmp_path / "local" / "journal.jsonl"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JournalAsStore]:
    with closing(JournalAsStore(tmp_path / "store" / "journal.jsonl")) as store:
        yield store


async def test_a_new_local_journal_has_the_very_bytes_of_the_store(local: Path, store: JournalAsStore) -> None:
    written(store.path, noted(Story(), *"abcdef"))
    brought = await bring_up(local, store)
    assert content(local) == content(store.path)
    assert (brought.last, brought.head) == await store.end()
    assert brought.apart is None


async def test_a_journal_that_is_shorter_than_the_store_continues(local: Path, store: JournalAsStore) -> None:
    events = noted(Story(), *"abcdef")
    written(store.path, events)
    written(local, events[:3])
    brought = await bring_up(local, store)
    assert content(local) == content(store.path)
    assert brought.apart is None


async def test_facts_that_the_store_lacks_are_kept_in_a_file_of_their_own(local: Path, store: JournalAsStore) -> None:
    events = noted(Story(), *"abcdef")
    written(store.path, events[:4])
    written(local, events)
    before = content(local)
    brought = await bring_up(local, store)
    assert content(local) == content(store.path)
    assert before.startswith(content(local))
    assert brought.apart is not None
    assert brought.count == 3
    # The file is a journal of its own: with the facts before it, it is the whole session as it was.
    assert [event.body for event in read(brought.apart) if isinstance(event.body, Noted)] == [
        event.body for event in events if isinstance(event.body, Noted)
    ]
    assert fold(read(brought.apart)).seq == events[-1].seq
    assert verify(brought.apart).ok


@pytest.mark.parametrize("common", [2, 5, 40])
async def test_two_chains_are_parted_after_their_last_common_fact(
    common: int, local: Path, store: JournalAsStore
) -> None:
    story = Story()
    shared = noted(story, *(f"shared {number}" for number in range(common - 1)))
    assert len(shared) == common
    ours, theirs = Story(), Story()
    for one, name in ((ours, "ours"), (theirs, "theirs")):
        one.events, one.session, one.at = list(shared), fold(shared), story.at
        noted(one, *(f"{name} {number}" for number in range(7)))
    written(store.path, [*theirs.events, *noted(theirs, "later")[-1:]])
    written(local, ours.events)
    brought = await bring_up(local, store)
    assert content(local) == content(store.path)
    assert brought.count == 7
    assert brought.apart is not None
    kept = [event.body.text for event in read(brought.apart) if isinstance(event.body, Noted)]
    assert kept[common - 1 :] == [f"ours {number}" for number in range(7)]
    assert "theirs 0" not in kept


async def test_a_second_tail_does_not_replace_the_first(local: Path, store: JournalAsStore) -> None:
    events = noted(Story(), *"abcdef")
    written(store.path, events[:4])
    written(local, events)
    first = await bring_up(local, store)
    with closing(Writer.open(local)) as writer:
        writer.append(events[4])
    second = await bring_up(local, store)
    assert first.apart is not None
    assert second.apart is not None
    assert first.apart != second.apart
    assert (first.count, second.count) == (3, 1)


async def test_a_session_that_continues_in_a_second_file_is_copied_as_two(local: Path, store: JournalAsStore) -> None:
    story = Story()
    events = noted(story, *"abc")
    written(store.path, events)
    with closing(Writer.open(store.path)) as writer:
        opening = carry(story.session)
        assert opening is not None
        assert opening.continues is not None
        continues = type(opening.continues)(str(store.path), writer.head, story.session.seq, "was moved")
        body = Opened(
            *(opening.session, opening.app, opening.operator, opening.host, opening.mode, opening.cockpit),
            opening.schema,
            continues=continues,
        )
        second = writer.successor(Event(story.session.seq + 1, story.now, body))
    second.append(Event(story.session.seq + 2, story.now, Noted("d", "ana")))
    second.close()
    store.path = second.path
    written(local, events[:2])
    brought = await bring_up(local, store)
    assert brought.path == local.with_name("journal.2.jsonl")
    assert [path.read_bytes() for path in (local, brought.path)] == [
        path.read_bytes() for path in (store.path.with_name("journal.jsonl"), store.path)
    ]
    assert all(report.ok for _, report in verify_parts(local))


async def test_a_torn_last_line_is_cut_off_before_the_copy_continues(local: Path, store: JournalAsStore) -> None:
    events = noted(Story(), *"abcdef")
    written(store.path, events)
    written(local, events[:3])
    torn(local)
    await bring_up(local, store)
    assert content(local) == content(store.path)


async def test_a_journal_that_a_process_writes_is_left_alone(local: Path, store: JournalAsStore) -> None:
    events = noted(Story(), *"abcdef")
    written(store.path, events)
    with closing(Writer.create(local)) as writer:
        writer.append(events[0])
        before = content(local)
        with pytest.raises(Locked):
            await bring_up(local, store)
        assert content(local) == before


async def test_another_session_of_the_same_name_is_not_replaced(local: Path, store: JournalAsStore) -> None:
    written(store.path, noted(Story(), "theirs"))
    other = Story()
    other.wait(5)
    opened = other.events[0]
    written(local, [Event(1, other.now, opened.body), *noted(other, "ours")[1:]])
    before = content(local)
    with pytest.raises(StoreDiffers, match="another session of this name"):
        await bring_up(local, store)
    assert content(local) == before


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("left", [b"", b'{"seq":'])
async def test_a_part_without_a_whole_line_is_no_end_of_the_journal(
    local: Path, store: JournalAsStore, left: bytes, before: int
) -> None:
    """A process that was stopped while it began a part leaves it empty, or with half of its first line."""
    events = noted(Story(), *"abcdef")
    written(store.path, events)
    begun = local.with_name("journal.2.jsonl") if before else local
    if before:
        written(local, events[:before])
    local.parent.mkdir(mode=0o700, exist_ok=True)
    begun.write_bytes(left)
    begun.chmod(0o600)
    brought = await bring_up(local, store)
    assert (brought.path, brought.count) == (local, 0)
    assert content(local) == content(store.path)
    assert not local.with_name("journal.2.jsonl").exists()
