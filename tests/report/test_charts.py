"""Charts of a report: scales, limits, gaps, faults, the baseline, and the same as a line of characters."""

import re
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.facts.event import Backfilled, Observed
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.words.times import utc
from mmcockpit.report.chart import LEFT, RIGHT, TOP, ChartWindow, chart, small_strip
from mmcockpit.report.scale import MOST_TICKS, ends, round_up, ticks
from mmcockpit.report.series import STATES, SignalSeries
from mmcockpit.report.spark import CELLS, spark
from mmcockpit.report.times import When
from tests.report.markup import Tags

RULE = Rule("value < 10.0", "value < 20.0", numeric=True)
WHOLE = ChartWindow(0.0, 100.0, 1_796_522_400.0)


def series(*values: float | None, every: float = 5.0, rule: Rule = RULE, level: Level = Level.PASS) -> SignalSeries:
    """Return a series with a value at every interval; None is a fault."""
    made = SignalSeries(Signal("s", "<Errors> & more", "p", "q", rule=rule, every=every))
    for n, value in enumerate(values):
        answer = Fault(FaultKind.TIMEOUT, "gone") if value is None else Reading(value)
        now = Level.UNKNOWN if value is None else level
        made.observe(n * every, Observed("s", answer, Verdict(now, now)))
    return made


def elements(drawing: object, tag: str, kind: str) -> list[dict[str, str | None]]:
    return [a for name, a in Tags(str(drawing)).tags if name == tag and kind in (a.get("class") or "").split()]


def points(drawing: object) -> list[list[tuple[float, float]]]:
    lines = [str(a["points"]).split() for a in elements(drawing, "polyline", "line")]
    return [[(float(x), float(y)) for x, _, y in (point.partition(",") for point in line)] for line in lines]


def test_a_higher_value_is_higher_and_a_later_one_is_further_right() -> None:
    (line,) = points(chart(series(1.0, 2.0, 9.0), WHOLE, None))
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert line[0][1] > line[1][1] > line[2][1]
    assert all(LEFT <= x <= RIGHT and y >= TOP for x, y in line)


def test_a_line_breaks_at_a_fault_which_is_drawn_as_a_cross() -> None:
    drawing = chart(series(1.0, 2.0, None, 3.0, 4.0), WHOLE, None)
    assert len(points(drawing)) == 2
    assert len(elements(drawing, "path", "fault")) == 1


def test_a_value_between_two_faults_is_a_dot() -> None:
    drawing = chart(series(None, 2.0, None), WHOLE, None)
    assert (len(elements(drawing, "circle", "dot")), points(drawing)) == (1, [])


def test_time_without_results_is_hatched_and_time_with_results_is_not() -> None:
    (gap,) = elements(chart(series(*[1.0] * 11), WHOLE, None), "rect", "gap")
    assert float(gap["x"] or 0) == pytest.approx((LEFT + RIGHT) / 2, abs=1)
    assert float(gap["width"] or 0) == pytest.approx((RIGHT - LEFT) / 2, abs=1)
    assert elements(chart(series(*[1.0] * 21), WHOLE, None), "rect", "gap") == []


def test_limits_near_the_values_are_drawn_with_their_zones() -> None:
    drawing = chart(series(8.0, 12.0, 15.0), WHOLE, None)
    limits = {kind: elements(drawing, "line", kind)[0] for kind in ("warn", "fail")}
    assert float(limits["warn"]["y1"] or 0) > float(limits["fail"]["y1"] or 0)
    assert "10" in str(drawing)
    warn, fail = elements(drawing, "rect", "warn")[0], elements(drawing, "rect", "fail")[0]
    assert float(fail["y"] or 0) + float(fail["height"] or 0) == pytest.approx(float(warn["y"] or 0), abs=0.2)


def test_a_limit_far_from_the_values_does_not_flatten_the_line() -> None:
    drawing = chart(series(1.0, 2.0, 3.0, rule=Rule("value < 1000.0", numeric=True)), WHOLE, None)
    assert elements(drawing, "line", "limit") == []


def test_the_baseline_is_drawn_and_named() -> None:
    drawing = chart(series(1.0, 2.0), WHOLE, 1.5)
    (ghost,) = elements(drawing, "line", "ghost")
    (line,) = points(drawing)
    assert line[0][1] > float(ghost["y1"] or 0) > line[1][1]
    assert "1.5" in "".join(Tags(str(drawing)).text)


def test_a_signal_without_a_number_has_no_chart() -> None:
    assert chart(series(None, None), WHOLE, None) is None
    assert chart(series(1.0), ChartWindow(50.0, 100.0, 0.0), None) is None


def test_the_moment_of_a_decision_is_marked() -> None:
    (mark,) = elements(chart(series(*[1.0] * 21), ChartWindow(0.0, 100.0, 0.0, (50.0,)), None), "line", "mark")
    assert float(mark["x1"] or 0) == pytest.approx((LEFT + RIGHT) / 2, abs=1)


