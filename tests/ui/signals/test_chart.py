"""The chart: of the selected signal or of what is worst, with limits, marks, baseline and whole labels."""

from itertools import pairwise

import msgspec
import pytest

from mmcockpit.core.decide.command import OpenPhase, RecordBaseline
from mmcockpit.core.model.cockpit import BaselinePlan
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.words.numbers import compact, number
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.plot import PlotLine, plot, scale, spark
from mmcockpit.ui.render.text import text_of
from mmcockpit.ui.widgets.panel import Panel
from tests.shapes import shape
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import settle, shown
from tests.ui.feeds import START
from tests.ui.go_lives import ROLLOUT, GoLive
from tests.ui.signals.signal_nights import BROKEN, OK, file, recorded, share

pytestmark = pytest.mark.anyio

DOTS = range(0x2801, 0x2900)
ALONE = Layout("alone", (PanelSpec("chart", "chart"),), (Arrangement(0, (LayoutColumn((Slot("chart"),)),)),))


def chart(app: CockpitApp) -> Panel:
    """Return the chart panel."""
    found = app.board.named("chart")
    assert found is not None
    return found


def lines(app: CockpitApp) -> list[str]:
    """Return the rows of the chart without its title and the frame."""
    return ["".join(part for part, _ in line).lstrip("│├┤┬┼ ").rstrip() for line, _ in chart(app).rows][1:]


def charted(app: CockpitApp) -> str:
    """Return the title of the charted signal."""
    return lines(app)[0].split("] ")[1].split()[0]


async def test_the_chart_shows_what_is_worst_and_follows_the_cursor_of_signals() -> None:
    night = GoLive(file(share("first"), share("second"), share("third"), aborts=("first",)))
    recorded(night, 60, first=OK, second=OK, third=OK)
    app, _ = open_cockpit(night)
    async with shown(app, 160, 50) as pilot:
        assert charted(app) == "first", "nothing fails: the signal of the abort rule"
        night.see(third=BROKEN)
        app._feed.tell(night.events[-1].body)  # type: ignore[attr-defined]
        await settle(app, pilot)
        assert charted(app) == "third"
        signals = app.board.named("signals")
        assert signals is not None
        app.board.focus_on(signals)
        signals.move(2)
        await settle(app, pilot)
        assert charted(app) == "second"
        await pilot.press("1")
        await settle(app, pilot)
        assert charted(app) == "third", "the selection counts while Signals has the focus, or nothing fails"


@pytest.mark.parametrize(("width", "height"), [(160, 50), (120, 40), (60, 20), (40, 16)])
async def test_limits_are_drawn_and_named_on_the_curve(width: int, height: int) -> None:
    night = recorded(GoLive(msgspec.structs.replace(file(share("rate")), layout=ALONE)), 600, rate=0.03)
    app, _ = open_cockpit(night)
    async with shown(app, width, height):
        text = "\n".join(lines(app)[1:])
        assert "warn above 1%" in text
        assert "fail above 5%" in text
        assert "╌" in text


async def test_a_limit_beyond_the_chart_is_named_with_an_arrow() -> None:
    night = recorded(GoLive(msgspec.structs.replace(file(share("rate")), layout=ALONE)), 600, rate=0.0002)
    app, _ = open_cockpit(night)
    async with shown(app, 120, 40):
        assert any("↑ warn above 1%" in line for line in lines(app))
        assert any("↑ fail above 5%" in line for line in lines(app))


@pytest.mark.parametrize("limits", [[0.05], [0.05, 0.01], [0.0, 0.01, 0.5]])
def test_values_that_are_all_zero_are_drawn_in_the_scale_of_the_nearest_limit(limits: list[float]) -> None:
    low, high = scale([0.0, 0.0], limits)
    nearest = min(limit for limit in limits if limit > 0)
    assert low == 0.0
    assert nearest <= high <= 2 * nearest
    assert scale([0.0], []) == (0.0, 1.0)


@pytest.mark.parametrize(("width", "height"), [(160, 50), (80, 24)])
async def test_deployments_restarts_phases_and_t0_are_marked_with_a_letter_and_a_legend(
    width: int, height: int
) -> None:
    rollout = Signal("rollout", "rollout", "c", "rollout", rule=Rule("true"), shape=shape("kubernetes", "rollout"))
    pods = Signal("pods", "pods", "c", "pods", rule=Rule("true"), shape=shape("kubernetes", "pods"))
    made = file(share("rate"), rollout, pods)
    night = GoLive(msgspec.structs.replace(made, layout=ALONE, t0=START + 100))
    recorded(night, 300, rate=OK).see(rollout=ROLLOUT, pods={"restarts": 0})
    night.ask(OpenPhase("ana", gate(night.session).phase, "rehearsed", override=True))
    recorded(night, 300, rate=OK).see(rollout={**ROLLOUT, "revision": "42"})
    recorded(night, 200, rate=OK).see(pods={"restarts": 2})
    recorded(night, 200, rate=OK)
    app, _ = open_cockpit(night)
    async with shown(app, width, height):
        rows = lines(app)
        top = "".join(char for char in rows[1] if char in "0PDR")
        assert top.endswith("PDR")
        assert "┊" in rows[2]
        foot = " ".join(rows)
        assert "D deploy 02:10" in foot
        assert "R restart 02:13" in foot
        assert ("P Deployment 02:05" if width > 80 else "P phase") in foot
        assert ("0 T0 02:01" if width > 80 else "0 T0") in foot


