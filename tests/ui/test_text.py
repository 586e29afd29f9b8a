"""Pure functions of the screen: cells, numbers, ages, times, places, plots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.color_triplet import ColorTriplet
from textual.geometry import Size

from mmcockpit.config.load import load_theme
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import Arrangement, LayoutColumn, Slot, Theme
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.values import value_cell
from mmcockpit.ui.actions.times import parse_time
from mmcockpit.ui.render.plot import PlotLine, buckets, plot, round_up, scale, spark
from mmcockpit.ui.render.text import fit, middle_cut, number, pad, plain, short_title, spread, text_of, width_of, wrap
from mmcockpit.ui.render.themes import COCKPIT_DARK, Paint, theme_faults
from mmcockpit.ui.render.values import cell_text, last_value, limits, needs
from mmcockpit.ui.widgets.places import divide, edges, regions
from tests.shapes import shape
from tests.ui.feeds import START


@given(st.text(), st.integers(0, 60))
def test_a_padded_text_has_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(pad(plain(text), width)) == width


@given(st.text(), st.integers(0, 60))
def test_a_text_that_is_cut_in_its_middle_has_at_most_its_cells(text: str, width: int) -> None:
    assert cell_len(middle_cut(plain(text), width)) <= max(width, 1)


@pytest.mark.parametrize(
    ("title", "target", "width", "short"),
    [
        ("eu-1: Share of errors", "eu-1", 14, "eu-1: Share of errors"),
        ("production-eu-west-1: Share of errors", "production-eu-west-1", 18, "produc…est-1: Share of errors"),
        ("eu-1-of-production: Rollout", "eu-1-of-production", 18, "eu-1-o…ction: Rollout"),
        ("Announce production-eu-west-2", "production-eu-west-2", 20, "Announce produ…est-2"),
        ("production-eu-west-1: Rollout", "production-eu-west-1", 40, "production-eu-west-1: Rollout"),
        ("Share of errors on all clusters", "", 10, "Share of errors on all clusters"),
    ],
)
def test_a_short_title_keeps_both_ends_of_a_long_target(title: str, target: str, width: int, short: str) -> None:
    assert short_title(title, target, width) == short


@given(st.lists(st.tuples(st.text(max_size=20), st.just("text")), max_size=6), st.integers(0, 60))
def test_a_fitted_line_has_exactly_its_cells(spans: list[tuple[str, str]], width: int) -> None:
    line = tuple((plain(text), role) for text, role in spans)
    assert width_of(fit(line, width)) == width
    assert width_of(fit(spread(line, line, width), width)) == width


@given(st.text(), st.integers(2, 60))
def test_wrapped_lines_keep_every_word_and_never_overflow(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(plain(text, 4096).split())


@pytest.mark.parametrize(
    ("value", "unit", "saturates", "shown"),
    [
        (0.0612, "ratio", None, "6.1%"),
        (0.00031, "ratio", None, "0.03%"),
        (1, "ratio", None, "100%"),
        (212.4, "ms", None, "212 ms"),
        (5000, "ms", 5000, ">=5000 ms"),
        (734_003_200, "bytes", None, "700 MiB"),
        (0.21, "s", None, "0.21 s"),
        (7200, "s", None, "2h"),
        (43, "", None, "43"),
        (1, "pods", None, "1 pod"),
        (0.9999, "pods", None, "1 pod"),
        (0, "pods", None, "0 pods"),
        (1.5, "days left", None, "1.5 days left"),
        (1, "days left", None, "1 day left"),
        (1, "queries/s", None, "1 query/s"),
        (1, "batches", None, "1 batch"),
        (1, "log lines", None, "1 log line"),
        (1, "seconds", None, "1 second"),
        (1, "% of pods", None, "1 % of pods"),
        *(
            (1.0, unit, None, f"1 {unit}")
            for unit in ("ms", "rps", "iops", "kbps", "series", "status", "people", "req/s")
        ),
        (float("nan"), "", None, "?"),
        (1e30, "", None, "1.00e+30"),
        (1e-12, "", None, "0"),
    ],
)
def test_numbers(value: float, unit: str, saturates: float | None, shown: str) -> None:
    assert number(value, unit, saturates) == shown


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["", "ratio", "ms", "bytes", "s", "req/s"]))
def test_any_number_has_a_text(value: float, unit: str) -> None:
    assert number(value, unit)


ALERTING = ("lost", "delivered", "reason", "up", "loaded", "expected")
"""Keys of values on alerting, which have shapes of their own."""
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["total", "ready", "status", "ms", "days_left", "streaming", "open", "value", "x", *ALERTING]
            ),
            inner,
        )
    ),
    max_leaves=10,
)


@given(json_values)
def test_any_value_has_a_harmless_text_of_one_line(value: object) -> None:
    signal = Signal("x", "X", "a", "b", rule=Rule("value < 1"))
    said = cell_text(value, signal)
    assert "\n" not in said
    assert plain(said) == said.strip() or cell_len(said) > 900
    assert last_value(SignalState(signal, reading=Reading(value))) == said


ROUTES, JOBS = shape("alertmanager", "routes"), shape("prometheus", "targets", jobs=("a",))
ALERT_RULES = shape("prometheus", "alert_rules")
PODS, ROLLOUT = shape("kubernetes", "pods"), shape("kubernetes", "rollout")
RESPONSE, TLS, PORT = shape("http", "get"), shape("http", "tls"), shape("http", "tcp")


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        (ROUTES, {"receivers": ["a"], "lost": ["X → null", "Y → null"], "delivered": []}, "X → null and 1 more"),
        (ROUTES, {"receivers": ["a"], "lost": [], "delivered": ["Z → a"]}, "Z → a"),
        (ROUTES, {"receivers": [], "lost": [], "delivered": []}, "none"),
        (JOBS, {"reason": "", "up": 4, "total": 4, "missing": [], "down": []}, "4/4 up"),
        (
            JOBS,
            {"reason": "no targets of job redis", "up": 4, "total": 4, "missing": ["redis"]},
            "no targets of job redis",
        ),
        (ALERT_RULES, {"reason": "", "expected": 17, "loaded": 17, "never": []}, "17/17"),
        (PODS, {"ready": 2, "total": 3}, "2/3"),
        (ROLLOUT, {"exists": True, "available": 2, "desired": 3}, "2/3"),
        (RESPONSE, {"status": 200, "ms": 4.26}, "200 in 4.26 ms"),
        (TLS, {"verified": False, "error": "expired", "days_left": -1.0}, "expired"),
        (TLS, {"verified": True, "error": "", "days_left": 61.0}, "61 days left"),
        (TLS, {"verified": True, "error": "", "days_left": 1.0}, "1 day left"),
        (TLS, {"verified": True, "error": "", "days_left": 0.0}, "0 days left"),
        (PORT, {"open": True, "ms": 1.0, "error": ""}, "open in 1 ms"),
        (PORT, {"open": False, "ms": 1.0, "error": "refused"}, "closed"),
        (shape("postgres", "replication"), {"streaming": 2, "max_lag_s": 0.25}, "2 streaming, 0.25 s"),
        (shape("postgres", "replication"), {"streaming": 0}, "0 streaming"),
        (shape("redis", "info"), {"used_memory": 2**20, "maxmemory": 2**30}, "1 MiB/1 GiB"),
        (shape("redis", "replication"), {"role": "master", "connected_replicas": 1}, "master, replicas: 1"),
        (shape("loki", "lines"), {"count": 1, "newest_age_s": 5.0}, "lines: 1, last 5s ago"),
        (shape("loki", "lines"), {"count": 0}, "lines: 0"),
        (shape("session", "all_of"), {"passing": ["a"], "failing": ["b"], "unknown": ["c"]}, "1 of 3 pass"),
        (shape("kubernetes", "get"), {"exists": False}, "does not exist"),
        (shape("prometheus", "query", each=True), [{"value": 1.0}, {"value": 2.5}], "2 series, up to 2.5"),
        (shape("prometheus", "targets", jobs=()), [{"up": True}, {"up": False}], "1/2 up"),
        (shape("alertmanager", "alerts"), [], "0 alerts"),
        (shape("kubernetes", "list"), [{}], "1 object"),
    ],
)
def test_a_cell_summarises_a_value_as_its_probe_declares(declared: Shape, value: object, said: str) -> None:
    assert value_cell(value, Signal("a", "a", "some", "probe", shape=declared)) == said


def test_simple_rules_become_limits_and_short_words() -> None:
    share = Signal("e", "E", "a", "b", rule=Rule("value < 0.01", "value < 0.05"), unit="ratio")
    assert [(str(limit.beyond), limit.value) for limit in limits(share)] == [("fail", 0.05), ("warn", 0.01)]
    assert needs("value < 0.01", share) == "must be < 1%"
    assert needs("value.ready == value.total", share) == ""
    assert limits(Signal("e", "E", "a", "b", rule=Rule("value.x < 1"))) == []


def test_times_that_people_type() -> None:
    now = Stamp(0.0, START)
    assert parse_time("now", now) == START
    assert parse_time("+15m", now) == START + 900
    assert parse_time("-1h30m", now) == START - 5400
    assert parse_time("02:10", now) == START + 600
    assert parse_time("23:50", now) == START - 7800
    assert parse_time("2026-12-06T02:00:00Z", now) == START
    assert [parse_time(text, now) for text in ("25:00", "soon", "", "+", "12:61")] == [None] * 5


def test_a_gap_stays_a_gap() -> None:
    points = [(0.5, 1.0), (1.5, 2.0), (5.5, 3.0)]
    assert buckets(points, 5.9, 6.0, 6) == [1.0, 2.0, None, None, None, 3.0]
    assert spark(points, 5.9, 6.0, 6) == "▁▅   █".replace("▅", spark(points, 5.9, 6.0, 6)[1])
    assert spark([], 5.9, 6.0, 6) == " " * 6
    assert spark([(0.5, 0.0), (1.5, 5e-324)], 1.9, 2.0, 2) == "▁█"
    (row,) = plot(buckets(points, 5.9, 6.0, 12), 1, (0.0, 3.0), lambda value: "accent", [])
    assert text_of(row).count("\u2800") == 0


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-1e9, 1e9)), max_size=30).map(sorted), st.integers(1, 12))
def test_any_series_can_be_drawn(points: list[tuple[float, float]], rows: int) -> None:
    values = buckets(points, 100.0, 100.0, 40)
    seen = [value for value in values if value is not None]
    if seen:
        drawn = plot(values, rows, scale(seen, [1.0]), lambda value: "text", [PlotLine(1.0, "fail")])
        assert [width_of(line) for line in drawn] == [20] * rows


def test_scales_are_round() -> None:
    assert [round_up(value) for value in (0.0, 0.083, 640, 5000, 5001)] == [0.0, 0.1, 750.0, 5000.0, 7500.0]


@given(st.integers(1, 300), st.integers(1, 90))
def test_panels_fill_the_board_without_overlap(width: int, height: int) -> None:
    arrangement = Arrangement(
        0,
        (LayoutColumn((Slot("a"), Slot("b", rows=3)), 3), LayoutColumn((Slot("c"), Slot("d", 2)), 2)),
        footer=(Slot("e", rows=5),),
    )
    places = regions(arrangement, Size(width, height))
    cells = [(x, y) for region in places.values() for x in region.column_range for y in region.line_range]
    assert len(cells) == len(set(cells)) == width * height
    assert set(edges(places)) == set(places)


def test_no_cell_is_lost_by_dividing() -> None:
    assert divide(80, [5, 4]) == [44, 36]
    assert sum(divide(17, [1, 1, 1])) == 17


def test_a_theme_with_an_invalid_colour_is_refused_before_it_is_drawn() -> None:
    assert theme_faults(COCKPIT_DARK) == []
    bad = Theme(**{**{name: getattr(COCKPIT_DARK, name) for name in COCKPIT_DARK.__struct_fields__}, "fail": "rot"})
    assert theme_faults(bad) == ["theme cockpit-dark: fail: 'rot' is not a colour; write #rrggbb or red"]


def test_without_colour_no_style_has_one() -> None:
    paint = Paint.of(COCKPIT_DARK, no_color=True)
    assert paint.mono
    assert all(style.color is None and style.bgcolor is None for style in paint.styles.values())
    assert paint.style("fail") != paint.style("pass") != paint.style("muted")


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("name", ["cockpit-dark", "cockpit-light", "high-contrast", "colour-blind"])
def test_the_row_of_the_cursor_is_as_legible_as_the_others(name: str, system: ColorSystem) -> None:
    paint = Paint.of(load_theme(name))
    for role in ("text", "muted", "strong", "accent", "focus", "pass", "warn", "fail", "unknown"):
        style = paint.style(role, "cursor")
        assert style.color is not None
        assert style.bgcolor is not None
        ink, ground = (one.downgrade(system).get_truecolor() for one in (style.color, style.bgcolor))
        assert ratio(ink, ground) >= 4.5, role


def ratio(one: ColorTriplet, other: ColorTriplet) -> float:
    """The contrast of two colours by WCAG: 1 to 21."""
    lights = [
        sum(share * (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4) for share, part in parts)
        for colour in (one, other)
        for parts in [list(zip((0.2126, 0.7152, 0.0722), colour.normalized, strict=True))]
    ]
    return (max(lights) + 0.05) / (min(lights) + 0.05)
