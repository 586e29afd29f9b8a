"""The demo's second service: a web shop, from GO to ROLLBACK, that shares no name with ModelMuxer."""

from pathlib import Path

import msgspec
import pytest

from mmcockpit import sources
from mmcockpit.cli.demo_world import WorldSpec
from mmcockpit.config.load import load_cockpit, shipped_file
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import PhaseChanged
from mmcockpit.core.model.states import Advice
from mmcockpit.core.state.session import Session
from mmcockpit.journal.verify import fold_checked
from tests.e2e.demo.demo_session import OPERATOR, demo_session
from tests.servers.wait import PATIENCE_S

SPEED = 12.0


def test_its_checklist_has_fifteen_items_and_names_no_other_service() -> None:
    cockpit = load_cockpit(shipped_file("checklists", "shop.yaml"), sources).cockpit
    assert len(list(cockpit.checklist.items)) == 15
    assert b"modelmuxer" not in msgspec.json.encode(cockpit).lower()
    assert len(cockpit.checklist.procedures[0].steps) <= 5
    first = cockpit.checklist.phases[0].items
    assert max(item.hold.full for item in first) <= 30.0, "GO within a minute"
    assert {one.source for one in cockpit.signals} == {"procedures", *(source.name for source in cockpit.sources)}


@pytest.mark.server
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("demo")
def test_it_is_go_within_a_minute_and_then_an_incident_leads_to_rollback(folder: Path) -> None:
    with demo_session(folder, WorldSpec("shop", "shop", speed=SPEED)) as demo:

        def advice(wanted: Advice) -> bool:
            advised = demo.session.advised
            return advised is not None and advised.advice is wanted

        def go(session: Session) -> bool:
            demo.tick(0)
            demo.poll_now()
            return advice(Advice.GO)

        demo.watcher.until(go, "the advice is GO", 6 * PATIENCE_S)
        demo.watcher.do(commands.OpenPhase(OPERATOR, "before"))
        demo.watcher.until(lambda session: session.phase == 1, "the release is open", PATIENCE_S)
        demo.watcher.until(lambda session: advice(Advice.ROLLBACK), "the advice is ROLLBACK", 4 * PATIENCE_S)
        demo.watcher.until(lambda session: "rollback" in session.calls, "the rollback is recommended", PATIENCE_S)
    gates = [one.body for one in demo.watcher.events if isinstance(one.body, PhaseChanged)]
    assert [(one.unmet, one.reason) for one in gates] == [((), "")], "the gate was not forced"
    assert not fold_checked(demo.journal).unaccepted
