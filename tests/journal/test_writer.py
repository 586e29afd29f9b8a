"""Nothing that was written is lost, and nothing half written stays."""

import errno
import os
import random
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mmcockpit.core.facts.event import Event, Noted, Observed
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal.codec import Unwritable, link
from mmcockpit.journal.files import SessionError, sidecar
from mmcockpit.journal.reader import Problem, read
from mmcockpit.journal.verify import verify
from mmcockpit.journal.writer import Locked, Lost, Writer
from tests.core.sessions import Story
from tests.journal.child import PASS, body, event
from tests.programs.forked import Program
from tests.servers.wait import PATIENCE_S


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions" / "s1" / "journal.jsonl"


@pytest.fixture
def story() -> Story:
    """A session of a hundred facts."""
    told = Story()
    for seq in range(2, 101):
        told.wait(0.5)
        told.tell(body(seq))
    return told


def write(path: Path, events: list[Event]) -> None:
    writer = Writer.create(path, "ana")
    for fact in events:
        writer.append(fact)
    writer.close()


def test_what_was_written_is_read(path: Path, story: Story) -> None:
    write(path, story.events)
    assert list(read(path)) == story.events
    assert fold(read(path)) == story.session
    assert verify(path).ok


def test_the_journal_and_its_folders_are_private(path: Path, story: Story) -> None:
    before = os.umask(0)
    try:
        write(path, story.events)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}


def test_a_journal_continues_where_it_ended(path: Path, story: Story) -> None:
    write(path, story.events[:60])
    writer = Writer.open(path, "bo")
    assert writer.repaired == ""
    assert writer.head == verify(path).head
    for fact in story.events[60:]:
        writer.append(fact)
    assert writer.head == verify(path).head == link(path.read_bytes().splitlines()[-1])
    assert writer.size == path.stat().st_size
    writer.close()
    assert list(read(path)) == story.events
    assert verify(path).ok


def test_a_journal_that_is_there_is_not_begun_again(path: Path, story: Story) -> None:
    write(path, story.events)
    with pytest.raises(SessionError, match="mmcockpit resume"):
        Writer.create(path)
    assert list(read(path)) == story.events


def test_a_second_writer_is_refused_with_the_name_of_the_first(path: Path, story: Story) -> None:
    writer = Writer.create(path, "ana", "edge-1")
    writer.append(story.events[0])
    with pytest.raises(Locked, match=rf"ana on edge-1 \(process {os.getpid()}\)") as refused:
        Writer.open(path, "bo")
    assert refused.value.holder is not None
    assert refused.value.holder.operator == "ana"
    writer.append(story.events[1])
    writer.close()
    assert not sidecar(path, "lock").exists()
    Writer.open(path, "bo").close()


def test_a_lock_without_a_note_is_still_a_lock(path: Path, story: Story) -> None:
    writer = Writer.create(path)
    sidecar(path, "lock").write_text("[" * 100_000)
    with pytest.raises(Locked, match="another process"):
        Writer.open(path)
    writer.close()


def _symlink(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(_symlink, "symbolic link"), (_pipe, "not a regular file"), (Path.unlink, "no such file")],
    ids=["symlink", "pipe", "missing"],
)
def test_what_is_no_ordinary_file_is_refused(
    path: Path, story: Story, spoil: Callable[[Path], None], says: str
) -> None:
    write(path, story.events)
    spoil(path)
    with pytest.raises(SessionError, match=says):
        Writer.open(path)