def test_the_title_of_a_signal_is_text() -> None:
    drawing = str(chart(series(1.0, 2.0), WHOLE, None))
    assert "&lt;Errors&gt; &amp; more" in drawing


def test_times_below_a_chart_are_round_and_in_utc() -> None:
    drawing = chart(series(*[1.0] * 121), ChartWindow(0.0, 600.0, 1_796_522_400.0), None)
    shown = [text for text in Tags(str(drawing)).text if re.fullmatch(r"\d\d:\d\d", text)]
    assert shown == ["02:02", "02:04", "02:06", "02:08"]


def test_backfilled_points_come_before_the_first_result() -> None:
    made = series(1.0, 2.0)
    made.backfill(When(0.0, 1000.0), Backfilled("s", tuple((1000.0 + at, 5.0) for at in (-30.0, -20.0, -10.0, 3.0))))
    assert made.earlier == [(-30.0, 5.0), (-20.0, 5.0), (-10.0, 5.0)]
    assert made.lines(-100.0, 100.0) == [[(-30.0, 5.0), (-20.0, 5.0), (-10.0, 5.0), (0.0, 1.0), (5.0, 2.0)]]


@pytest.mark.parametrize("value", [inf, -inf, 1e301, True, "12", None, [1.0]])
def test_what_is_no_number_is_not_drawn(value: object) -> None:
    made = SignalSeries(Signal("s", "S", "p", "q", every=5.0))
    made.observe(0.0, Observed("s", Reading(value), Verdict(Level.UNKNOWN, Level.UNKNOWN)))
    assert (made.lines(0.0, 10.0), made.numbers, made.answers) == ([], 0, 1)


def test_a_strip_shows_the_more_severe_state_where_two_share_a_place() -> None:
    made = series(*[1.0] * 200, every=1.0)
    made.observe(200.0, Observed("s", Reading(99.0), Verdict(Level.FAIL, Level.FAIL)))
    made.observe(200.1, Observed("s", Reading(1.0), Verdict(Level.PASS, Level.PASS)))
    drawing = small_strip(made, 0.0, 100_000.0)
    assert elements(drawing, "rect", "s-fail")


def test_states_of_a_strip_differ_in_height_too() -> None:
    made = series(1.0, 1.0)
    made.observe(50.0, Observed("s", Reading(9.0), Verdict(Level.FAIL, Level.FAIL)))
    drawing = small_strip(made, 0.0, 100.0)
    heights = [float(elements(drawing, "rect", kind)[0]["height"] or 0) for kind in ("s-pass", "s-fail")]
    assert heights[0] < heights[1]


def test_a_line_of_characters_shows_peaks_gaps_and_faults() -> None:
    made = series(1.0, 8.0, None, every=5.0)
    text = spark(made, ChartWindow(0.0, 60.0, 0.0))
    assert len(text) == CELLS
    assert (text[0], text[5], text[10], text[30]) == ("▂", "█", "×", "·")


def test_a_cell_of_a_line_of_characters_shows_its_largest_value() -> None:
    made = series(8.0, 1.0, 4.0, every=1.0)
    assert spark(made, ChartWindow(0.0, 120.0, 0.0))[:2] == "█▅"


def test_a_line_of_characters_of_no_time_is_empty() -> None:
    assert spark(series(1.0), ChartWindow(5.0, 5.0, 0.0)) == ""


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.lists(st.floats(-1e6, 1e6), max_size=3))
def test_an_axis_holds_all_its_values(values: list[float], limits: list[float]) -> None:
    low, high = ends(values, limits)
    assert low < high
    assert low <= min(values) + 1e-6
    assert high >= max(values) - 1e-6


@given(st.floats(0, 1e6), st.floats(1, 1e6), st.floats(-1e6, 1e6))
def test_ticks_are_few_in_order_and_inside(start: float, length: float, zero: float) -> None:
    found = ticks(start, start + length, zero)
    assert len(found) <= MOST_TICKS + 1
    assert all(start <= at < start + length for at in found)
    assert all(before < after for before, after in pairwise(found))


@pytest.mark.parametrize(("value", "rounded"), [(0.3, 0.5), (1.0, 1.0), (1.01, 2.0), (23.0, 25.0), (99.0, 100.0)])
def test_ends_of_an_axis_are_round(value: float, rounded: float) -> None:
    assert round_up(value) == pytest.approx(rounded)


def test_the_time_in_each_state_is_counted_to_the_end() -> None:
    made = series(1.0, 1.0, None)
    made.silent(20.0)
    times = dict(zip(STATES, made.times(50.0), strict=True))
    assert (times["pass"], times["unknown"], times["not polled"]) == (10.0, 10.0, 30.0)


@pytest.mark.parametrize("wall", [1e18, -1e18, 1e300])
def test_a_moment_outside_the_calendar_is_shown_in_seconds(wall: float) -> None:
    assert utc(wall).endswith(" s")
