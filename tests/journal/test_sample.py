"""The session that ships: there after installing, whole, with everything in it that a replay can show."""

import socket
from pathlib import Path

from mmcockpit.core import event as facts
from mmcockpit.core.state import Advice, Mark
from mmcockpit.journal.reader import Problem, read
from mmcockpit.journal.sample import SHIPPED
from mmcockpit.journal.sessions import find, list_sessions
from mmcockpit.journal.verify import verify


def test_the_sample_is_a_private_journal_beside_the_sessions(tmp_path: Path) -> None:
    root = tmp_path / "state" / "sessions"
    path = find("sample", root)
    assert path == tmp_path / "state" / "sample" / "journal.jsonl"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert verify(path).ok
    assert list_sessions(root) == []
    before = path.stat().st_mtime_ns
    assert find("sample", root).stat().st_mtime_ns == before
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    assert find("sample", root).read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == ["journal.jsonl"]


def test_a_night_with_an_incident_and_a_rollback(tmp_path: Path) -> None:
    problems: list[Problem] = []
    bodies = [event.body for event in read(find("sample", tmp_path / "sessions"), problems.append)]
    assert problems == []
    accepted = [body for body in bodies if isinstance(body, facts.Decided) and body.accepted]
    assert [body.advice for body in accepted] == [Advice.ROLLBACK]
    marks = {body.mark for body in bodies if isinstance(body, facts.ItemMarked)}
    assert marks >= {Mark.DONE, Mark.OVERRIDE, Mark.NOT_APPLICABLE, Mark.DEFER, Mark.BLOCK, Mark.CLAIM}
    assert {body.on for body in bodies if isinstance(body, facts.Held)} == {True, False}
    assert sum(isinstance(body, facts.Noted) and body.marker for body in bodies) >= 4
    assert sum(isinstance(body, facts.PhaseChanged) for body in bodies) == 2
    assert any(isinstance(body, facts.PollClosed) and not body.unanswered for body in bodies)
    assert any(isinstance(body, facts.Closed) for body in bodies)
    assert not any(isinstance(body, facts.Unread) for body in bodies)


def test_it_is_small_and_names_no_machine(tmp_path: Path) -> None:
    assert SHIPPED.stat().st_size < 400_000
    content = find("sample", tmp_path / "sessions").read_bytes()
    for name in (socket.gethostname(), str(Path.home()), str(Path(__file__).parents[2])):
        assert len(name) < 6 or name.encode() not in content