def test_a_symlink_is_not_written_through(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SessionError):
        Writer.create(path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_journal_of_another_user_is_refused(path: Path, story: Story) -> None:
    write(path, story.events)
    os.chown(path, 12_345, -1)
    with pytest.raises(SessionError, match="belongs to user 12345"):
        Writer.open(path)


def test_a_world_writable_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(SessionError, match="every user may write"):
        Writer.create(tmp_path / "open" / "journal.jsonl")


def test_a_world_writable_folder_is_refused_on_resume_too(path: Path, story: Story) -> None:
    write(path, story.events)
    path.parent.chmod(0o777)
    with pytest.raises(SessionError, match="every user may write"):
        Writer.open(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(path: Path, story: Story) -> None:
    write(path, story.events)
    os.chown(path.parent, 12_345, -1)
    with pytest.raises(SessionError, match="belongs to user 12345"):
        Writer.open(path)
    with pytest.raises(SessionError, match="belongs to user 12345"):
        Writer.create(path.with_name("other.jsonl"))


def test_a_torn_last_line_is_cut_off_and_kept(path: Path, story: Story) -> None:
    write(path, story.events)
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    for kept in range(1, len(last)):
        path.write_bytes(whole[: len(whole) - kept])
        problems: list[Problem] = []
        assert list(read(path, problems.append)) == story.events[:-1]
        assert bool(problems) == (kept < len(last))
        assert verify(path).ok != (kept < len(last))
        writer = Writer.open(path, "ana")
        assert writer.repaired.endswith(f".torn: {counted(len(last) - kept, 'byte')}")
        writer.append(story.events[-1])
        writer.close()
        assert path.read_bytes() == whole
        assert sidecar(path, "torn").read_bytes().endswith(last[: len(last) - kept] + b"\n")
    assert stat.S_IMODE(sidecar(path, "torn").stat().st_mode) == 0o600


def test_a_journal_of_one_torn_line_begins_again(path: Path, story: Story) -> None:
    write(path, story.events[:1])
    path.write_bytes(path.read_bytes()[:-2])
    writer = Writer.open(path)
    for fact in story.events:
        writer.append(fact)
    writer.close()
    assert list(read(path)) == story.events
    assert verify(path).ok


def test_a_damaged_first_line_cannot_be_continued(path: Path, story: Story) -> None:
    write(path, story.events)
    path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(SessionError, match="the first line is damaged"):
        Writer.open(path)
    Writer.create(path.with_name("other.jsonl")).close()


def test_a_fact_that_json_cannot_hold_leaves_no_trace(path: Path, story: Story) -> None:
    writer = Writer.create(path)
    writer.append(story.events[0])
    with pytest.raises(Unwritable):
        writer.append(Event(2, story.events[1].stamp, Observed("s", Reading(object()), PASS)))
    writer.append(story.events[1])
    writer.close()
    assert list(read(path)) == story.events[:2]
    assert verify(path).ok


def test_a_removed_journal_is_noticed(path: Path, story: Story) -> None:
    writer = Writer.create(path)
    writer.append(story.events[0])
    path.unlink()
    with pytest.raises(FileNotFoundError):
        writer.append(Event(2, story.events[1].stamp, Noted("x", "ana")))
    with pytest.raises(FileNotFoundError):
        writer.append(story.events[1])
    with pytest.raises(FileNotFoundError):
        writer.flush()
    with pytest.raises(FileNotFoundError):
        writer.close()


def _truncated(path: Path) -> None:
    os.truncate(path, 0)


def _shortened(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 20)


def _edited(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.read_bytes().index(b"Small"))
        file.write(b"Other")
    os.utime(path, (1, 1))


def _written_to(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"#\n")


def _moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere.jsonl"))


def _replaced(path: Path) -> None:
    path.with_name("copy").write_bytes(path.read_bytes())
    path.with_name("copy").replace(path)


def _folder_removed(path: Path) -> None:
    path.unlink()
    sidecar(path, "lock").unlink()
    path.parent.rmdir()


HARM = [
    (_truncated, "was truncated"),
    (_shortened, "was truncated"),
    (_edited, "was edited"),
    (_written_to, "was written to"),
    (_moved, "was removed or moved"),
    (_replaced, "was replaced"),
    (_folder_removed, "was removed or moved"),
]


@pytest.mark.parametrize(("harm", "says"), HARM, ids=[harm.__name__.strip("_") for harm, _ in HARM])
@pytest.mark.parametrize("durable", [True, False], ids=["durable", "reading"])
def test_what_others_do_to_the_file_is_noticed_at_the_next_write(
    path: Path, story: Story, harm: Callable[[Path], None], says: str, durable: bool
) -> None:
    writer = Writer.create(path, "ana")
    for fact in story.events[:5]:
        writer.append(fact)
    harm(path)
    made = Event(6, story.events[5].stamp, Noted("x", "ana") if durable else body(6))
    with pytest.raises(Lost, match=says):
        writer.append(made)
    with pytest.raises(Lost, match=says):
        writer.flush()
    after = writer.successor(story.events[0])
    after.append(made)
    after.close()
    assert after.path == path.with_name("journal.2.jsonl")
    assert [event.seq for event in read(after.path)] == [1, 6]
    assert stat.S_IMODE(after.path.stat().st_mode) == 0o600


def test_a_touched_journal_is_still_the_same(path: Path, story: Story) -> None:
    writer = Writer.create(path)
    writer.append(story.events[0])
    os.utime(path, (1, 1))
    writer.append(story.events[1])
    path.chmod(0o400)
    writer.append(story.events[2])
    writer.close()
    assert list(read(path)) == story.events[:3]


def test_a_record_written_in_part_is_taken_back(path: Path) -> None:
    argv = [sys.executable, "-m", "tests.journal.child", "limited", str(path)]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout.splitlines()
    tries = [(room, seq) for room in (0, 1, 40) for seq in range(20, 25)]
    assert [line.split(maxsplit=3)[:3] for line in said] == [[str(room), str(seq), "0"] for room, seq in tries]
    reasons = {line.split(maxsplit=3)[3] for line in said}
    assert "File too large" in reasons
    assert any("No space left" in reason for reason in reasons)
    assert list(read(path))[1:] == [event(seq) for seq in range(2, 101)]
    assert verify(path).ok


def mounted(folder: Path) -> bool:
    """Mount a disk of 64 KiB at the folder, where that is allowed."""
    argv = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    return (
        os.geteuid() == 0 and subprocess.run(argv, capture_output=True, timeout=PATIENCE_S, check=False).returncode == 0
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if sys.platform != "linux" or not mounted(tmp_path):
        pytest.skip("mounting is not allowed here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True, timeout=PATIENCE_S)


def until_it_fails(writer: Writer, told: list[Event]) -> None:
    for seq in range(2, 100_000):
        writer.append(event(seq))
        told.append(event(seq))


def test_a_full_disk_loses_nothing_that_was_written(small_disk: Path) -> None:
    path = small_disk / "s1" / "journal.jsonl"
    (small_disk / "ballast").write_bytes(b"x" * 16_384)
    writer = Writer.create(path, "ana")
    told = [Story().events[0]]
    writer.append(told[0])
    with pytest.raises(OSError, check=lambda error: error.errno == errno.ENOSPC):
        until_it_fails(writer, told)
    assert list(read(path)) == told
    assert verify(path).ok
    (small_disk / "ballast").unlink()
    for seq in range(told[-1].seq + 1, told[-1].seq + 20):
        told.append(event(seq))
        writer.append(told[-1])
    writer.close()
    assert list(read(path)) == told
    assert verify(path).ok


def killed_after(path: Path, facts: int) -> int:
    """Start a writer, kill it once it has printed so many numbers, and return the last number it printed."""
    argv = [sys.executable, "-m", "tests.journal.child", "endless", str(path)]
    said = 0
    with Program(argv, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for count, line in enumerate(child.stdout, 1):
            said = int(line)
            if count == facts:
                child.kill()
        assert child.wait(PATIENCE_S) == -signal.SIGKILL
    return said


def test_twenty_kills_lose_no_record_whose_append_returned(path: Path) -> None:
    dice = random.Random(7)
    last = 0
    for _ in range(20):
        last = max(last, killed_after(path, dice.randint(1, 400)))
        problems: list[Problem] = []
        found = list(read(path, problems.append))
        assert [fact.seq for fact in found] == list(range(1, len(found) + 1))
        assert len(found) >= last
        assert found[1:] == [event(fact.seq) for fact in found[1:]]
        assert len(problems) <= 1
        Writer.open(path, "ana").close()
        assert verify(path).ok
