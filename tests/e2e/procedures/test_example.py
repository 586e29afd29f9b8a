"""The example `release`: shows each key of step logic and of the work on items once, and runs as it is."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import StepChanged
from mmcockpit.core.model.states import SATISFIED, StepState
from mmcockpit.core.state.open_procedures import queue
from tests.engine.engine_run import Watcher, running

EXAMPLE = Path(__file__).parents[3] / "examples" / "release"
ONCE = ("procedure", "when", "retry", "wait", "parallel", "ask", "manual", "on_fail", "needs", "assignee")
PAGE = "release/new-page/the-new-page-is-live"
OVER = {StepState.OK, StepState.FAILED, StepState.SKIPPED}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example, in which its commands run."""
    copy = shutil.copytree(EXAMPLE, tmp_path / "release")
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def watcher(folder: Path) -> Iterator[Watcher]:
    """A session of the example whose first phase is over."""
    cockpit = load_cockpit(folder / "cockpit.yaml", sources).cockpit
    with running(cockpit, folder / "session" / "journal.jsonl") as (_, watcher):
        watcher.until(lambda session: session.signals["page"].reading is not None, "the page was read")
        watcher.do(commands.MarkItem("ana", "preparation/old-page/the-old-page-is-saved"))
        watcher.do(commands.OpenPhase("ana", "preparation"))
        watcher.do(commands.OpenProcedure("ana", "publish"))
        watcher.until(lambda session: "publish" in session.procedures, "the procedure is open")
        yield watcher


def test_it_shows_each_key_once() -> None:
    text = (EXAMPLE / "checklist.yaml").read_text(encoding="utf-8")
    assert {key: len(re.findall(rf"\b{key}: ", text) or re.findall(rf"\b{key}:\s", text)) for key in ONCE} == (
        dict.fromkeys(ONCE, 1)
    )


def test_it_publishes_the_chosen_page(watcher: Watcher, folder: Path) -> None:
    assert watcher.session.items[PAGE].state not in SATISFIED
    _begin(watcher, "1.2")
    watcher.do(commands.RunStep("ana", "publish", "publish", ("cp", "releases/1.2.json", "live/page.json"), "", _TYPED))
    _over(watcher, "publish", StepState.OK)
    watcher.do(commands.RunStep("ana", "publish", "let-the-caches-expire"))
    _over(watcher, "let-the-caches-expire", StepState.OK)
    watcher.do(commands.RunStep("ana", "publish", "the-new-page-is-live"))
    _over(watcher, "the-new-page-is-live", StepState.OK)
    watcher.until(lambda session: session.items[PAGE].state in SATISFIED, "the item is satisfied by its signal")
    assert (folder / "live/page.json").read_text() == (folder / "releases/1.2.json").read_text()
    assert (folder / "live/page.old.json").read_text() == (folder / "releases/1.0.json").read_text()


def test_a_page_that_cannot_be_published_queues_the_restore(watcher: Watcher, folder: Path) -> None:
    _begin(watcher, "1.1")
    (folder / "releases/1.1.json").unlink()
    watcher.do(commands.RunStep("ana", "publish", "publish", ("cp", "releases/1.1.json", "live/page.json"), "", _TYPED))
    _over(watcher, "publish", StepState.FAILED)
    changes = [event.body for event in watcher.events if isinstance(event.body, StepChanged)]
    starts = [one for one in changes if (one.step, one.now) == ("publish", StepState.RUNNING)]
    assert [one.attempt for one in starts] == [0, 2, 3], "the first attempt and two more"
    watcher.until(lambda session: [one.id for one, _ in queue(session)] == ["restore"], "the restore is queued")


_TYPED = ("website",)


def _begin(watcher: Watcher, version: str) -> None:
    """Answer the question, and do both steps of the group."""
    watcher.do(commands.AnswerStep("ana", "publish", "version", version))
    watcher.until(lambda session: _state(watcher, "keep-the-old-page") is StepState.READY, "the group is ready")
    watcher.do(commands.RunStep("ana", "publish", "keep-the-old-page", ("cp", "live/page.json", "live/page.old.json")))
    watcher.do(commands.SettleStep("ana", "publish", "tell-customer-support", True))
    watcher.until(lambda session: _state(watcher, "publish") is StepState.READY, "the group is over")


def _over(watcher: Watcher, step: str, state: StepState) -> None:
    watcher.until(lambda session: _state(watcher, step) in OVER, f"{step} is over")
    assert _state(watcher, step) is state


def _state(watcher: Watcher, step: str) -> StepState:
    return watcher.session.procedures["publish"].steps[step].state
