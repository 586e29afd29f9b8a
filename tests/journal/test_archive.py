"""A compressed journal reads as it is, continues where it ended, and damage costs no more than what it hit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.facts.event import Closed, Event, Resumed
from mmcockpit.journal.archive import put_away, take_out
from mmcockpit.journal.files import SessionError, compressed, open_to_read, sidecar, stored
from mmcockpit.journal.frames import MAX_FRAME, Frames, pack, table, unpack
from mmcockpit.journal.playback import cache
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import Problem, open_journal, read
from mmcockpit.journal.sessions import ended_plain, find, list_sessions, new_session_path
from mmcockpit.journal.verify import verify
from mmcockpit.journal.writer import Locked, Writer
from tests.bench.day import write_day
from tests.core.sessions import START
from tests.journal.child import event
from tests.servers.wait import PATIENCE_S

pytestmark = pytest.mark.xdist_group("archive")
SECONDS = 2_500
"""A session of some 25,000 facts."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("day") / "journal.jsonl"
    write_day(path, SECONDS)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, whole: bytes) -> Path:
    path = new_session_path("night", START, tmp_path)
    path.parent.mkdir(mode=0o700)
    path.write_bytes(whole)
    return path


def names(path: Path) -> set[str]:
    return {file.name for file in path.parent.iterdir()}


def test_a_compressed_journal_reads_byte_for_byte_as_it_was(path: Path, whole: bytes, tmp_path: Path) -> None:
    before = verify(path)
    assert put_away(path, tmp_path / "cache")
    assert names(path) == {"journal.jsonl.zst"}
    assert compressed(path).stat().st_mode & 0o777 == 0o600
    assert compressed(path).stat().st_size < len(whole) / 3
    with open_journal(path) as file:
        assert file.read() == whole
        for place in (0, 1, 65_000, len(whole) // 2, len(whole) - 5, len(whole), len(whole) + 9):
            file.seek(place)
            assert file.read(700) == whole[place : place + 700]
            assert file.tell() == max(place, min(place + 700, len(whole)))
    assert verify(path) == before
    assert verify(path, before.head).ok


def test_a_compressed_session_is_found_listed_and_sought_in(path: Path, tmp_path: Path) -> None:
    plain, row = Timeline(path, folder=tmp_path / "a"), list_sessions(tmp_path)[0]
    facts = list(read(path))
    put_away(path, tmp_path / "a")
    assert find("latest", tmp_path) == find(str(path), tmp_path) == find(str(path.parent), tmp_path) == path
    (other,) = list_sessions(tmp_path)
    assert (other.last, other.outcome, other.damage) == (row.last, row.outcome, "")
    assert other.size == compressed(path).stat().st_size
    assert list(read(path)) == facts
    assert find(str(compressed(path)), tmp_path) == path
    for one in (Timeline(path, folder=tmp_path / "a"), Timeline(compressed(path), folder=tmp_path / "b")):
        assert one.landmarks == plain.landmarks
        for at in (0.0, 3.3, 1_000.0, 2_499.0):
            assert one.session_at(at) == plain.session_at(at)


def test_what_a_crash_left_plain_is_found_at_the_next_end(path: Path, tmp_path: Path) -> None:
    running = new_session_path("running", START, tmp_path)
    write_day(running, SECONDS)
    assert ended_plain(tmp_path) == []
    writer = Writer.open(path)
    writer.append(Event(10**6, event(10**6).stamp, Closed("done")))
    assert ended_plain(tmp_path) == []
    writer.close()
    assert ended_plain(tmp_path) == [path]
    put_away(path)
    assert ended_plain(tmp_path) == []
    assert ended_plain(tmp_path / "nowhere") == []


def test_the_cache_of_a_journal_stays_valid(path: Path, tmp_path: Path) -> None:
    Timeline(path, folder=tmp_path / "cache")
    put_away(path, tmp_path / "cache")
    saved = cache.load(path, tmp_path / "cache")
    assert saved is not None
    assert saved.stored.size == compressed(path).stat().st_size
    compressed(path).write_bytes(compressed(path).read_bytes()[:-30])
    assert cache.load(path, tmp_path / "cache") is None


def test_a_closed_session_can_be_resumed(path: Path, whole: bytes) -> None:
    put_away(path)
    writer = Writer.open(path, "ana")
    seq = whole.count(b"\n")
    writer.append(Event(seq + 1, event(seq + 1).stamp, Resumed("ana", "h", 5.0)))
    writer.append(Event(seq + 2, event(seq + 2).stamp, Closed("done")))
    writer.close()
    assert names(path) == {"journal.jsonl"}
    assert path.read_bytes().startswith(whole)
    assert path.stat().st_mode & 0o777 == 0o600
    assert verify(path).ok
    assert put_away(path)
    assert verify(path).lines == seq + 2


def test_no_other_session_takes_the_place_of_a_compressed_one(path: Path) -> None:
    put_away(path)
    with pytest.raises(SessionError, match="the file exists already"):
        Writer.create(path)


def test_a_journal_that_is_written_is_left_alone(path: Path, whole: bytes) -> None:
    writer = Writer.open(path, "bo")
    with pytest.raises(Locked, match="bo"):
        put_away(path)
    assert sidecar(path, "lock").exists()
    writer.close()
    assert path.read_bytes() == whole
    assert not compressed(path).exists()


def test_a_short_journal_is_not_worth_it(path: Path, whole: bytes) -> None:
    path.write_bytes(whole[:10_000])
    assert not put_away(path)
    assert names(path) == {"journal.jsonl"}


CRASHES = ["_compress", "_compare", "replace", "unlink"]
KILLED = """
import os, sys
from pathlib import Path
at, path = sys.argv[1], Path(sys.argv[2])

def look(frame, kind, _):
    if kind == "call" and frame.f_code.co_name == at and ("pathlib" in frame.f_code.co_filename or at[0] == "_"):
        if at[0] == "_" or str(frame.f_locals.get("self", "")).endswith(("part", "jsonl")):
            os._exit(9)

from mmcockpit.journal.archive import put_away
sys.setprofile(look)
put_away(path, path.parent.parent / "cache")
"""


@pytest.mark.parametrize("at", CRASHES)
def test_a_crash_while_compressing_leaves_the_journal(at: str, path: Path, whole: bytes) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, at, str(path)], check=False, timeout=PATIENCE_S)
    assert done.returncode == 9
    assert path.read_bytes() == whole
    assert stored(path) == path
    assert verify(path).ok
    assert put_away(path)
    assert names(path) == {"journal.jsonl.zst"}
    with open_journal(path) as file:
        assert file.read() == whole


