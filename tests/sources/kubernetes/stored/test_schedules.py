"""Schedules of CronJobs as Kubernetes understands them, where other crons do otherwise."""

from datetime import UTC, datetime

import pytest

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.sources.kubernetes.jobs import LongestGap, next_runs

DAY = 86_400.0
NOW = datetime(2026, 11, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "gap_s"),
    [
        # A step takes the star's meaning away: every second day, and every Monday.
        *(("0 3 */2 * 1", 2 * DAY), ("0 3 ?/2 * 1", 2 * DAY), ("0 3 */02 * 1", 2 * DAY), ("0 3 1 * */2", 2 * DAY)),
        *(("0 3 */1 * 1", 7 * DAY), ("0 3 */2 * *", 2 * DAY), ("0 3 * * */2", 2 * DAY), ("0 3 1 * *", 31 * DAY)),
        *(("0/5 * * * *", 300.0), ("*/90 * * * *", 3_600.0), ("0 3 ? * SUN", 7 * DAY)),
        *(("CRON_TZ=UTC 0 3 * * *", DAY), ("TZ=Asia/Tokyo  @daily", DAY)),
    ],
)
def test_a_schedule_runs_as_in_kubernetes(schedule: str, gap_s: float) -> None:
    assert LongestGap().seconds(schedule, "", NOW) == gap_s


def test_a_time_zone_in_front_of_a_schedule_counts() -> None:
    assert next_runs("CRON_TZ=Asia/Tokyo 0 3 * * *", "", NOW)[0] == datetime(2026, 11, 30, 18, tzinfo=UTC)
    with pytest.raises(ProbeError, match="invalid schedule 'CRON_TZ=Nowhere/Town 0 3"):
        next_runs("CRON_TZ=Nowhere/Town 0 3 * * *", "", NOW)
