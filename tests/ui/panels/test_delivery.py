"""Progressive delivery and GitOps on the screen: step, weight, ReplicaSets and measurements; revisions in a table."""

from typing import Any

import msgspec
import pytest

from mmcockpit import sources
from mmcockpit.core.model.production_change import ProductionChangeKind
from mmcockpit.core.state.changes import change
from mmcockpit.core.words.amounts import scalar
from mmcockpit.core.words.numbers import number
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.panels.rollout import RolloutPanel
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive
from tests.ui.panels.delivery_values import (
    APPLICATION,
    CANARY,
    FLUX,
    NEW,
    OLD,
    READINGS,
    RELEASE,
    SIGNALS,
    delivering,
    offering,
)

pytestmark = pytest.mark.anyio
SHAPES = {one.name: one.shape for one in SIGNALS}
SIZES = [(80, 23), (120, 40), (200, 50)]


async def lines(night: GoLive, panel: str, width: int, height: int, *keys: str) -> list[str]:
    """Return the screen with one panel on it after these keys; on a large one beside the others."""
    app = CockpitApp(night.feed(Notebook()), night.session.cockpit.layout)
    async with shown(app, width, height) as pilot:
        await pilot.press("colon", *f"panel {panel}", "enter", *keys)
        await settle(app, pilot)
        return page(app)


@pytest.mark.parametrize("name", READINGS)
def test_the_readings_of_these_tests_fit_the_declarations(name: str) -> None:
    probe = next(one.probe for one in SIGNALS if one.name == name)
    msgspec.convert(READINGS[name], sources.kind("kubernetes").probes[probe].value, strict=True)


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_a_canary_shows_its_step_its_weight_and_both_sets(width: int, height: int) -> None:
    text = "\n".join(await lines(delivering(), "rollout", width, height))
    for part in ("step      2/5 █████░░░░░░░  now analysis error-share", "weight    20% ██░░░░░░░░░░  wanted 20%"):
        assert part in text
    rows = [line.partition(" canary ")[2] or line.partition(" stable ")[2] for line in text.splitlines()]
    newest, stable = (row.split()[:3] for row in rows if "1.5.0" in row or "1.4.0" in row)
    assert (newest, stable) == (["8", "1.5.0", "1/1"], ["7", "1.4.0", "4/4"])


async def test_signals_of_the_same_rollout_show_its_sets_once() -> None:
    text = "\n".join(await lines(delivering(), "rollout", 80, 23))
    assert "Shop weight" in text
    assert text.count("registry") + text.count("1.5.0") == 1


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
async def test_each_measurement_has_a_row(width: int, height: int) -> None:
    rows = [line.split() for line in await lines(delivering(), "rollout", width, height)]
    assert any({"error-share", "Running", "[0.0042]", "2", "1", "5"} <= set(row) for row in rows)
    assert [row[:4] for row in rows if "[0.0124]" in row] == [["error-share", "Failed", "[0.0124]", "1m"]]


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
async def test_a_canary_of_flagger_shows_its_weight_and_how_to_pause_it(width: int, height: int) -> None:
    text = "\n".join(await lines(delivering(), "rollout", width, height, *["j"] * 25))
    for part in ("weight    30% ████░░░░░░░░  promoted at 50%", "checks    2 failed, Flagger rolls back at 5"):
        assert part in text
    shown = " ".join(text.split())
    assert "promotes it by itself; to pause it: kubectl --namespace=shop patch canaries.flagger.app cart" in shown
    assert """--patch='{"spec":{"suspend":true}}'""" in shown
    assert "image     cart:3.1.0" in text
    assert "primary   registry.test/team/cart:3.0.2" in text


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        (
            {"why": "paused at step 3 of 5: pause step", "paused": True, "step": 3, "step_text": "pause 10m"},
            "now pause 10m",
        ),
        ({"why": "aborted: metric failed", "aborted": True, "step": 0, "step_text": ""}, "aborted: metric failed"),
        ({"exists": False, "complete": False, "why": "not found"}, "does not exist"),
    ],
)
async def test_what_holds_a_canary_is_shown(changed: dict[str, Any], part: str) -> None:
    assert part in "\n".join(await lines(delivering(**changed), "rollout", 80, 23))


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
async def test_applications_flux_and_releases_are_a_table(width: int, height: int) -> None:
    text = "\n".join(await lines(delivering(), "delivery", width, height))
    for part in (
        "sync OutOfSync",
        "revision 1f0c1f0c1f0c…",
        "newest revision 9ab39ab39ab3…",
        "Rollout  shop  OutOfSync",
    ):
        assert part in text
    assert OLD not in text