def test_a_journal_with_damage_and_a_torn_end_is_kept_as_it_is(path: Path, whole: bytes) -> None:
    spoilt = bytearray(whole[:-7])
    spoilt[100_000:100_200] = b'\x00\r\n""]\n' * 20 + b"\xff" * 60
    path.write_bytes(spoilt)
    before = verify(path)
    assert put_away(path)
    with open_journal(path) as file:
        assert file.read() == spoilt
    assert verify(path) == before
    assert not before.ok


def test_damage_costs_the_frame_it_is_in(path: Path, whole: bytes) -> None:
    put_away(path)
    content = bytearray(compressed(path).read_bytes())
    content[len(content) // 2] ^= 16
    compressed(path).write_bytes(content)
    problems: list[Problem] = []
    facts = list(read(path, problems.append))
    assert len(problems) == 1
    assert whole.count(b"\n") - 1_200 < len(facts) < whole.count(b"\n")
    assert not verify(path).ok
    assert Timeline(path).count == len(facts)
    with pytest.raises(SessionError, match=r"part \d+ is damaged, so the session cannot continue"):
        Writer.open(path)
    assert names(path) == {"journal.jsonl.zst"}


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.97, 0.9999])
def test_what_is_left_of_a_compressed_journal_is_read(keep: float, path: Path, whole: bytes) -> None:
    put_away(path)
    content = compressed(path).read_bytes()
    compressed(path).write_bytes(content[: int(len(content) * keep)])
    timeline = Timeline(path)
    assert timeline.count >= whole.count(b"\n") * keep - 2_400
    with open_journal(path) as file:
        assert file.readline() == whole[: whole.index(b"\n") + 1]
    report = verify(path, verify(path).head)
    assert report.ok == (keep == 0.9999), "the table can be made again; what was cut is torn"


