"""The demo's second service: a web shop, from GO to ROLLBACK, that shares no name with ModelMuxer."""

import time
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
from mmcockpit.simulator.clock import WorldClock
from mmcockpit.simulator.scenarios import SCENARIOS
from tests.e2e.demo.demo_session import OPERATOR, DemoSession, demo_session
from tests.servers.wait import PATIENCE_S

SPEEDS = (12.0, 3.0, 1.0)
"""The next one gives a busy machine more time until the incident."""

INCIDENT_AT = SCENARIOS["shop"][-1].at


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
    for speed in SPEEDS:
        spec = WorldSpec("shop", "shop", speed=speed, started=time.time())
        with demo_session(folder / f"{speed:g}", spec) as demo:
            if not _released(demo, WorldClock(spec.started, speed)):
                continue
            demo.watcher.until(
                lambda session: _advice(session, Advice.ROLLBACK), "the advice is ROLLBACK", 4 * PATIENCE_S
            )
            demo.watcher.until(lambda session: "rollback" in session.calls, "the rollback is recommended", PATIENCE_S)
        gates = [one.body for one in demo.watcher.events if isinstance(one.body, PhaseChanged)]
        assert [(one.unmet, one.reason) for one in gates] == [((), "")], "the gate was not forced"
        assert not fold_checked(demo.journal).unaccepted
        return
    raise AssertionError("the advice was not GO before the incident at any speed")


def _released(demo: DemoSession, clock: WorldClock) -> bool:
    """Open the release as soon as the advice is GO; False if the incident was faster, on a busy machine."""

    def opened(session: Session) -> bool:
        demo.tick(0)
        demo.poll_now()
        if _advice(session, Advice.GO) and session.phase == 0:
            demo.watcher.do(commands.OpenPhase(OPERATOR, "before"))
        return session.phase == 1 or clock.now() > INCIDENT_AT

    demo.watcher.until(opened, "the release is open, or the incident begins", 2 * INCIDENT_AT)
    return demo.session.phase == 1


def _advice(session: Session, wanted: Advice) -> bool:
    return session.advised is not None and session.advised.advice is wanted