def test_all_signals_of_delivery_have_a_panel_in_the_automatic_layout() -> None:
    panels = {panel.id: panel for panel in delivering().session.cockpit.layout.panels}
    assert (panels["rollout"].kind, panels["rollout"].signals) == ("rollout", ("canary", "weight", "flagger"))
    assert (panels["delivery"].kind, panels["delivery"].signals) == ("table", ("application", "flux", "release"))
    wide = delivering().session.cockpit.layout.arrangements[-1]
    assert {"rollout", "delivery"} <= {slot.panel for slot in wide.slots}


@pytest.mark.parametrize(
    ("name", "before", "after", "text"),
    [
        ("canary", CANARY, {**CANARY, "revision": "9"}, "revision 8 to 9"),
        ("application", APPLICATION, {**APPLICATION, "revision": NEW}, "revision 1f0c1f0c1f0c… to 9ab39ab39ab3…"),
        (
            "flux",
            FLUX,
            {**FLUX, "revision": f"main@sha1:{NEW}"},
            "revision main@sha1:1f0c1f0c1f0c… to main@sha1:9ab39ab39ab3…",
        ),
        ("release", RELEASE, {**RELEASE, "revision": 5}, "revision 4 to 5"),
    ],
)
def test_another_revision_is_a_deployment_in_what_changed(
    name: str, before: dict[str, Any], after: dict[str, Any], text: str
) -> None:
    assert change(before, after, SHAPES[name]) == (text, ProductionChangeKind.DEPLOY)
    assert change(before, before, SHAPES[name])[0] == ""


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (NEW, "9ab39ab39ab3…"),
        (f"main@sha1:{NEW}", "main@sha1:9ab39ab39ab3…"),
        (f"{NEW},1.5.0", "9ab39ab39ab3…,1.5.0"),
        (NEW[:39], NEW[:39]),
        ("sha256:" + "ab" * 32, "sha256:abababababab…"),
        ("ab" * 20 + "c", "ab" * 20 + "c"),
    ],
)
def test_commits_and_digests_are_shown_in_short(text: str, short: str) -> None:
    assert scalar(text) == short


@pytest.mark.parametrize(("value", "text"), [(20, "20%"), (0, "0%"), (0.25, "0.25%"), (100, "100%"), (5.61, "5.6%")])
def test_percentages_have_their_sign_beside_them(value: float, text: str) -> None:
    assert number(value, "%") == text


async def test_the_actions_of_a_canary_are_below_its_weight_and_their_key_opens_them() -> None:
    night = offering()
    app = CockpitApp(night.feed(Notebook()), night.session.cockpit.layout)
    async with shown(app, 120, 40) as pilot:
        await pilot.press("colon", *"panel rollout", "enter")
        await settle(app, pilot)
        text = "\n".join(page(app))
        assert "[!] pause the rollout" in text
        assert "[!] abort the canary" in text
        assert "retry the aborted rollout" not in text
        panel = app.query_one(RolloutPanel)
        panel._key = ("offer", "abort-shop")
        panel.redraw()
        await settle(app, pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        assert '{"status":{"abort":true}}' in "".join(page(app))