def test_without_links_every_line_is_the_same_but_for_its_link(path: Path) -> None:
    put_away(path)
    with open_journal(path) as whole, open_journal(path, linked=False) as unlinked:
        lines = list(zip(whole, unlinked, strict=True))
    assert len(lines) > 1_000
    assert all(len(one) == len(other) and one[:-20] == other[:-20] for one, other in lines)
    assert sum(one != other for one, other in lines) > 0.9 * len(lines)


def test_a_change_inside_a_frame_is_found_at_the_next_link(path: Path) -> None:
    put_away(path)
    content = compressed(path).read_bytes()
    with Frames(open_to_read(compressed(path)), path) as frames:
        places = frames.places
    parts = [content[offset:][:size] for offset, size in zip(places.offsets, places.stored, strict=False)]
    plain = zstandard.decompress(parts[3])
    at = plain.index(b"signal_07", 5_000)
    parts[3] = zstandard.compress(plain[:at] + b"signal_08" + plain[at + 9 :])
    sizes = [(len(part), len(unpack(part))) for part in parts]
    compressed(path).write_bytes(b"".join(parts) + table(sizes))
    (problem,) = verify(path).problems
    first = sum(unpack(part).count(b"\n") for part in parts[:3])
    assert first < problem.line <= first + unpack(parts[3]).count(b"\n")


BOMBS = {
    "a frame that says it is large": zstandard.ZstdCompressor().compress(b"a" * (MAX_FRAME + 9)),
    "a frame that does not say": zstandard.ZstdCompressor(write_content_size=False).compress(b"a" * 10_000_000),
    "many frames": pack([b"a" * 15_000_000 + b"\n"], zstandard.ZstdCompressor()) * 150,
    "a table of much": b"\x28\xb5\x2f\xfd" + b"x" * 2_000 + table([(2, MAX_FRAME)] * 1_002),
    "an endless table": b"\x28\xb5\x2f\xfd" + table([(9, 9)])[:-12] + b"\xff\xff\xff\x7fmmcptbl1",
    "only a table": b"\x28\xb5\x2f\xfd" + table([]),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_a_file_that_claims_to_be_huge_is_refused_or_reported_as_damage(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl.zst"
    path.write_bytes(content)
    with pytest.raises(SessionError):
        Timeline(path)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(
        st.binary(max_size=60)
        | st.sampled_from([b'""]', b'[1,"x",""]', b"", b"-", b"=", b"\r", b'["AAAAAAAAAAAAAAAA"]'])
    ),
    torn=st.binary(max_size=9),
)
def test_any_lines_are_the_same_behind_a_frame(lines: list[bytes], torn: bytes) -> None:
    parts = [line.replace(b"\n", b"") + b"\n" for line in lines]
    if torn := torn.replace(b"\n", b""):
        parts.append(torn)
    if parts:
        assert unpack(pack(parts, zstandard.ZstdCompressor())) == b"".join(parts)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300))
def test_no_bytes_whatever_break_a_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "journal.jsonl.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + content)
    with pytest.raises(SessionError):
        Timeline(path)
    assert not verify(path).ok


def test_taking_out_twice_at_once_keeps_the_first(path: Path, whole: bytes) -> None:
    put_away(path)
    copy = compressed(path).read_bytes()
    take_out(path)
    path.write_bytes(whole + b"more")
    compressed(path).write_bytes(copy)
    take_out(path)
    assert path.read_bytes() == whole + b"more"
    assert os.listdir(path.parent) == ["journal.jsonl"]
