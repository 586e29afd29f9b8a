"""The pace of a demo: its time passes faster, polling does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.cli.live import open_session
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.facts.pauses import Paused
from mmcockpit.core.feed import STALLED_AFTER
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.state.pauses import lost
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.headless import started
from mmcockpit.engine.pace import REAL_TIME, SessionPace, at_speed
from tests.engine.engine_run import cache_signal, cockpit

FAST = SessionPace(4.0, 5000.0, 1000.0)
MOMENTS = st.floats(0, 1e5)


@given(MOMENTS, MOMENTS, st.sampled_from((1.0, 1.5, 4.0, 20.0)))
def test_times_of_a_source_and_of_the_session_translate_both_ways_in_order(
    one: float, other: float, speed: float
) -> None:
    pace = SessionPace(speed, 5000.0, 1000.0)
    assert pace.real(pace.recorded(one)) == pytest.approx(one, abs=0.01)
    assert (pace.recorded(one) <= pace.recorded(other)) is (one <= other) or abs(one - other) < 0.01


def test_only_the_time_after_the_start_is_faster() -> None:
    assert [FAST.recorded(at) for at in (940.0, 1000.0, 1010.0)] == [4940.0, 5000.0, 5040.0]
    assert FAST.answer(Reading(1.0, sampled=1010.0)) == Reading(1.0, sampled=5040.0)
    assert FAST.points([(1001.0, 2.0)]) == [(5004.0, 2.0)]
    assert REAL_TIME.recorded(1010.0) == 1010.0


def test_a_signal_is_polled_as_often_at_any_speed() -> None:
    usual = cache_signal("clients")
    fast = at_speed(cockpit("redis://unused", usual), 4.0).signals[0]
    assert (fast.every, fast.stale_after) == (usual.every * 4, usual.stale_after * 4)
    assert FAST.signal(fast) == usual


def test_both_times_of_a_stamp_run_at_the_speed() -> None:
    clock = SessionClock(100.0, SessionPace(20.0, 5000.0, 1000.0))
    first = clock.now()
    later = clock.now()
    while later.at - first.at < 0.5:
        later = clock.now()
    assert first.at >= 100.0
    assert later.wall - 5000.0 == pytest.approx(later.at - 100.0, abs=0.002)


def test_a_fast_session_pauses_only_if_nothing_runs_for_as_long() -> None:
    before, now = Stamp(0.0, 0.0), Stamp(24.0, 24.0)
    assert lost(before, now, 8.0) == []
    assert lost(before, now, 4.0) == [Paused(24.0)]


def test_the_time_before_the_engine_starts_is_no_stall(journal: Path) -> None:
    clock = Later()
    engine, _ = open_session(cockpit("redis://127.0.0.1:1"), {}, "ana", SessionMode.LIVE, journal, clock=clock)
    clock.at += 60.0
    with started(engine):
        batch = engine.batch()
        assert batch.pulse is not None
        assert batch.now.at - batch.pulse.at < STALLED_AFTER


class Later:
    """A clock that runs on demand."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> Stamp:
        return Stamp(self.at, 5000.0 + self.at)
