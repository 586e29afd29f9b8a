"""The Signals panel: what fails first, limits and sparklines, no data by cause, the rest in one line."""

import msgspec
import pytest

from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.panels.detail import DetailPanel
from mmcockpit.ui.panels.stat import MORE
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import text_of
from mmcockpit.ui.widgets.panel import Panel
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.go_lives import GoLive
from tests.ui.signals.signal_nights import BROKEN, OK, file, recorded, share, shares

pytestmark = pytest.mark.anyio

GONE = Fault(FaultKind.REFUSED, "connection refused")
SIZES = [(80, 23), (80, 24), (120, 40), (200, 50)]


def panel(app: CockpitApp) -> Panel:
    """Return the Signals panel."""
    found = app.board.named("signals")
    assert found is not None
    return found


def lines(app: CockpitApp) -> list[str]:
    """Return the title and the rows of the Signals panel, without the frame and empty rows."""
    texts = [text_of(line).lstrip("│├┤┬┼┝ ") for line, _ in panel(app).rows]
    return [text for text in texts if text]


async def tell(app: CockpitApp, pilot: object, night: GoLive, **values: object) -> None:
    """Let signals have these values while the screen is shown."""
    before = len(night.events)
    night.see(**values)
    app._feed.tell(*(event.body for event in night.events[before:]))  # type: ignore[attr-defined]
    await settle(app, pilot)  # type: ignore[arg-type]


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_what_fails_is_first_then_warnings_no_data_and_the_rest(width: int, height: int) -> None:
    night = GoLive(file(*(share(name) for name in ("fine", "gone", "warns", "fails"))))
    app, _ = open_cockpit(night.see(fine=OK, gone=GONE, warns=0.02, fails=BROKEN))
    async with shown(app, width, height):
        title, *rows = lines(app)
        counts = "1 ok, 1 fail, 1 warn, 1 no data" if width >= 120 else "─ 1 fail"
        assert title.rstrip("─ ").endswith(counts)
        assert [row.split()[:2] for row in rows] == [
            ["[!]", "fails"],
            ["[~]", "warns"],
            ["[?]", "gone"],
            ["[+]", "fine"],
        ]


async def test_what_the_advice_does_not_count_is_below_what_it_counts() -> None:
    shown_only = msgspec.structs.replace(share("shown"), informational=True)
    app, _ = open_cockpit(
        GoLive(file(shown_only, share("warns"), share("fails"))).see(shown=0.2, warns=0.02, fails=0.2)
    )
    async with shown(app, 80, 24):
        assert [row.split()[:2] for row in lines(app)[1:]] == [["[!]", "fails"], ["[!]", "shown"], ["[~]", "warns"]]


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_a_row_has_the_value_and_the_limit_that_counts(width: int, height: int) -> None:
    replicas = msgspec.structs.replace(share("replicas"), unit="", rule=Rule("value >= 2.0"))
    app, _ = open_cockpit(
        GoLive(file(share("fine"), share("warns"), share("fails"), replicas)).see(
            fine=OK, warns=0.02, fails=BROKEN, replicas=3.0
        )
    )
    async with shown(app, width, height):
        rows = {row.split()[1]: row.split()[2:] for row in lines(app)[1:]}
        assert rows["fails"][0] == "8.1%"
        assert rows["fails"][-2:] == ["max", "5%"], "the limit that was broken"
        assert rows["warns"][-2:] == ["max", "1%"]
        assert rows["fine"][-2:] == ["max", "1%"]
        assert (rows["replicas"][0], rows["replicas"][-2:]) == ("3", ["min", "2"])


