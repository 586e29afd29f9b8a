"""Why: four lines first, whatever the size; then members, texts and marks; at last what is raw."""

from collections.abc import Callable

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.history import item_facts
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import text_of
from mmcockpit.ui.render.why import item_lines
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import HOSTILE, GoLive, cutover, go_live_file, item, marked

pytestmark = pytest.mark.anyio

LABELS = ("polled", "rule", "seen", "to pass")
REFUSED = Fault(FaultKind.REFUSED, "127.0.0.1:9090")
NAMES = ("left", "right", "gone")


def beside(rows: int) -> Layout:
    """Return a layout in which the panel is 39 cells wide and so many rows high, as at 80x24."""
    panels = (PanelSpec("checklist", "checklist"), PanelSpec("detail", "detail"), PanelSpec("signals", "stat"))
    columns = (LayoutColumn((Slot("checklist"),)), LayoutColumn((Slot("signals"), Slot("detail", rows=rows))))
    return Layout("beside", panels, (Arrangement(0, columns),))


async def lines(night: GoLive, subject: RowSubject, rows: int = 8, width: int = 80) -> tuple[list[str], list[str]]:
    """Return the visible rows of the panel, with its title, and all of its rows."""
    app = CockpitApp(night.feed(Notebook()), beside(rows))
    async with shown(app, width, 24) as pilot:
        panel = app.board.named("detail")
        assert panel is not None
        app.open_details(subject)
        await settle(app, pilot)
        seen = [line[40:] for line in page(app)]
        top = next(n for n, line in enumerate(seen) if " Why " in line)
        every = [" ".join(text_of(panel._list.draw(n)).split()) for n in range(len(panel._list.keys))]
        return seen[top : top + rows], every


def combined() -> GoLive:
    """A night with a combination of which one member fails and one has no data."""
    file = go_live_file()
    numbers = [Signal(name, name, "prometheus", "query", rule=Rule("value < 1.0", numeric=True)) for name in NAMES]
    both = Signal("both", "both", "session", "all_of", {"signals": list(NAMES)})
    night = GoLive(msgspec.structs.replace(file, signals=(*file.signals, *numbers, both)))
    return night.good(left=0.0, right=9.0, gone=REFUSED).wait(31)


@pytest.mark.parametrize("title", ["API Keys", "PostgreSQL", "Memory Limits", "Error Monitoring", "Audit Logging"])
async def test_the_four_lines_of_an_item_are_visible_in_eight_rows(title: str) -> None:
    visible, every = await lines(cutover(), RowSubject("item", item(title)))
    labels = [line.strip("│ ").split("  ")[0] for line in visible[1:]]
    assert [label for label in labels if label in LABELS] == list(LABELS), visible
    assert len(every) > 8
    assert "▼" in visible[0]


async def test_longer_lines_end_in_an_ellipsis_and_are_complete_below() -> None:
    night = marked()
    visible, every = await lines(night, RowSubject("item", item("Network Policies")), rows=6)
    assert all(len(line) <= 40 for line in visible)
    assert HOSTILE.split()[-1] in " ".join(every)


async def test_a_manual_item_needs_a_tick() -> None:
    _, every = await lines(GoLive().good(), RowSubject("item", item("Audit Logging")))
    assert every[0].startswith("polled nothing, a person checks:")
    assert any(line.startswith("rule a person must tick it") for line in every)
    assert "to pass your tick (Space)" in every


async def test_a_role_is_responsible_for_a_manual_item_and_others_may_tick_it() -> None:
    night = GoLive().good()
    state = night.session.items[item("Audit Logging")]
    state.item = msgspec.structs.replace(state.item, role="security")
    rule = next(one for one in item_lines(night.session, state, night.now, Lens()) if one.label == "rule")
    assert rule.text == "a person must tick it; the role security is responsible"


