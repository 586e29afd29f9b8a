"""The steps of a canary: which one is running, as text, and the weight that it asks for."""

from typing import Any, NamedTuple

from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.sources.kubernetes.argo.rollouts import FULL_WEIGHT, RolloutObject


class CanaryPlace(NamedTuple):
    """The running step from 1 (0 before the first one), of how many, and the step as text; empty after the last."""

    step: int
    steps: int
    text: str


def step_place(rollout: RolloutObject) -> CanaryPlace | None:
    """Return where a canary is; None without steps. An aborted one is before its first step."""
    steps = rollout.canary.steps if rollout.canary else []
    if not steps:
        return None
    index = rollout.status.current_step_index
    if rollout.status.abort or index is None:
        return CanaryPlace(0, len(steps), "")
    if index >= len(steps):
        return CanaryPlace(len(steps), len(steps), "")
    step = steps[index]
    weight = step.get("setWeight")
    shown = {"setWeight": rollout.percentage(weight)} if isinstance(weight, int) else step
    return CanaryPlace(index + 1, len(steps), step_text(shown))


def desired_weight(rollout: RolloutObject) -> int:
    """Return the percentage of traffic that the steps ask for the newest version, as Argo Rollouts decides it."""
    steps = rollout.canary.steps if rollout.canary else []
    index = rollout.status.current_step_index
    if rollout.status.abort:
        return 0
    if rollout.promoted or not steps or (index is not None and index >= len(steps)):
        return FULL_WEIGHT
    passed = steps[: (index or 0) + 1]
    set_weights = [step["setWeight"] for step in passed if isinstance(step.get("setWeight"), int)]
    return rollout.percentage(set_weights[-1]) if set_weights else 0


def step_text(step: dict[str, Any]) -> str:
    """Return a step as text: `set weight 20%`, `pause 10m`, `analysis success-rate`."""
    match step:
        case {"setWeight": int(weight)}:
            return f"set weight {weight}%"
        case {"pause": {"duration": int() | str() as length}}:
            return f"pause {_length(length)}"
        case {"pause": _}:
            return "pause until promoted"
        case {"analysis": dict(analysis)}:
            return _named("analysis", analysis.get("templates"), "templateName")
        case {"experiment": dict(experiment)}:
            return _named("experiment", experiment.get("templates"), "name")
        case {"setCanaryScale": dict(scale)}:
            return _scale(scale)
        case {"setHeaderRoute": dict(route)}:
            return f"set header route {route.get('name', '')}".strip()
        case {"setMirrorRoute": dict(route)}:
            share = route.get("percentage")
            return f"mirror {f'{share}% of ' if share is not None else ''}route {route.get('name', '')}".strip()
        case {"plugin": dict(plugin)}:
            return f"plugin {plugin.get('name', '')}".strip()
    return next(iter(step), "unknown step")


def _scale(scale: dict[str, Any]) -> str:
    match scale:
        case {"weight": int(weight)}:
            return f"scale canary to {weight}%"
        case {"replicas": int(replicas)}:
            return f"scale canary to {replicas} {'pod' if replicas == 1 else 'pods'}"
    return "scale canary with its weight"


def _named(word: str, templates: Any, key: str) -> str:
    known = templates if isinstance(templates, list) else []
    names = [str(one.get(key, "")) for one in known if isinstance(one, dict)]
    return " ".join([word, ", ".join(filter(None, names))]).strip()


def _length(length: int | str) -> str:
    """Return the duration of a pause, whose unit is seconds if it has none."""
    text = str(length)
    try:
        return duration(float(text) if text.isdecimal() else seconds(text))
    except ValueError:
        return text
