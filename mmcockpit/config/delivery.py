"""Procedures of one command for what a rollout signal shows: promote, pause, resume, abort and retry.

The patches are those of the plugin of Argo Rollouts, sent by kubectl, so that no plugin is needed.
Source: https://github.com/argoproj/argo-rollouts/tree/master/pkg/kubectl-argo-rollouts/cmd
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import msgspec

from mmcockpit.config.checklist.target_copy import with_items
from mmcockpit.core.model.checklist import Checklist, Item, Phase
from mmcockpit.core.model.cockpit import CLUSTER, SourceSpec
from mmcockpit.core.model.procedure import Danger, Offer, Procedure, Step, StepWait
from mmcockpit.core.model.signal import Signal

_STATUS = "--subresource=status"
_PAUSED = 'value.pause_reason.contains("spec.paused is set")'
_UNDERWAY = "value.exists && !value.promoted && !value.aborted"
_WEIGHT = 'has(value.weight) ? "at weight " + string(value.weight) + "%" : ""'
SOON_S = 120.0
"""How long the effect of an action may take to show."""


class _Action(NamedTuple):
    """An action: when it is offered, its label (CEL text), its words after `kubectl`, and what shows its effect.

    `{name}` in the words is the object; `effect` is a CEL expression in which `value` is the signal's value.
    """

    verb: str
    when: str
    label: str
    words: tuple[str, ...]
    about: str
    danger: Danger = Danger.CHANGES
    effect: str = ""
    stops: bool = False
    advances: bool = False


def _patch(patch: str, *more: str) -> tuple[str, ...]:
    return ("patch", "rollouts.argoproj.io", "{name}", *more, "--type=merge", f"--patch={patch}")


_ARGO = (
    _Action(
        "promote",
        f'{_UNDERWAY} && value.paused && !({_PAUSED}) && !value.pause_reason.contains("inconclusive")',
        '"promote to the next step"',
        _patch('{"status":{"pauseConditions":null}}', _STATUS),
        "Ends the pause, so that the rollout continues with its next step.",
        Danger.DANGEROUS,
        advances=True,
    ),
    _Action(
        "pause",
        f"{_UNDERWAY} && !value.paused",
        '"pause the rollout"',
        _patch('{"spec":{"paused":true}}'),
        "The rollout stays at its weight until it is resumed.",
        effect="value.paused",
    ),
    _Action(
        "resume",
        f"value.exists && {_PAUSED}",
        '"resume the rollout"',
        _patch('{"spec":{"paused":false}}'),
        "The rollout continues where it was paused.",
        effect=f"!({_PAUSED})",
    ),
    _Action(
        "abort",
        _UNDERWAY,
        'value.strategy == "blueGreen" ? "abort the new version" : "abort the canary"',
        _patch('{"status":{"abort":true}}', _STATUS),
        "All traffic goes back to the stable version. The specification still names the new version.",
        Danger.DANGEROUS,
        "value.aborted",
        stops=True,
    ),
    _Action(
        "retry",
        "value.exists && value.aborted",
        '"retry the aborted rollout"',
        _patch('{"status":{"abort":false}}', _STATUS),
        "The rollout of the new version begins again with its first step.",
        Danger.DANGEROUS,
        "!value.aborted",
    ),
)
_DEPLOYMENT = (
    _Action(
        "pause",
        "value.exists && !value.complete && !value.paused",
        '"pause the rollout"',
        ("rollout", "pause", "deployment/{name}"),
        "No further pods are replaced until the rollout is resumed.",
        effect="value.paused",
    ),
    _Action(
        "resume",
        "value.exists && value.paused",
        '"resume the rollout"',
        ("rollout", "resume", "deployment/{name}"),
        "Pods are replaced again, up to the whole Deployment.",
        effect="!value.paused",
    ),
)
_ACTIONS = {"argo_rollout": _ARGO, "rollout": _DEPLOYMENT}


def with_delivery(checklist: Checklist, signals: Iterable[Signal], sources: Mapping[str, SourceSpec]) -> Checklist:
    """Return a checklist with the procedures for what its signals show, after its own.

    Items of a wave that name such a procedure name that of their target.
    """
    own = checklist.procedures
    procedures = (*own, *delivery_procedures(signals, sources, own))
    known = {one.id for one in procedures}

    def named(phase: Phase, item: Item) -> Item:
        name = f"{item.procedure}@{phase.target}"
        return msgspec.structs.replace(item, procedure=name) if name in known else item

    phases = tuple(with_items(phase, partial(named, phase)) if phase.target else phase for phase in checklist.phases)
    return msgspec.structs.replace(checklist, procedures=procedures, phases=phases)


def delivery_procedures(
    signals: Iterable[Signal], sources: Mapping[str, SourceSpec], defined: Iterable[Procedure]
) -> tuple[Procedure, ...]:
    """Return the procedures for Rollouts and Deployments that signals show, once each; defined ones keep their ids.

    Those of a target of a wave have its suffix, as its signals have, and name its cluster.
    """
    clusters = [name for name, source in sources.items() if source.kind == "kubernetes"]
    used, seen, made = {one.id for one in defined}, set[tuple[str, ...]](), list[Procedure]()
    for signal in signals:
        if signal.source not in clusters or signal.args.get("kind", "deployment") != "deployment":
            continue
        name, namespace = str(signal.args.get("name", "")), _namespace(signal, sources[signal.source])
        place = (signal.source, signal.probe, namespace, name)
        if not name or place in seen:
            continue
        seen.add(place)
        only = len(clusters) == 1 and not signal.target
        cluster = CLUSTER if only or signal.source == CLUSTER else signal.source
        for procedure in _of(signal, cluster, namespace, name, used):
            used.add(procedure.id)
            made.append(procedure)
    return tuple(made)


def _of(signal: Signal, cluster: str, namespace: str, name: str, used: set[str]) -> Iterator[Procedure]:
    target = signal.target
    head = ["kubectl", f"--kubeconfig=${{{cluster}.kubeconfig}}", f"--context=${{{cluster}.context}}"]
    head += [f"--namespace={namespace}"] if namespace else []
    for action in _ACTIONS.get(signal.probe, ()):
        argv = (*head, *(word.replace("{name}", name) for word in action.words))
        title = f"{target}: {action.verb} {name}" if target else f"{action.verb.capitalize()} {name}"
        suffix = f"@{target}" if target else ""
        ids = (f"{action.verb}-{name}{suffix}", f"{action.verb}-{name}-{signal.name}")
        free = next((one for one in ids if one not in used), "")
        if not free:
            continue
        command = Step(
            action.verb,
            title,
            action.about,
            argv,
            action.danger,
            name,
            estimate=10.0,
            timeout=60.0,
            if_fails="Read the message of kubectl; the rollout panel shows what the controller did.",
        )
        place = _WEIGHT if action.stops or action.advances else ""
        offer = Offer(signal.name, action.when, action.label, place, action.stops, action.advances)
        yield Procedure(free, title, (command, *_effect(signal, action)), action.about, offer=offer, target=target)


def _effect(signal: Signal, action: _Action) -> Iterator[Step]:
    if action.effect:
        until = action.effect.replace("value.", f'signals["{signal.name}"].value.')
        title = f"{signal.title} shows it"
        yield Step("effect", title, wait=StepWait(until=until), estimate=10.0, timeout=SOON_S)


def _namespace(signal: Signal, source: SourceSpec) -> str:
    written = signal.args.get("namespace") or source.options.get("namespace") or ""
    return written if isinstance(written, str) else ""
