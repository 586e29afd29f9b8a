"""A demo that was left continues: its production is started again, as old as it is by now."""

from contextlib import ExitStack, nullcontext
from pathlib import Path

import msgspec
import pytest

from mmcockpit.cli import main
from mmcockpit.cli.demo_world import WorldSpec, accept_systems, again, world_again
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.live import Permit, resume_session
from mmcockpit.core.facts.event import SCHEMA, Event, Opened, Reconfigured, SessionMode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Share
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.engine.clock import wall
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.engine.headless import started
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.sample import unpacked
from mmcockpit.journal.sessions import new_session_path
from mmcockpit.journal.verify import fold_checked
from mmcockpit.journal.writer import Writer
from mmcockpit.ui.actions.session import leave
from tests.core.sessions import cockpit
from tests.e2e.demo.demo_session import OPERATOR, WITHIN_S, demo_session
from tests.engine.engine_run import Watcher
from tests.ui.desks import PlainDesk
from tests.ui.go_lives import GoLive, go_live_file

SPEED = 20.0


@pytest.mark.server
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("demo")
def test_a_left_demo_resumes_with_its_production_at_other_addresses(folder: Path) -> None:
    with demo_session(folder, WorldSpec("shop", "shop", speed=SPEED)) as demo:
        new = demo.world.addresses["version"]
        demo.watcher.until(lambda session: _version(session) == new, "the new version runs", WITHIN_S)
        left = demo.session.last
    with ExitStack() as worlds:

        def today(session: Session) -> Reconfigured:
            return again(session, worlds.enter_context(world_again(session, wall())), OPERATOR)

        engine = resume_session(demo.journal, OPERATOR, Permit(today=today))
        accept_systems(engine, OPERATOR)
        worlds.enter_context(started(engine))
        watcher = Watcher(LiveFeed(engine))

        def responds(session: Session) -> bool:
            found = (session.signals[name] for name in ("requests", "rollout", "redis", "postgres", "front_page"))
            return all(one.fault is None and one.verdict.level is not Level.UNKNOWN for one in found)

        try:
            watcher.until(responds, "every system responds", WITHIN_S)
        except AssertionError as error:
            failing = [(one.signal.name, one.verdict.because) for one in watcher.session.signals.values()]
            raise AssertionError(f"{error}: {failing}") from error
        watcher.until(lambda session: _version(session) == new, "the new version still runs", WITHIN_S)
        assert left is not None
        assert watcher.batch.now.at > left.at
        assert watcher.batch.now.wall > left.wall
        assert watcher.session.speed == SPEED
        assert {source.name: source.options for source in watcher.session.cockpit.sources} != {
            source.name: source.options for source in demo.session.cockpit.sources
        }
    assert not fold_checked(demo.journal).unaccepted


def _version(session: Session) -> str:
    spec = WorldSpec.recorded(session, wall())
    return spec.running if spec is not None else ""


def test_a_demo_that_does_not_name_its_production_is_refused_in_one_line(tmp_path: Path) -> None:
    session = fold_journal(unpacked(tmp_path / "sample" / "journal.jsonl"))
    with pytest.raises(CommandError) as refused:
        world_again(session, wall())
    assert "cannot be resumed" in str(refused.value)
    assert "mmcockpit replay sample" in str(refused.value)
    assert "\n" not in str(refused.value)


NAMED = {**WorldSpec("shop", "shop").variables(), "started": "1796522400"}
"""Variables that name a simulated production."""


@pytest.mark.parametrize(
    ("variables", "store", "outcome"),
    [
        (NAMED, None, "left: can be resumed"),
        (NAMED, Share(postgres={"env": "STORE"}), "left: can only be replayed"),
        ({**NAMED, "demo_service": "gone"}, None, "left: can only be replayed"),
        ({}, None, "left: can only be replayed"),
    ],
)
def test_sessions_calls_resumable_exactly_what_resume_continues(
    variables: dict[str, str],
    store: Share | None,
    outcome: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    session = Session()
    file = msgspec.structs.replace(cockpit(), vars=variables, share=store)
    opened = Event(1, Stamp(0.0, 1_796_522_400.0), Opened("s1", "0", OPERATOR, "here", SessionMode.DEMO, file, SCHEMA))
    evolve(session, opened)
    writer = Writer.create(new_session_path("shop", opened.stamp.wall), OPERATOR, "here")
    writer.append(opened)
    writer.close()
    assert main(["sessions"]) == 0
    printed = capsys.readouterr().out
    assert outcome in printed
    assert SessionMode.DEMO in printed.split()
    resumes = nullcontext() if "resumed" in outcome else pytest.raises(CommandError, match="cannot be resumed")
    with resumes:
        world_again(session, wall())


@pytest.mark.parametrize(
    ("mode", "means"),
    [
        (SessionMode.DEMO, "polling stops until another seat takes over; the demo cannot be resumed later"),
        (SessionMode.LIVE, "polling stops until `mmcockpit resume`"),
    ],
)
def test_the_dialog_before_leaving_names_resume_only_where_it_can_continue(mode: SessionMode, means: str) -> None:
    night = GoLive(msgspec.structs.replace(go_live_file(), share=Share(postgres={"env": "STORE"})))
    assert night.session.opened is not None
    night.session.opened = msgspec.structs.replace(night.session.opened, mode=mode)
    desk = PlainDesk(night)
    leave(desk)
    ((_, ways, _),) = desk.choices
    assert [way.means for way in ways if way.word == "leave"] == [means]
