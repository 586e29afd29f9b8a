"""A go-live over three clusters: the example, with a regression in the finished one."""

from collections.abc import Sequence
from pathlib import Path

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.gate import gate
from tests.ui.go_lives import ROLLOUT, GoLive

EXAMPLE = Path(__file__).parents[2] / "examples" / "several-clusters" / "cockpit.yaml"
IMAGE = "registry.example.com/shop:2.4.0"
OLD = {**ROLLOUT, "updated": 6, "ready": 6, "available": 6, "complete": True, "reason": "", "image": "shop:2.3.9"}
NEW, HALF = OLD | {"image": IMAGE}, OLD | {"image": IMAGE, "updated": 3, "complete": False}
TARGETS = ("eu-1", "eu-2", "us-1")


def three_targets(errors: float = 0.034, example: Path = EXAMPLE, targets: Sequence[str] = TARGETS) -> GoLive:
    """The first target is finished and has `errors` now, the second is open and half deployed, the third not reached.

    `example` is the cockpit file, with these `targets`.
    """
    first, second, third = targets
    night = GoLive(load_cockpit(example, sources).cockpit)
    seen(night, 60, {first: OLD, second: OLD, third: OLD})
    night.ask(commands.MarkItem("ana", "readiness/before-the-first-cluster/release-notes", "read", Mark.DONE))
    night.ask(commands.OpenPhase("ana", gate(night.session).phase, "no contact yet", override=True))
    night.ask(commands.MarkItem("ana", f"deployment@{first}/new-version/announce-target", "", Mark.DONE))
    seen(night, 700, {first: NEW, second: OLD, third: OLD})
    night.ask(commands.OpenPhase("ana", gate(night.session).phase, "agreed", override=True))
    night.ask(commands.MarkItem("ana", f"deployment@{second}/new-version/announce-target", "", Mark.DONE))
    return seen(night, 120, {first: NEW, second: HALF, third: OLD}, {first: errors})


def seen(night: GoLive, seconds: float, rollouts: dict[str, object], errors: dict[str, float] | None = None) -> GoLive:
    """Let time pass in which every target answers."""
    values: dict[str, object] = {}
    for target, rollout in rollouts.items():
        assert isinstance(rollout, dict)
        values |= {f"rollout@{target}": rollout, f"stuck@{target}": rollout | {"stuck": []}}
        values[f"error_share@{target}"] = (errors or {}).get(target, 0.001)
    for _ in range(int(seconds // 10)):
        night.wait(10).see(**values)
    return night
