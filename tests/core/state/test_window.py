"""The window of a signal: the levels of its last results, oldest first."""

from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.signals import SignalState


@given(st.lists(st.sampled_from(Level), max_size=12), st.integers(1, 5))
def test_a_window_holds_the_last_levels_whatever_came_before(levels: list[Level], of: int) -> None:
    state = SignalState(Signal("s", "s", "cache", "info", rule=Rule("value > 0", of=of), every=5.0))
    for number, level in enumerate(levels):
        at = 5.0 * number
        state.observe(Stamp(at, at), Observed("s", Reading(1.0), Verdict(level, level)))
        assert state.window == tuple(levels[: number + 1][-of:])


@given(st.lists(st.floats(0.0, 40.0), min_size=1, max_size=8), st.booleans())
def test_passing_time_counts_up_to_two_intervals_and_none_beyond_the_patience(gaps: list[float], active: bool) -> None:
    signal = Signal("s", "s", "cache", "info", rule=Rule("value > 0"), every=5.0, stale_after=20.0, active=active)
    state, at, counted = SignalState(signal), 0.0, 0.0
    for gap in [0.0, *gaps]:
        before, at = at, round(at + gap, 3)
        state.observe(Stamp(at, at), Observed("s", Reading(1.0), Verdict(Level.PASS, Level.PASS)))
        if at - before <= signal.patience:
            counted += at - before if active else min(at - before, 10.0)
    assert abs(state.passing.since(0.0) - counted) < 0.01