async def test_a_failing_signal_shows_its_value_its_limit_and_since_when() -> None:
    _, every = await lines(cutover(), RowSubject("signal", "error_rate"), 20, 160)
    first = " ".join(every[:8])
    assert "rule must be < 1% (warns: must be < 5%)" in first
    assert "8.1% (must be < 5%), <10s ago, steady for 2m" in first
    assert "to pass value below 1%" in first


async def test_a_changing_verdict_shows_how_many_results_agree() -> None:
    night = cutover(bad=False).see(error_rate=0.081)
    _, every = await lines(night, RowSubject("signal", "error_rate"), 20, 160)
    assert "1 of 3 results fail" in " ".join(every[:6])


async def test_the_members_of_a_combination_follow_failing_ones_first() -> None:
    _, every = await lines(combined(), RowSubject("signal", "both"), 20, 160)
    assert "seen 1 of 3 checks pass, 1 failing, 1 without data" in " ".join(every[:5])
    states = [line for line in every if line.startswith("[")]
    assert [line.split()[:2] for line in states] == [["[!]", "right"], ["[?]", "gone"], ["[+]", "left"]]
    assert any("query session.all_of signals=[left, right, gone]" in line for line in every)


async def test_marks_are_listed_with_who_and_when_and_their_evidence() -> None:
    night = GoLive().good().ask(commands.MarkItem("ana", item("PostgreSQL"), "tuned later", Mark.OVERRIDE, 1200.0))
    _, every = await lines(night, RowSubject("item", item("PostgreSQL")), 20, 160)
    assert any(line.startswith("mark 02:00:00Z ana override, 20m left: tuned later") for line in every), every
    (evidence,) = [line for line in every if line.startswith("evidence ")]
    assert "value" not in evidence


async def test_equal_results_in_a_row_are_one_line() -> None:
    night = GoLive().good()
    for _ in range(5):
        night.wait(10).see(error_rate=REFUSED)
    _, every = await lines(night, RowSubject("signal", "error_rate"), 20, 160)
    results = every[every.index("last results") + 1 :]
    assert "refused: 127.0.0.1:9090 same for 5 results since 02:00:10Z" in results[0]
    assert len(results) == 2


async def test_raw_cel_comes_after_everything_that_a_person_needs() -> None:
    _, every = await lines(cutover(), RowSubject("item", item("Error Monitoring")), 20, 160)
    cel = next(n for n, line in enumerate(every) if "value < 0.01" in line)
    assert all(cel > n for n, line in enumerate(every) if line.split(" ")[0] in ("polled", "state", "id"))


@pytest.mark.parametrize("night", [GoLive().good, cutover, marked], ids=["good", "cutover", "marked"])
def test_no_text_about_an_item_repeats_its_label(night: Callable[[], GoLive]) -> None:
    made = night()
    for state in made.session.items.values():
        parts = [(one.label, one.text) for one in item_lines(made.session, state, made.now, Lens())]
        parts += [(label, text) for label, text, _ in item_facts(made.session, state, made.now, Lens())]
        assert [f"{label} {text}" for label, text in parts if label and label in text.split()[:2]] == []


@pytest.mark.parametrize(
    ("rows", "width", "expected"),
    [
        (8, 80, "seen ready 7 (must equal total 6); 2 more"),
        (20, 160, "seen ready 7 (must equal total 6); restarts 3 (must be 0); zones 1 (must be > 1)"),
    ],
)
async def test_causes_without_room_are_counted(rows: int, width: int, expected: str) -> None:
    rule = Rule("value.ready == value.total && value.restarts == 0 && value.zones > 1")
    pods = Signal("crowd", "Crowd", "cluster", "pods", rule=rule)
    file = go_live_file()
    night = GoLive(msgspec.structs.replace(file, signals=(*file.signals, pods)))
    night.good(crowd={"ready": 7, "total": 6, "restarts": 3, "zones": 1})
    _, every = await lines(night, RowSubject("signal", "crowd"), rows, width)
    seen = " ".join(every[every.index(next(line for line in every if line.startswith("seen"))) :])
    assert seen.startswith(expected)
