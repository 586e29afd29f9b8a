"""Possible mistakes of a phase with targets: two targets that are one cluster, and an item that reads only one."""

from collections.abc import Iterable, Mapping

from mmcockpit.config.checklist.work import Places
from mmcockpit.config.definitions import Written
from mmcockpit.core.model.checklist import Checklist, Item
from mmcockpit.core.model.cockpit import CLUSTER, SourceSpec
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.signal import Signal

_WHERE = ("kubeconfig", "context", "namespace")
"""The options of a source that decide which cluster it polls, and where in it."""


def warn_of_same_cluster(wave: Written, sources: Mapping[str, SourceSpec]) -> None:
    """Warn about targets that are the same cluster and namespace: the second one would prove nothing."""
    first: dict[tuple[object, ...], str] = {}
    for n, target in enumerate(wave.value):
        where = tuple(sources[target].options.get(key, "") for key in _WHERE)
        same = first.setdefault(where, target)
        if same != target:
            context = f"context '{where[1]}'" if where[1] else "the current context"
            wave.part.at(n).warn(f"targets {same} and {target} are the same cluster, {context}; correct one of them")


def warn_of_fixed_targets(
    checklist: Checklist, signals: Iterable[Signal], waves: Mapping[str, tuple[str, ...]], places: Places
) -> None:
    """Warn about the items of a phase with targets that read, or change, one of its targets for each of them."""
    polled = {signal.name: signal for signal in signals}
    runbooks = {procedure.id: procedure for procedure in checklist.procedures}
    for phase in checklist.phases:
        for item in phase.items if phase.id in waves else ():
            _warn_of_item(item, polled.get(item.signal), runbooks.get(item.procedure), waves[phase.id], places)


def _warn_of_item(
    item: Item, signal: Signal | None, procedure: Procedure | None, targets: tuple[str, ...], places: Places
) -> None:
    part = places.get(item.id)
    if part is None or len(targets) == 1:
        return
    if signal is not None and signal.source in targets:
        way_out = f"write {CLUSTER}.{signal.probe}, so that each target polls its own cluster"
        part.at("signal").warn(f"signal '{signal.name}' polls {signal.source} for every target; {way_out}")
    steps = procedure.steps if procedure is not None else ()
    if fixed := next((step.cluster for step in steps if step.cluster in targets), ""):
        way_out = f"write ${{{CLUSTER}.context}}, so that it acts on the cluster of its target"
        part.at("procedure").warn(f"procedure '{item.procedure}' acts on {fixed} for every target; {way_out}")
