"""Sessions are found by path, id or time, and listed without being read."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mmcockpit.core.facts.event import AnyBody, Closed, Noted, OperatorLeft, Resumed
from mmcockpit.journal import lock
from mmcockpit.journal.files import SessionError, sidecar
from mmcockpit.journal.sessions import JOURNAL, find, list_sessions, new_session_path, sessions_root
from mmcockpit.journal.writer import Writer
from tests.core.sessions import START, Story
from tests.journal.child import body
from tests.servers.wait import PATIENCE_S


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


def saved(root: Path, name: str, hours: float, *bodies: AnyBody) -> Path:
    """Write a session that started so many hours after the story's start."""
    path = new_session_path(name, START + hours * 3600, root)
    story = Story()
    for fact in bodies:
        story.wait(1)
        story.tell(fact)
    writer = Writer.create(path, "ana", "edge-1")
    for event in story.events:
        writer.append(event)
    writer.close()
    return path


def test_an_id_has_the_time_and_the_name(root: Path) -> None:
    path = new_session_path("ModelMuxer: Go-Live!", START, root)
    assert path.name == JOURNAL
    assert path.parent.parent == root
    assert path.parent.name.startswith("20261206T020000Z-modelmuxer-go-live-")
    assert not path.parent.exists()
    assert new_session_path("\x1b[31m/../..", START, root).parent.parent == root
    assert new_session_path("", START, root).parent.name.startswith("20261206T020000Z-session-")


def test_sessions_live_under_the_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert sessions_root() == tmp_path / "mmcockpit" / "sessions"
    path = saved(sessions_root(), "modelmuxer", 0)
    assert find() == path
    assert stat.S_IMODE((tmp_path / "mmcockpit").stat().st_mode) == 0o700


def test_a_session_is_found_by_path_folder_id_prefix_and_time(root: Path) -> None:
    first, second, latest = (saved(root, "modelmuxer", hours) for hours in (0, 1, 2))
    assert find(str(first), root) == first
    assert find(str(first.parent), root) == first
    assert find(second.parent.name, root) == second
    assert find("20261206T03", root) == second
    assert find("latest", root) == find(root=root) == latest


@pytest.mark.parametrize("text", ["20261206", "", "gone", "x" * 5000, "a\x00b", "\x1b[31m", "latest/"])
def test_the_error_for_a_missing_session_names_what_to_do(text: str, root: Path) -> None:
    saved(root, "modelmuxer", 0)
    saved(root, "modelmuxer", 1)
    with pytest.raises(SessionError) as refused:
        find(text, root)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "meant"),
    [("shop", "shop-2"), ("late5t", "latest"), ("samp1e", "sample"), ("Modelmuxer", "modelmuxer")],
)
def test_the_error_for_a_missing_session_names_the_one_that_was_meant(text: str, meant: str, root: Path) -> None:
    saved(root, "modelmuxer", 0)
    saved(root, "shop-1", 1)
    saved(root, "shop-2", 2)
    with pytest.raises(SessionError) as refused:
        find(text, root)
    _, _, hint = str(refused.value).partition("; did you mean ")
    assert meant in hint
    with pytest.raises(SessionError, match="`mmcockpit sessions` lists them"):
        find("xyz", root)


def test_latest_without_sessions_names_how_to_start_one(root: Path) -> None:
    with pytest.raises(SessionError, match="mmcockpit run"):
        find("latest", root)
    assert list_sessions(root) == []


def test_a_file_named_latest_does_not_stand_for_the_latest(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latest").touch()
    path = saved(root, "modelmuxer", 0)
    assert find("latest", root) == path


def test_sessions_are_listed_with_their_outcome(root: Path) -> None:
    left = saved(root, "left", 0, OperatorLeft("ana"))
    closed = saved(root, "closed", 1, Closed("live", "ana"), OperatorLeft("ana"))
    resumed = saved(root, "resumed", 2, Closed("live"), Resumed("ana", "h", 5.0), Noted("x", "ana"))
    rows = list_sessions(root)
    assert [row.path for row in rows] == [resumed, closed, left]
    assert [row.outcome for row in rows] == ["", "live", ""]
    assert [row.when - START for row in rows] == [7200, 3600, 0]
    assert {(row.environment, row.name, row.mode, row.damage) for row in rows} == {("staging", "Small", "live", "")}
    assert [row.size for row in rows] == [path.stat().st_size for path in (resumed, closed, left)]
    assert [row.last and row.last.at for row in rows] == [3.0, 2.0, 1.0]


def test_the_outcome_of_a_long_session_is_found_at_its_end(root: Path) -> None:
    saved(root, "long", 0, *map(body, range(2, 9_000)), Closed("rolled back", "ana"))
    (row,) = list_sessions(root)
    assert row.size > 2 * 256 * 1024
    assert row.outcome == "rolled back"
    assert row.last is not None
    assert row.last.at == 8999.0


def test_the_latest_fact_that_closes_or_resumes_decides_the_outcome_whatever_later_texts_contain(root: Path) -> None:
    saved(root, "again", 0, Closed("live"), Resumed("ana", "h", 5.0), Closed("rolled back"), Noted("Resumed", "ana"))
    saved(root, "unnamed", 1, Resumed("ana", "h", 5.0), Closed(""), Noted('is it "Resumed"', "ana"))
    path = saved(root, "cut", 2, Closed("live"), Noted("x", "ana"))
    with path.open("ab") as file:
        file.write(b'[9,9.0,0,"Resumed"\n')
    rows = list_sessions(root)
    assert [row.outcome for row in rows] == ["live", "closed", "rolled back"]
    assert [row.last and row.last.at for row in rows] == [2.0, 3.0, 4.0]


def test_damaged_sessions_are_listed_as_such(root: Path) -> None:
    empty, foreign, opening = (saved(root, name, hours) for hours, name in enumerate(["a", "b", "c"]))
    empty.write_bytes(b"")
    foreign.write_bytes(b"hello\n")
    opening.write_bytes(opening.read_bytes().replace(b'"mode":"live"', b'"mode":"dream"'))
    (root / "notes").mkdir()
    (root / "20269999T999999Z-odd-0000").mkdir()
    (root / "20269999T999999Z-odd-0000" / JOURNAL).touch()
    rows = list_sessions(root)
    assert len(rows) == 4
    assert all(row.damage for row in rows)


def test_a_running_session_is_listed_with_who_runs_it(root: Path) -> None:
    path = saved(root, "running", 0)
    writer = Writer.open(path, "bo", "edge-2")
    (row,) = list_sessions(root)
    assert str(row.locked_by) == f"bo on edge-2 (process {os.getpid()})"
    assert row.locked_by is not None
    writer.close()
    (row,) = list_sessions(root)
    assert row.locked_by is None
    assert row.locked_by is None


def test_the_note_of_a_killed_process_holds_nothing(root: Path) -> None:
    path = saved(root, "killed", 0)
    with subprocess.Popen([sys.executable, "-c", "pass"]) as gone:
        gone.wait(PATIENCE_S)
    sidecar(path, "lock").write_text(f'{{"pid":{gone.pid},"operator":"ana","host":""}}')
    assert lock.holder(path) is None
    sidecar(path, "lock").write_text(f'{{"pid":{os.getpid()},"operator":"ana","host":""}}')
    assert lock.holder(path) is None
    sidecar(path, "lock").write_text('{"pid":1e99}')
    assert lock.holder(path) is None
