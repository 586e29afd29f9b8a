"""The incident of the demo: begins in the deployment, and reaches ROLLBACK by itself."""

from pathlib import Path

import pytest

from mmcockpit.cli.demo_world import WorldSpec
from mmcockpit.core.facts.event import Advised, ItemMarked, Opened, PhaseChanged
from mmcockpit.core.model.production_change import ProductionChangeKind
from mmcockpit.core.model.states import Advice, Mark
from mmcockpit.core.rules.gate import gate
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import fold_checked
from tests.e2e.demo.demo_session import demo_session
from tests.servers.wait import PATIENCE_S

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.server,
    pytest.mark.xdist_group("demo"),
    # An engine that ends in the middle of a query leaves its connection, until its thread has ended.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
SPEED = 15.0


def test_it_begins_in_the_deployment_and_reaches_rollback_without_a_forced_gate(folder: Path) -> None:
    with demo_session(folder, WorldSpec(scenario="incident", speed=SPEED)) as demo:
        session = demo.session
        assert session.cockpit.checklist.phases[session.phase].id == "deployment"
        assert session.t0 is not None
        assert gate(session, 1).unmet == (), "Readiness and Preparation are done"
        demo.watcher.until(
            lambda session: session.advised is not None and session.advised.advice is Advice.ROLLBACK,
            "the advice is ROLLBACK",
            PATIENCE_S + 600 / SPEED,
        )
        assert demo.session.advised is not None
        assert "error_rate" in {reason.subject for reason in demo.session.advised.reasons}
        deployed = [one.text for one in demo.session.changes if one.kind is ProductionChangeKind.DEPLOY]
        assert [text for text in deployed if text.startswith("rollout: revision 2 to 3")], (
            "the likeliest cause is named"
        )
        reached = demo.watcher.batch.now.at
        demo.watcher.until(lambda session: "rollback-kubectl" in session.calls, "it is recommended", PATIENCE_S)
    events = list(read(demo.journal))
    assert isinstance(events[0].body, Opened)
    gates = [event.body for event in events if isinstance(event.body, PhaseChanged)]
    assert [(one.was, one.unmet, one.reason) for one in gates] == [("readiness", (), ""), ("preparation", (), "")]
    marks = [event.body for event in events if isinstance(event.body, ItemMarked)]
    assert {one.mark for one in marks} == {Mark.DONE}, "no override"
    assert all(one.reason for one in marks), "each has its evidence"
    checked = fold_checked(demo.journal)
    assert not checked.unaccepted
    assert not checked.report.note
    before = fold_journal(demo.journal, until=reached - 60.0)
    advised = [event for event in events if isinstance(event.body, Advised) and event.stamp.at <= reached - 60.0]
    assert before.advised == advised[-1].body, "a replay shows what was advised then"
