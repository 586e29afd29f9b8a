"""Steps of every kind in the procedures panel, at the smallest and a large size, and without colour."""

from collections.abc import Callable

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import StepChanged, StepState
from mmcockpit.core.model.procedure import Procedure, Step, StepWait
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import START, Notebook
from tests.ui.go_lives import GoLive, go_live_layout
from tests.ui.runbooks import (
    SCALE,
    applying,
    asking,
    both_run,
    given_up,
    manual,
    parallel,
    retrying,
    runbook_file,
    waiting,
)

pytestmark = pytest.mark.anyio

STATES: dict[str, tuple[Callable[[], GoLive], tuple[str, ...]]] = {
    "asking": (asking, ("needs an answer", "asks", "which region is first (one of eu, us)", "answer")),
    "applying": (applying, ("up to 2 more times, 10s after it failed", "procedure dns-back is called for")),
    "retrying": (retrying, ("failed, attempt 2 of 3 in", "exit 1 in 0.9s", "! stop the retries")),
    "given up": (given_up, ("FAILED: attempt 3 of 3, exit 1 in 0.9s", "failed attempt 3 of 3, exit 1 in 0.9s")),
    "waiting": (waiting, ("waits, 4m 10s left", "for 5m", "end the wait early", "[+] 1 Choose the region")),
    "parallel": (
        parallel,
        ("Scale the pools, steps 4-5: 0 of 2 over, 1 running", "4 ┌ Scale the pool eu", "> [*] 5 └ Scale the pool us"),
    ),
    "manual": (manual, ("next: done by a person", "the cockpit never runs it", "curl https://provider")),
    "pending": (
        applying,
        ("1 Choose the region eu", "3 Let it settle wait", "6 Call the provider manual", "7 Note the ticket question"),
    ),
}


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
@pytest.mark.parametrize("state", STATES)
async def test_the_panel_shows_the_kind_of_a_step(
    monkeypatch: pytest.MonkeyPatch, state: str, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    night, expected = STATES[state]
    app = CockpitApp(night().feed(Notebook()), go_live_layout())
    async with shown(app, *size) as pilot:
        await pilot.press("E")
        await settle(app, pilot)
        screen = " ".join(" ".join(page(app)).split())
        assert [text for text in expected if text not in screen] == [], page(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_members_of_a_group_show_their_own_output_and_a_key_reaches_all_of_it(size: tuple[int, int]) -> None:
    app = CockpitApp(both_run().feed(Notebook()), go_live_layout())
    async with shown(app, *size) as pilot:
        await pilot.press("E")
        await settle(app, pilot)
        lines = page(app)
        heads = [n for n, line in enumerate(lines) if line.startswith("  output ")]
        assert [lines[n].split(",")[0].strip() for n in heads] == [
            "output    4 Scale the pool eu",
            "output    5 Scale the pool us",
        ]
        eu, us = ("\n".join(lines[a:b]) for a, b in ((heads[0], heads[1]), (heads[1], len(lines))))
        assert ("eu: pod 29" in eu, "us:" in eu) == (True, False)
        assert ("us: pod 29" in us, "eu:" in us) == (True, False)
        assert "us: pod 0 " not in us
        await pilot.press("j", *["pageup"] * 8)
        await settle(app, pilot)
        screen = "\n".join(page(app))
        assert "us: pod 0 created" in screen, screen
        assert "eu: pod 29 created" in screen, screen
        await pilot.press("enter")
        await settle(app, pilot)
        assert "us: pod 9 created" in "\n".join(page(app))


async def test_the_panel_shows_the_member_of_a_group_that_next_names() -> None:
    night = parallel()
    feed = night.feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("E")
        await settle(app, pilot)
        assert any(line.startswith(" NEXT      !  5/8 Scale the pool us: run it") for line in page(app))
        assert any(line.startswith("> [*] 5 └ Scale the pool us") for line in page(app))
        feed.tell(StepChanged("deploy", "us", StepState.RUNNING, "ana", argv=SCALE))
        await settle(app, pilot)
        assert any(line.startswith("> [~] 5 └ Scale the pool us") for line in page(app)), "it stays where it was"


def measured() -> GoLive:
    """The second step takes 40 s, as a rehearsal three days ago measured."""
    file = runbook_file()
    deploy, *others = file.checklist.procedures
    region, apply, *rest = deploy.steps
    apply = msgspec.structs.replace(apply, estimate=40.0, rehearsed=START - 3 * 86_400.0)
    deploy = msgspec.structs.replace(deploy, steps=(region, apply, *rest))
    checklist = msgspec.structs.replace(file.checklist, procedures=(deploy, *others))
    night = GoLive(msgspec.structs.replace(file, checklist=checklist))
    night.ask(commands.OpenProcedure("ana", "deploy"))
    return night.ask(commands.AnswerStep("ana", "deploy", "region", "eu"))


async def test_an_estimate_shows_that_a_rehearsal_measured_it_and_when() -> None:
    app = CockpitApp(measured().feed(Notebook()), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("E")
        await settle(app, pilot)
        heading = next(line for line in page(app) if "── [*] 2 Apply the manifests" in line)
        assert "─ ~40s, rehearsed 3d ago  changes ─" in heading


UNTIL = Step("calm", "Wait for calm", wait=StepWait(until="signals.error_rate.value < 0.0001"))
WHEN = Step("more", "More traffic", argv=SCALE, when='signals.smoke_chat.verdict == "pass"')


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (UNTIL, ("waits, at most 9m", "until signals.error_rate.value < 0.0001, at most 10m", "not true yet")),
        (WHEN, ("condition not met: Paid chat: ", "not met: Paid chat: active check, not run yet", "! skip")),
    ],
)
async def test_a_step_shows_what_its_condition_lacks(step: Step, expected: tuple[str, ...]) -> None:
    file = runbook_file()
    checklist = msgspec.structs.replace(file.checklist, procedures=(Procedure("deploy", "Deploy", (step,)),))
    night = GoLive(msgspec.structs.replace(file, checklist=checklist)).good()
    night.ask(commands.OpenProcedure("ana", "deploy"))
    if step.wait is not None:
        night.ask(commands.RunStep("ana", "deploy", step.id)).wait(1).good().good().good()
    app = CockpitApp(night.feed(Notebook()), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("E")
        await settle(app, pilot)
        screen = "\n".join(page(app))
        assert [text for text in expected if text not in screen] == [], screen


async def test_a_failure_that_asks_opens_its_dialog_by_itself() -> None:
    feed = parallel().feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await settle(app, pilot)
        assert len(app.screen_stack) == 1
        feed.tell(StepChanged("deploy", "eu", StepState.FAILED, exit=1, ms=900.0))
        await settle(app, pilot)
        assert "Scale the pool eu FAILED" in "\n".join(page(app))
        assert len(app.screen_stack) == 2
