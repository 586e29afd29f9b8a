"""A package adds a system that the cockpit does not know: its probe returns a list, which is a table everywhere."""

from html import unescape
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.report.render import render
from mmcockpit.ui.app import CockpitApp
from tests.report.journals import collected
from tests.sources.polling import opened, probe, value
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive

pytestmark = pytest.mark.anyio

MODULE = '''
from typing import Annotated, ClassVar

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args, Health, Kind, Options, ProbeKind
from mmcockpit.sources.common.values import Value, field


class Consumer(Value):
    """One consumer group."""

    named_by: ClassVar = ("{group}",)
    number: ClassVar = "delay_ms"
    good: ClassVar = "attached"
    causes: ClassVar = ("problem",)
    noun: ClassVar = ("consumer", "consumers")

    group: Annotated[str, field(title="consumer group")]
    delay_ms: Annotated[float, field("Age of the oldest message.", title="oldest message")]
    backlog: Annotated[int, field("Waiting messages.", unit="bytes", rank=1)]
    attached: Annotated[bool, field(rank=2)]
    problem: Annotated[str, field("Why it is detached.", rank=3)]


class Broker:
    async def check(self):
        return Health(True, True)

    async def close(self):
        pass


class Consumers:
    def __init__(self, source, question):
        pass

    async def read(self):
        return Reading([
            {"group": "billing", "delay_ms": 40.0, "backlog": 2048, "attached": True, "problem": ""},
            {"group": "mail", "delay_ms": 900.0, "backlog": 5242880, "attached": False, "problem": "lease expired"},
        ])

    async def close(self):
        pass


KIND = Kind(
    options=Options,
    open=lambda options, secrets: Broker(),
    probes={"consumers": ProbeKind(Args, Consumers, list[Consumer])},
    target=lambda options: "the broker",
)
'''
CHECKLIST = """# Broker

## Ready

- [ ] Inform the team

## After

- [ ] Inform the team again
"""
COCKPIT = """
name: Broker
environment: staging
checklist: checklist.md
sources:
  broker: {kind: broker-for-test}
signals:
  consumers:
    title: Consumers keep up
    broker.consumers: {}
    pass: value.all(one, one.delay_ms < 500.0)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cockpit:
    """A package as an installer leaves it, and the cockpit of a file that polls its system."""
    (tmp_path / "broker_for_test.py").write_text(MODULE, encoding="utf-8")
    about = tmp_path / "broker_for_test-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broker-for-test\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[mmcockpit.sources]\nbroker-for-test = broker_for_test:KIND\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "checklist.md").write_text(CHECKLIST, encoding="utf-8")
    path = tmp_path / "cockpit.yaml"
    path.write_text(COCKPIT, encoding="utf-8")
    return load_cockpit(path, sources).cockpit


async def polled(cockpit: Cockpit) -> GoLive:
    """Poll the probe once, and return the session with its result."""
    async with opened("broker-for-test") as source:
        rows = await value(probe("broker-for-test", source, "consumers", {}))
    night = GoLive(cockpit)
    return night.see(consumers=rows)


async def test_the_panel_and_the_detail_are_a_table_with_the_titles_and_units_of_the_declaration(
    installed: Cockpit,
) -> None:
    night = await polled(installed)
    panels = (PanelSpec("queues", "table", "Queues", ("consumers",)),)
    app = CockpitApp(
        night.feed(Notebook()), Layout("one", panels, (Arrangement(0, (LayoutColumn((Slot("queues"),)),)),))
    )
    async with shown(app, 120, 24) as pilot:
        await settle(app, pilot)
        panel = "\n".join(page(app))
        await pilot.press("enter")
        await settle(app, pilot)
        detail = "\n".join(page(app))
    for text in (panel, detail):
        heading, mail, billing = (
            next(line.split() for line in text.splitlines() if word in line)
            for word in ("consumer group", "lease expired", "billing")
        )
        assert " ".join(heading) == "consumer group oldest message backlog attached problem"
        assert " ".join(mail) == "mail 900 ms 5 MiB no lease expired"
        assert " ".join(billing) == "billing 40 ms 2 KiB yes"
        assert text.index("lease expired") < text.index("billing"), "failing rows come first"
    assert "Consumers keep up mail: oldest message 900 ms (must be < 500 ms)" in panel


async def test_the_reason_the_evidence_and_the_report_use_titles_and_units(installed: Cockpit, tmp_path: Path) -> None:
    night = await polled(installed)
    verdict = night.session.signals["consumers"].verdict
    assert verdict.because == "mail: oldest message 900 ms (must be < 500 ms)"
    night.ask(commands.OpenPhase("ana", night.session.cockpit.checklist.phases[0].id, "go", override=True))
    passed = [event.body for event in night.events if isinstance(event.body, facts.PhaseChanged)]
    assert [one.value for change in passed for one in change.evidence] == [verdict.because]
    assert verdict.because in report(night, tmp_path / "failing")
    night.see(consumers=[{"group": "mail", "delay_ms": 9.0, "backlog": 0, "attached": True, "problem": ""}])
    assert "mail 9 ms" in report(night, tmp_path / "passing")


def report(night: GoLive, path: Path) -> str:
    """Return the report of a session, without the escapes of Markdown."""
    path.mkdir()
    return unescape("".join(render(collected(path, night.events), "md")).replace("\\", ""))
