"""A demo that was left continues: its production is started again, as old as it is by now."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from mmcockpit.cli.demo_world import WorldSpec, accept_systems, again, world_again
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.live import Permit, resume_session
from mmcockpit.core.facts.event import Reconfigured
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.engine.clock import wall
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.engine.headless import started
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.sample import unpacked
from mmcockpit.journal.verify import fold_checked
from tests.e2e.demo.demo_session import OPERATOR, WITHIN_S, demo_session
from tests.engine.engine_run import Watcher

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
