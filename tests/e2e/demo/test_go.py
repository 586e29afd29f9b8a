"""A newcomer takes the demo through its first phase: everything that the checklist names is there."""

from itertools import pairwise
from pathlib import Path

import pytest

from mmcockpit.cli.demo_world import WorldSpec
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import PhaseChanged
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.states import Advice
from mmcockpit.core.state.session import Session
from mmcockpit.engine.clock import wall
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import fold_checked
from tests.e2e.demo.demo_session import OPERATOR, DemoSession, demo_session
from tests.servers.wait import PATIENCE_S

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.server,
    pytest.mark.xdist_group("demo"),
    # An engine that ends in the middle of a query leaves its connection, until its thread has ended.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
SPEED = 12.0
EVERY_S = 4.0
"""Time between two rounds of keys; the hit rate of the cache needs 50 look-ups between two polls."""


def test_the_first_phase_reaches_go_by_ticking_and_by_running_active_checks(folder: Path) -> None:
    with demo_session(folder, WorldSpec(scenario="quiet", speed=SPEED)) as demo:
        reach_go(demo)
        assert demo.open_items(0) == []
        demo.watcher.do(commands.OpenPhase(OPERATOR, "readiness"))
        demo.watcher.until(lambda session: session.phase == 1, "the gate of the first phase is passed", PATIENCE_S)
        passed = next(one.body for one in demo.watcher.events if isinstance(one.body, PhaseChanged))
        assert (passed.unmet, passed.reason) == ((), ""), "the gate was not forced"
        assert sources_without_data(demo) == set()
        ahead_s = demo.watcher.batch.now.wall - wall()
        assert ahead_s > (SPEED - 1) * 5.0, "the session's wall clock runs faster than the real one"
    stamps = [event.stamp for event in read(demo.journal)]
    assert all(one.at <= other.at and one.wall <= other.wall for one, other in pairwise(stamps))
    assert demo.refusals() == []
    checked = fold_checked(demo.journal)
    assert not checked.unaccepted
    assert (checked.session.phase, checked.session.speed) == (1, SPEED)


def reach_go(demo: DemoSession) -> None:
    """Run the active checks, record the baseline, and tick what the checks allow, until the advice is GO."""
    pressed = [0.0]

    def go(session: Session) -> bool:
        now = demo.watcher.batch.now.at
        if now >= pressed[0] + EVERY_S * SPEED:
            pressed[0] = now
            demo.tick(0)
            demo.poll_now()
            demo.run_active_checks()
            compared = [session.signals[name] for name in session.cockpit.baseline.signals]
            # Prometheus has scraped for the whole window of the baseline.
            filled = now >= session.cockpit.baseline.over
            if session.baseline is None and filled and all(one.reading for one in compared):
                demo.watcher.do(commands.RecordBaseline(OPERATOR))
        return session.advised is not None and session.advised.advice is Advice.GO

    try:
        demo.watcher.until(go, "the advice is GO", 6 * PATIENCE_S)
    except AssertionError as error:
        raise AssertionError("\n".join([str(error), *demo.open_items(0), *demo.refusals()])) from error


def sources_without_data(demo: DemoSession) -> set[str]:
    """Return the sources of which a signal's last result is that the source is missing or not configured."""
    faults = [(state.signal.source, state.fault) for state in demo.session.signals.values()]
    return {source for source, fault in faults if fault is not None and fault.kind is FaultKind.CONFIGURATION}
