"""The decision: reasons by cause, each once, and nothing that the header shows already."""

import msgspec
import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.gate import gate
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, cutover, go_live_file, go_live_layout, marked

pytestmark = pytest.mark.anyio
REFUSED = Fault(FaultKind.REFUSED, "127.0.0.1:9090")


async def decision(night: GoLive, width: int = 80, height: int = 23) -> str:
    """Return the text of the decision panel, opened by its command."""
    app = CockpitApp(night.feed(Notebook()), go_live_layout())
    async with shown(app, width, height) as pilot:
        await pilot.press("colon", *"panel decision", "enter", *(["z"] if width > 80 else []))
        await settle(app, pilot)
        seen = page(app)
        top = next(n for n, line in enumerate(seen) if "Decision" in line)
        return "\n".join(seen[top + 1 : -1])


async def test_it_shows_what_changed_before_the_worst_reason_but_not_the_advice_itself() -> None:
    night = cutover()
    assert night.session.advised is not None
    assert night.session.advised.advice is Advice.ROLLBACK
    text = await decision(night, 120, 40)
    assert " Worst since 02:" in text
    assert "ROLLBACK" not in text.partition("Decided")[0]
    assert "5xx share on chat routes" not in text.partition("Also")[0].partition("No data")[0]


async def test_a_source_that_does_not_answer_is_one_row_with_its_signals_and_items() -> None:
    sources = tuple(SourceSpec(name, name) for name in {one.source for one in go_live_file().signals})
    night = GoLive(msgspec.structs.replace(go_live_file(), sources=sources)).good()
    names = [one.signal.name for one in night.session.signals.values() if one.signal.source == "prometheus"]
    night.see(**dict.fromkeys(names, REFUSED)).wait(40).see(**dict.fromkeys(names, REFUSED))
    text = await decision(night, 120, 40)
    rows = [line for line in text.splitlines() if "Prometheus" in line]
    assert len(rows) == 1, text
    assert f"Prometheus: no answer for 40s ({len(names)} signals" in rows[0]


async def test_sources_that_are_missing_are_one_row_with_the_way_out() -> None:
    text = await decision(GoLive().good(rps=REFUSED, health=REFUSED), 120, 40)
    (row,) = [line for line in text.splitlines() if "not configured" in line]
    assert "2 sources not configured: " in row
    assert "add it under sources:" in text


async def test_the_gate_names_what_is_missing_by_need() -> None:
    text = await decision(marked(), 120, 40)
    assert " Gate " in text
    assert "failing: 6 PostgreSQL" in text
    assert len([line for line in text.splitlines() if " need you: " in line]) == 1


async def test_the_gate_counts_and_names_a_failing_signal_that_decides_no_open_item() -> None:
    night = marked()
    before = len(gate(night.session).against)
    for _ in range(3):
        night.wait(5).see(error_rate=0.081)
    text = await decision(night, 120, 40)
    assert [one.signal.name for one in gate(night.session).failing_apart] == ["error_rate"]
    assert f" Gate Readiness: {before + 1} missing" in text
    assert "[!] 5xx share on chat routes 8.1%" in text


async def test_the_rollback_has_its_word_and_its_reasons_at_80_columns() -> None:
    text = await decision(cutover(bad=False))
    assert " Rollback " in text