@pytest.mark.parametrize(("count", "width", "height"), [(15, 80, 23), (15, 80, 24), (200, 120, 40), (200, 200, 50)])
async def test_signals_without_room_are_one_line_that_enter_opens(count: int, width: int, height: int) -> None:
    app, _ = open_cockpit(shares(count))
    async with shown(app, width, height) as pilot:
        rows = lines(app)[1:]
        hidden = count - (len(rows) - 1)
        assert rows[-1].split("▸")[0].strip() == f"{hidden} more, all ok"
        assert len(rows) == panel(app).size.height - 1
        app.board.focus_on(panel(app))
        panel(app).move(count)
        assert panel(app).chosen == MORE
        await pilot.press("enter")
        await settle(app, pilot)
        assert [key for key in panel(app)._list.keys if key != MORE] == [("signal", f"s{n}") for n in range(count)]
        panel(app).move(count)
        await pilot.press("enter")
        await settle(app, pilot)
        assert len(panel(app)._list.keys) == len(rows)


async def test_one_signal_has_no_line_for_others() -> None:
    app, _ = open_cockpit(shares(1))
    async with shown(app, 80, 24):
        title, *rows = lines(app)
        assert "1 ok, 0 fail" in title
        assert len(rows) == 1


async def test_the_filter_finds_signals_that_are_folded() -> None:
    app, _ = open_cockpit(shares(200))
    async with shown(app, 120, 40) as pilot:
        app.board.focus_on(panel(app))
        panel(app).filter = "s199"
        panel(app).redraw()
        await settle(app, pilot)
        assert panel(app)._list.keys == [("signal", "s199")]


async def test_a_filter_that_matches_nothing_is_named_where_the_signals_were() -> None:
    app, _ = open_cockpit(shares(5))
    async with shown(app, 120, 40) as pilot:
        app.board.focus_on(panel(app))
        panel(app).filter = "zzz"
        panel(app).redraw()
        await settle(app, pilot)
        assert "nothing here matches zzz" in lines(app)[1]
        panel(app).filter = "s3"
        panel(app).redraw()
        await settle(app, pilot)
        assert not any("matches" in line for line in lines(app))


async def test_the_cursor_stays_on_its_signal_when_the_order_changes() -> None:
    night = shares(15)
    app, _ = open_cockpit(night)
    async with shown(app, 80, 24) as pilot:
        app.board.focus_on(panel(app))
        panel(app).move(3)
        assert panel(app).shown_subject == RowSubject("signal", "s3")
        await tell(app, pilot, night, s9=BROKEN, s10=BROKEN, s11=BROKEN, s12=BROKEN, s13=BROKEN)
        assert lines(app)[1].split()[:2] == ["[!]", "s9"]
        assert panel(app).shown_subject == RowSubject("signal", "s3")
        assert any(row.startswith(">") and "s3 " in row for row in lines(app)), "and its row is on the screen"
        await tell(app, pilot, night, s3=BROKEN)
        assert panel(app).shown_subject == RowSubject("signal", "s3")


async def test_until_a_signal_is_selected_the_cursor_is_on_what_is_worst() -> None:
    night = shares(15)
    app, _ = open_cockpit(night)
    async with shown(app, 120, 40) as pilot:
        assert panel(app).shown_subject == RowSubject("signal", "s0")
        await tell(app, pilot, night, s9=BROKEN)
        assert panel(app).shown_subject == RowSubject("signal", "s9")


async def test_the_keys_of_next_lead_to_the_failing_signal_that_it_names() -> None:
    night = GoLive(file(share("first"), share("second"), aborts=("first",)))
    app, _ = open_cockpit(night.see(first=BROKEN, second=OK))
    async with shown(app, 120, 40) as pilot:
        listed, number = panel(app), str(panel(app).number)
        assert f"NEXT      {number} Enter  first: see why it fails" in page(app)[2], "its row is the first one"
        await typed(app, pilot, number)
        await settle(app, pilot)
        assert "NEXT      Enter  first: see why it fails" in page(app)[2]
        await typed(app, pilot, "j", "1")
        assert listed.chosen == ("signal", "second")
        assert "NEXT      n Enter  first: see why it fails" in page(app)[2]
        await typed(app, pilot, "n")
        assert (app.board.active, listed.chosen) == (listed, ("signal", "first"))
        await typed(app, pilot, "n")
        assert app.board.active.kind == "checklist", "the items can be reached by n, too"
        await typed(app, pilot, number, "enter")
        await settle(app, pilot)
        detail = app.board.named("detail")
        assert isinstance(detail, DetailPanel)
        assert detail.about == RowSubject("signal", "first")