async def test_the_baseline_is_a_second_line_with_its_value() -> None:
    made = msgspec.structs.replace(file(share("rate")), layout=ALONE, baseline=BaselinePlan(("rate",), 300.0))
    night = recorded(GoLive(made), 400, rate=0.004).ask(RecordBaseline("ana"))
    app, _ = open_cockpit(recorded(night, 200, rate=0.006))
    async with shown(app, 120, 40):
        assert any("baseline 0.4%" in line and "┈" in line for line in lines(app))


@pytest.mark.parametrize("unit", ["", "ratio", "requests per s", "ms", "bytes", "日本語"])
@pytest.mark.parametrize("value", [0.0, 0.0183, 99.5, 30_000.0, 1_234_567.0, 2.5e12])
@pytest.mark.parametrize(("width", "height"), [(20, 11), (26, 12), (80, 24)])
async def test_labels_of_the_axis_are_never_cut(unit: str, value: float, width: int, height: int) -> None:
    signal = Signal("v", "v", "prometheus", "query", rule=Rule("value >= 0.0", numeric=True), unit=unit)
    night = recorded(GoLive(msgspec.structs.replace(file(signal), layout=ALONE)), 900, v=value)
    app, _ = open_cockpit(night)
    async with shown(app, width, height):
        labels = [line.split("┤")[0].strip() for line in lines(app) if "┤" in line]
        assert len(labels) >= 2
        low, high = scale([value], [0.0])
        assert "…" not in "".join(labels)
        assert labels[0] in {number(high, unit), number(high), compact(high), number(high, "ratio")}
        assert labels[-1] in {number(low, unit), number(low), compact(low), number(low, "ratio")}


async def test_a_chart_of_20_by_6_cells_has_a_curve_between_labels() -> None:
    layout = Layout(
        "small",
        (PanelSpec("checklist", "checklist"), PanelSpec("chart", "chart")),
        (
            Arrangement(
                0, (LayoutColumn((Slot("checklist"),), 3), LayoutColumn((Slot("chart", rows=6), Slot("checklist")), 1))
            ),
        ),
    )
    night = GoLive(msgspec.structs.replace(file(share("rate")), layout=layout))
    for n in range(120):
        night.wait(10).see(rate=n / 4000)
    app, _ = open_cockpit(night)
    async with shown(app, 80, 24):
        assert (chart(app).size.width, chart(app).size.height) == (20, 6)
        rows = lines(app)
        assert sum(ord(char) in DOTS for row in rows for char in row) >= 8
        assert rows[-1].startswith("└ 30m ago") or "30m ago" in rows[-1]


async def test_gaps_stay_gaps() -> None:
    night = recorded(GoLive(msgspec.structs.replace(file(share("rate")), layout=ALONE)), 300, rate=OK)
    for _ in range(60):
        night.wait(10).see(rate=Fault(FaultKind.REFUSED, "gone"))
    app, _ = open_cockpit(recorded(night, 300, rate=OK))
    async with shown(app, 120, 40):
        row = max(lines(app)[1:-1], key=lambda line: sum(ord(char) in DOTS for char in line))
        dotted = [n for n, char in enumerate(row) if ord(char) in DOTS]
        assert max(b - a for a, b in pairwise(dotted)) > 10


async def test_a_selected_signal_without_numbers_is_not_charted() -> None:
    text = Signal("version", "version", "prometheus", "text", rule=Rule("value == '2.4.1'"))
    night = recorded(GoLive(file(share("rate"), text)), 60, rate=OK).see(version="2.4.1")
    app, _ = open_cockpit(night)
    async with shown(app, 160, 50) as pilot:
        signals = app.board.named("signals")
        assert signals is not None
        app.board.focus_on(signals)
        signals.move(1)
        await settle(app, pilot)
        assert charted(app) == "version"
        assert any("its value is not a number" in line for line in lines(app))


def test_a_flat_series_is_flat_and_a_small_wave_stays_small() -> None:
    flat = [(float(n), 5.0) for n in range(10)]
    small = [(float(n), 100.0 + n % 2) for n in range(10)]
    large = [(float(n), 1.0 + 99.0 * (n % 2)) for n in range(10)]
    assert set(spark(flat, 9.5, 10.0, 10)) == {"▄"}
    assert set(spark([(at, 0.0) for at, _ in flat], 9.5, 10.0, 10)) == {"▁"}
    assert len(set(spark(small, 9.5, 10.0, 10))) == 2
    assert "█" not in spark(small, 9.5, 10.0, 10)
    assert set(spark(large, 9.5, 10.0, 10)) == {"▁", "█"}


def test_the_names_of_two_limits_on_one_row_are_both_readable() -> None:
    limits = [PlotLine(5.0, "warn", "warn above 5"), PlotLine(5.1, "fail", "fail above 5.1")]
    drawn = [text_of(line) for line in plot([1.0] * 120, 6, (0.0, 10.0), lambda value: "text", limits)]
    assert any("warn above 5" in line for line in drawn)
    assert any("fail above 5.1" in line for line in drawn)


def test_an_axis_label_is_at_most_seven_characters() -> None:
    values = (0.0, 1e-7, 0.12345, 999.9, 12_345.0, 1_234_567.0, 9.99e11, 1.5e300, -4_321_000.0)
    assert [len(compact(value)) <= 7 for value in values] == [True] * len(values)
    assert [compact(value) for value in (30_000.0, 1_200_000.0, 250.0)] == ["30k", "1.2M", "250"]
