"""The baseline on the screen: the gate's dialog and the decision panel lead to it."""

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import PhaseChanged
from mmcockpit.core.model.cockpit import BaselinePlan
from mmcockpit.core.model.signal import Rule
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.go_lives import GoLive, go_live_file

pytestmark = pytest.mark.anyio


def night() -> GoLive:
    """A night whose traffic is judged against a baseline that has to be recorded before its second phase."""
    file = go_live_file()
    compares = Rule("value < 2.0 * baseline", numeric=True)
    signals = tuple(msgspec.structs.replace(one, rule=compares) if one.name == "rps" else one for one in file.signals)
    plan = BaselinePlan(("rps", "p95"), 600.0, file.checklist.phases[1].id)
    return GoLive(msgspec.structs.replace(file, signals=signals, baseline=plan)).good()


async def test_the_decision_panel_leads_to_it() -> None:
    made = night()
    app, _ = open_cockpit(made)
    async with shown(app, 200, 50) as pilot:
        await typed(app, pilot, ":", *"panel decision", "enter")
        await settle(app, pilot)
        said = " ".join("".join(page(app)).split())
        assert "baseline not recorded: `:baseline`" in said


async def test_the_dialog_of_the_gate_names_it() -> None:
    app, book = open_cockpit(night())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, ":", *"go! late", "enter")
        await typed(app, pilot, "pagedown", "pagedown", "pagedown", "pagedown", "pagedown", "pagedown")
        await settle(app, pilot)
        assert any("baseline not recorded: `:baseline` records it" in line for line in page(app))
        assert book.asked == []


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("baseline", commands.RecordBaseline("ana")),
        ("baseline rps=12 load test", commands.RecordBaseline("ana", {"rps": 12.0}, "load test")),
        (
            "baseline rps=1.5e2 p95=800 of Monday",
            commands.RecordBaseline("ana", {"rps": 150.0, "p95": 800.0}, "of Monday"),
        ),
        ("baseline rps=12", commands.RecordBaseline("ana", {"rps": 12.0}, "")),
        ("baseline rps=fast", None),
        ("baseline yesterday", None),
    ],
)
async def test_the_command_records_or_sets_values(line: str, wanted: commands.RecordBaseline | None) -> None:
    app, book = open_cockpit(night())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, ":", *line, "enter")
        assert book.asked == ([] if wanted is None else [wanted])


async def test_after_the_phase_opened_the_way_out_is_shown() -> None:
    made = night()
    phases = made.session.cockpit.checklist.phases
    made.tell(PhaseChanged(phases[0].id, phases[1].id, "ana")).wait(10).good()
    app, _ = open_cockpit(made)
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, ":", *"panel decision", "enter", "G")
        await settle(app, pilot)
        said = " ".join(" ".join(page(app)).split())
        assert "`:baseline` takes the 10m before" in said
        assert "VALUE REASON` sets a known value" in said