async def test_signals_of_a_failing_source_are_one_line_that_enter_opens() -> None:
    night = GoLive(file(*(share(f"m{n}") for n in range(5)), share("other", source="second")))
    night.see(**{f"m{n}": OK for n in range(5)}, other=OK).wait(10)
    night.see(**{f"m{n}": GONE for n in range(5)}, other=OK)
    app, _ = open_cockpit(night)
    async with shown(app, 80, 24) as pilot:
        title, *rows = lines(app)
        assert "1 ok, 0 fail, 5 no data" in title
        assert [row.split()[0] for row in rows] == ["[?]", "[+]"]
        assert "Prometheus: no answer" in rows[0]
        app.board.focus_on(panel(app))
        await pilot.press("enter")
        await settle(app, pilot)
        assert sum(" m" in row and "[?]" in row for row in lines(app)) == 5


async def test_a_value_without_data_is_kept_dim_with_its_age() -> None:
    night = GoLive(file(share("rate"), share("other"))).see(rate=OK, other=OK).wait(40).see(rate=GONE, other=OK)
    app, _ = open_cockpit(night)
    async with shown(app, 120, 40):
        row = next(line for line, _ in panel(app).rows if "rate" in text_of(line))
        assert "[?]" in text_of(row)
        assert "40s" in text_of(row)
        assert {role for part, role in row if "0.2%" in part} == {"muted"}
        other = next(text for text in lines(app) if "other" in text)
        assert "s " not in other.split("other")[1].replace("max 1%", ""), "a current value has no age"


async def test_a_sparkline_is_of_recorded_numbers_only() -> None:
    text = Signal("version", "version", "prometheus", "text", rule=Rule("value == '2.4.1'"))
    parts = Signal("parts", "parts", "prometheus", "list", rule=Rule("size(value) > 0"))
    night = GoLive(file(share("flat"), share("rising"), share("new"), text, parts))
    for n in range(60):
        night.wait(10).see(flat=OK, rising=n / 10_000, version="2.4.1", parts=[{"a": 1}])
    app, _ = open_cockpit(night)
    async with shown(app, 200, 50):
        bars = {row.split()[1]: {char for char in row if char in "▁▂▃▄▅▆▇█"} for row in lines(app)[1:]}
        assert len(bars["flat"]) == 1
        assert {"▁", "█"} <= bars["rising"]
        assert bars["version"] == bars["parts"] == bars["new"] == set()


async def test_a_failing_rule_without_a_limit_is_explained_on_its_row() -> None:
    pods = Signal("pods", "pods", "prometheus", "pods", rule=Rule("value.ready == value.total"))
    app, _ = open_cockpit(GoLive(file(pods)).see(pods={"ready": 1, "total": 3}))
    async with shown(app, 120, 40):
        assert any("[!]" in row and "ready 1 (must equal total 3)" in row for row in lines(app))


@pytest.mark.parametrize(("width", "height"), [(20, 6), (40, 10), (60, 20), (70, 30), (300, 90)])
@pytest.mark.parametrize("count", [0, 1, 200])
async def test_every_size_shows_a_checklist_and_no_panel_fails(width: int, height: int, count: int) -> None:
    app, _ = open_cockpit(shares(count) if count else GoLive(file()))
    async with shown(app, width, height):
        assert [each.failure for each in app.board.panels if each.failure] == []
        placed = [each.spec.id for each in app.board.panels if app.board.in_sight(each)]
        assert "checklist" in placed
        if width >= 80:
            assert {"signals", "detail", "log"} <= set(placed) or not count


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_checklist_signals_why_and_log_fit_from_80_by_23_on(width: int, height: int) -> None:
    app, _ = open_cockpit(recorded(shares(15), 60, s0=BROKEN))
    async with shown(app, width, height):
        placed = [each.spec.id for each in app.board.panels if app.board.in_sight(each)]
        assert {"checklist", "signals", "detail", "log"} <= set(placed)
        assert app.board.named("decision") is not None
