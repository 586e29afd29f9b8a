"""The longest gap of a schedule is kept until its next run, and is always that of the runs from now on."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.sources.kubernetes import jobs
from mmcockpit.sources.kubernetes.jobs import LongestGap, next_runs

SCHEDULES = (
    *("0 2 * * *", "30 2 * * *", "*/15 * * * *", "0 */6 * * 1-5", "15 1-3 * * 0", "0 0 1 * *", "59 1 28-31 * *"),
    *("@daily", "@hourly", "@weekly", "0 0 29 2 *", "@every 90m"),
)
ZONES = ("", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
CHANGES = (
    *(datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC)),
    *(datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC)),
)
"""When clocks change in these zones, and a day without a change."""

polls = st.lists(
    st.tuples(st.sampled_from(SCHEDULES), st.sampled_from(ZONES), st.floats(-3_000.0, 90_000.0)), min_size=2, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHANGES), st.floats(-90_000.0, 0.0), polls, st.booleans())
def test_what_is_kept_is_what_the_next_runs_have(
    change: datetime, before_s: float, polls: list[tuple[str, str, float]], same: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "RUNS", 20)
        gap, now = LongestGap(), change + timedelta(seconds=before_s)
        for schedule, zone, later_s in polls:
            # Clocks of servers may also go back a little.
            now += timedelta(seconds=later_s)
            asked = polls[0][:2] if same else (schedule, zone)
            assert gap.seconds(*asked, now) == afresh(*asked, now)


def afresh(schedule: str, zone: str, now: datetime) -> float:
    if schedule.startswith("@every"):
        return 5_400.0
    return max((later - earlier).total_seconds() for earlier, later in pairwise(next_runs(schedule, zone, now)))


@pytest.mark.parametrize("schedule", ["61 * * * *", "@every never", "@every", "* * *"])
def test_a_schedule_that_cannot_be_read_is_a_fault_at_every_poll(schedule: str) -> None:
    gap = LongestGap()
    for _ in range(2):
        with pytest.raises(ProbeError, match="invalid schedule"):
            gap.seconds(schedule, "", datetime(2026, 1, 1, tzinfo=UTC))
