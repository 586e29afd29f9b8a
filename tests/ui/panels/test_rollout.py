"""The rollout: the new ReplicaSet above the old one, images by what differs, why it is not done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.panels.rollout import short_images
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import ROLLOUT, GoLive, go_live_layout

pytestmark = pytest.mark.anyio

OLD, NEW = "sha256:" + "56" * 32, "sha256:" + "9f" * 32
SETS = [
    {
        "replicas": "new",
        "revision": "41",
        "image": f"ghcr.io/example/modelmuxer:2.4.1@{NEW}",
        "ready": 1,
        "desired": 3,
        "age_s": 95,
        "restarts": 7,
        "reason": "CrashLoopBackOff",
        "waiting": ["modelmuxer-7d-x: CrashLoopBackOff"],
        "name": "modelmuxer-7d",
    },
    {
        "replicas": "old",
        "revision": "40",
        "image": f"ghcr.io/example/modelmuxer:2.4.0@{OLD}",
        "ready": 2,
        "desired": 2,
        "age_s": 864_000,
        "restarts": 0,
        "reason": "",
        "waiting": [],
        "name": "modelmuxer-6c",
    },
]
WHY = "1 of 3 pods updated; new pods cannot start: CrashLoopBackOff"


@pytest.mark.parametrize(("width", "height"), [(80, 23), (120, 40)])
async def test_the_new_pods_are_above_the_old_ones_with_why_it_is_not_done(width: int, height: int) -> None:
    app = CockpitApp(GoLive().good(rollout={**ROLLOUT, "sets": SETS, "why": WHY}).feed(Notebook()), go_live_layout())
    async with shown(app, width, height) as pilot:
        await pilot.press("colon", *"panel rollout", "enter")
        await settle(app, pilot)
        lines = page(app)
    text = "\n".join(lines)
    assert WHY in text
    new, old = (
        next(line.split() for line in lines if f" {word} " in line and "2.4" in line) for word in ("new", "old")
    )
    assert new == ["new", "41", "2.4.1", "1/3", "95s", "7", "CrashLoopBackOff"] or new[3:5] == ["1/3", "1m"], new
    assert old[:4] == ["old", "40", "2.4.0", "2/2"]
    assert "sha256" not in text


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([f"ghcr.io/a/app:2.4.1@{NEW}", f"ghcr.io/a/app:2.4.0@{OLD}"], ["2.4.1", "2.4.0"]),
        ([f"ghcr.io/a/app:2.4.1@{NEW}", f"ghcr.io/a/app:2.4.1@{OLD}"], ["app:2.4.1@9f9f9f9", "app:2.4.1@5656565"]),
        (["app", "app:1"], ["app", "app:1"]),
        (["a/app:1", "b/app:1"], ["a/app:1", "b/app:1"]),
        (["reg:5000/app:1", "reg:5000/web:1"], ["app:1", "web:1"]),
        ([f"app@{NEW}"], ["app"]),
    ],
)
def test_images_are_shown_by_what_differs(images: list[str], expected: list[str]) -> None:
    assert short_images(images) == expected


NAMES = st.sampled_from(["a/app", "b/app", "app", "reg:5000/app", "web"])
IMAGES = st.builds(
    "{}{}{}".format, NAMES, st.sampled_from(["", ":1", ":2"]), st.sampled_from(["", f"@{OLD}", f"@{NEW}"])
)


@given(st.lists(IMAGES, min_size=1, max_size=3))
def test_different_images_are_shown_differently(images: list[str]) -> None:
    assert len(set(short_images(images))) == len(set(images))
