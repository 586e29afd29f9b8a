"""A few random schedules of faults on real processes; `python -m tests.hands --schedules 200` runs many."""

from pathlib import Path

import pytest

from mmcockpit.simulator.servers.postgres import Postgres
from tests.hands.outcome import run_all, summary
from tests.hands.schedules import FaultKind, schedules
from tests.servers.needs import need

SEED = 20
KINDS = (FaultKind.DRIVER_CUT_OFF, FaultKind.FAILED_OVER, FaultKind.DRIVER_KILLED)


@pytest.mark.server
@pytest.mark.timeout(900)
def test_no_schedule_of_faults_loses_a_fact_or_decides_twice(tmp_path: Path) -> None:
    need(Postgres.binaries(), "no PostgreSQL server")
    outcomes = run_all(schedules(len(KINDS), SEED, KINDS), tmp_path, len(KINDS))
    print(summary(outcomes, SEED))
    assert [str(outcome) for outcome in outcomes if outcome.violations] == []
    assert sum(outcome.counts["takeovers"] for outcome in outcomes) >= 2
    assert all(outcome.counts["commands decided"] for outcome in outcomes)
