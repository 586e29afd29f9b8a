"""The session that ships: there after installing, whole, with everything in it that a replay can show."""

import getpass
import re
import socket
from pathlib import Path
from typing import TypeVar

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.procedure import Danger
from mmcockpit.core.model.states import Advice, Mark, StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.session import Session
from mmcockpit.journal.playback import timeline
from mmcockpit.journal.playback.timeline import STRIDE, Timeline
from mmcockpit.journal.reader import Problem, read
from mmcockpit.journal.sample import SHIPPED
from mmcockpit.journal.sessions import find, list_sessions
from mmcockpit.journal.verify import verify
from tests.sample.record import disturbed

pytestmark = pytest.mark.xdist_group("sample")
Fact = TypeVar("Fact", bound=facts.Body)


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


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find("sample", tmp_path_factory.mktemp("state") / "sessions")


@pytest.fixture(scope="module")
def night(path: Path) -> list[Event]:
    problems: list[Problem] = []
    events = list(read(path, problems.append))
    assert problems == []
    return events


def of(night: list[Event], kind: type[Fact]) -> list[tuple[Event, Fact]]:
    """Return the facts of one kind, with when they came."""
    return [(event, event.body) for event in night if isinstance(event.body, kind)]


def test_a_night_in_which_everything_is_done_that_a_replay_can_show(night: list[Event]) -> None:
    marks = {body.mark for _, body in of(night, facts.ItemMarked)}
    assert marks >= {Mark.DONE, Mark.OVERRIDE, Mark.NOT_APPLICABLE, Mark.DEFER, Mark.BLOCK, Mark.CLAIM}
    assert {body.on for _, body in of(night, facts.Held)} == {True, False}
    assert sum(body.marker for _, body in of(night, facts.Noted)) >= 4
    assert len(of(night, facts.PhaseChanged)) == 2
    assert any(not body.unanswered for _, body in of(night, facts.PollClosed))
    assert "redis_hit_rate" in of(night, facts.BaselineRecorded)[0][1].values
    assert of(night, facts.MessageSent)
    # A poll that was under way when the session ended may still be recorded.
    assert [type(event.body) for event in night if not isinstance(event.body, facts.Observed)][-1] is facts.Closed


def test_nothing_disturbed_it(night: list[Event]) -> None:
    assert disturbed(night) == []
    assert not any(isinstance(event.body, facts.Unread | facts.Gap) for event in night)


def test_an_incident_then_an_advised_and_accepted_rollback_then_recovery(night: list[Event]) -> None:
    (accepted,) = [event for event, body in of(night, facts.Decided) if body.accepted]
    assert isinstance(accepted.body, facts.Decided)
    assert accepted.body.advice is Advice.ROLLBACK
    before, after = fold(night[: accepted.seq]), fold(night)
    assert before.advised is not None
    assert before.advised.advice is Advice.ROLLBACK
    assert before.signals["error_rate"].verdict.level is Level.FAIL
    assert [run.procedure.id for run in after.procedures.values()] == ["rollback-kubectl"]
    assert after.advised is not None
    assert after.advised.advice is not Advice.ROLLBACK
    assert {name: after.signals[name].verdict.level for name in ("error_rate", "old_image", "smoke_chat")} == {
        "error_rate": Level.PASS,
        "old_image": Level.PASS,
        "smoke_chat": Level.PASS,
    }
    undo = _undo(after)
    undone = next(event for event, body in of(night, facts.StepChanged) if body.step == undo and body.exit == 0)
    passed = [event.seq for event, body in of(night, facts.Observed) if _passed(body) and event.seq > accepted.seq]
    assert accepted.seq < undone.seq < passed[0] < night[-1].seq


def _undo(session: Session) -> str:
    """Return the id of the one dangerous step: it rolls back."""
    (run,) = session.procedures.values()
    (step,) = [name for name, each in run.steps.items() if each.step.danger is Danger.DANGEROUS]
    return step


def _passed(body: facts.Observed) -> bool:
    return body.signal == "error_rate" and body.verdict.level is Level.PASS


def test_the_rollback_ran_step_by_step_with_its_output(night: list[Event]) -> None:
    session = fold(night)
    (back,) = session.procedures.values()
    undo = _undo(session)
    assert back.closed is not None
    assert not back.closed.abandoned
    ran = {name: one for name, one in back.steps.items() if one.step.argv and one.state is not StepState.SKIPPED}
    assert len(ran) >= 6
    for one in ran.values():
        assert (one.state, one.exit, one.argv[0], bool(one.output)) == (StepState.OK, 0, "kubectl", True)
        assert one.where.startswith("https://")
    said = {name: "\n".join(line for _, line in one.output) for name, one in ran.items()}
    assert "rolled back" in said[undo]
    assert "successfully rolled out" in said["watch-the-rollout"]
    assert back.values["image"] in said["show-the-images-of-the-revisions"]
    assert f"--to-revision={back.values['revision']}" in back.steps[undo].argv
    settled = {one.state for one in back.steps.values()}
    assert settled == {StepState.OK, StepState.SKIPPED}
    assert all(one.because for one in back.steps.values() if one.state is StepState.SKIPPED)
    by_signal = [name for name, one in back.steps.items() if one.step.signal and "has passed for" in one.because]
    assert {"watch-the-rollout", "every-pod-runs-the-old-image", "smoke-request"} <= set(by_signal)


@pytest.mark.parametrize("stride", [37, STRIDE])
def test_the_session_of_any_moment_is_what_was_live_then(
    stride: int, path: Path, night: list[Event], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "SAVED_FROM", len(night))
    made, kept = (Timeline(path, folder=tmp_path, stride=stride) for _ in range(2))
    assert list(tmp_path.iterdir()), "the second one came from what was kept of the first"
    marked = {mark.seq for mark in made.landmarks} | {event.seq for event, _ in of(night, facts.StepChanged)}
    live, windows = Session(), set[int]()
    for event, later in zip(night, [*night[1:], None], strict=True):
        evolve(live, event)
        if event.seq % 1009 == 0 or event.seq in marked or later is None:
            alone = later is None or later.stamp.at > event.stamp.at
            assert made.session_after(event.seq) == live
            assert not alone or made.session_at(event.stamp.at) == live
            # Both continue alike from the sessions they have at each stride, so one moment behind each is enough.
            if alone and event.seq // stride not in windows:
                windows.add(event.seq // stride)
                assert kept.session_at(event.stamp.at) == live
    assert len(marked) > 20
    assert len(windows) > 5


def test_it_is_small_and_names_no_machine(path: Path, night: list[Event]) -> None:
    assert SHIPPED.stat().st_size < 450_000
    assert night[-1].stamp.at < 600
    content = path.read_text()
    for name in (socket.gethostname(), getpass.getuser(), str(Path.home()), str(Path(__file__).parents[2])):
        assert len(name) < 6 or name not in content
    foreign = re.compile(r"(?<![\w.}/-])/(?:home|Users|work|root|tmp|var/folders)/[^\s\"\\]*")
    assert {found for found in foreign.findall(content) if not found.startswith("/tmp/mmcockpit-sample/")} == set()
