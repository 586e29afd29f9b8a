"""The parts of a cockpit file that may act on production: taken from the current file, compared, listed."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.state.procedure_runs import PROCEDURES
from mmcockpit.core.state.session import SESSION, SIGNALS, Session, Topic, signal_topic
from mmcockpit.core.words.durations import duration

REMOVED = "removed"
"""Source of a signal that is missing from the current cockpit file: it is no longer polled."""

_ASKED = ("source", "probe", "args", "fresh", "active", "every", "timeout")
"""Fields of a signal that define what is sent to production; how its result is judged stays as recorded."""


def taken(recorded: Cockpit, today: Cockpit) -> Cockpit:
    """Return the recorded cockpit with every part that may act taken from the current file."""
    signals = {signal.name: signal for signal in today.signals}
    # Where people join from seats of their own, the file lists whose login may act.
    shared = today.share is not None or recorded.share is not None
    return msgspec.structs.replace(
        recorded,
        sources=today.sources,
        allow=today.allow,
        webhook=today.webhook,
        channels=today.channels,
        escalation=today.escalation,
        people=today.people if shared else recorded.people,
        share=today.share,
        anchor=today.anchor,
        cluster=today.cluster,
        clusters=today.clusters,
        signals=tuple(_asked(signal, signals.get(signal.name)) for signal in recorded.signals),
        checklist=msgspec.structs.replace(recorded.checklist, procedures=today.checklist.procedures),
    )


def differences(before: Cockpit, after: Cockpit) -> tuple[str, ...]:
    """Return the differences of the parts that may act, a line each; empty if there are none."""
    return (
        *_changed("source", _by(before.sources, "name"), _by(after.sources, "name")),
        *_changed("signal", _queries(before), _queries(after)),
        *_changed("procedure", _by(before.checklist.procedures, "id"), _by(after.checklist.procedures, "id")),
        *_changed("", {"allow": before.allow}, {"allow": after.allow}),
        *_changed("", {"webhook": before.webhook}, {"webhook": after.webhook}),
        *_changed("channel", _by(before.channels, "name"), _by(after.channels, "name")),
        *_changed("", {"escalate": before.escalation}, {"escalate": after.escalation}),
        *_changed("person", _by(before.people, "name"), _by(after.people, "name")),
        *_changed("", {"share": before.share}, {"share": after.share}),
        *_changed("", {"anchor": before.anchor}, {"anchor": after.anchor}),
        *_changed("", {"cluster": before.cluster}, {"cluster": after.cluster}),
        *_changed("cluster", before.clusters, after.clusters),
    )


def acting(cockpit: Cockpit) -> Iterator[str]:
    """Yield the parts that may act, a line each, for an operator to confirm."""
    for source in cockpit.sources:
        yield f"source {source.name} ({source.kind}): {_json(source.options)}"
    commands = [step.argv for one in cockpit.checklist.procedures for step in one.steps if step.argv]
    if cockpit.allow.procedures and commands:
        yield f"steps with a command: {len(commands)}, as recorded in the journal"
    if cockpit.allow.probe_commands:
        yield f"commands that probes may run: {', '.join(cockpit.allow.probe_commands)}"
    if cockpit.allow.active:
        yield f"active signals: {', '.join(cockpit.allow.active)}"
    if cockpit.share is not None:
        yield f"share: {_json(cockpit.share)}"
        for person in cockpit.people:
            yield f"person who may act: {_json(person)}"
    if cockpit.webhook:
        yield f"webhook: {_json(cockpit.webhook)}"
    if cockpit.anchor is not None:
        yield f"anchor: {_json(cockpit.anchor)}"
    for channel in cockpit.channels:
        yield f"channel {channel.name} ({channel.kind}): {_json(channel)}"
    for step in cockpit.escalation:
        yield f"escalation after {duration(step.after_s)} to {', '.join(step.to)}"
    for name, cluster in (cockpit.clusters or {"": cockpit.cluster}).items():
        if cluster.server:
            yield f"{f'cluster {name}'.strip()}: {cluster.context} at {cluster.server} ({cluster.kubeconfig})"


def reconfigured(session: Session, stamp: Stamp, body: facts.Reconfigured) -> set[Topic]:
    """Replace the cockpit by that of a fact: signals and open runs keep their state and get its definitions."""
    if session.opened is None:
        return set()
    # Also from a foreign journal, only what may act is taken: items and phases stay as they are.
    cockpit = taken(session.opened.cockpit, body.cockpit)
    session.opened = msgspec.structs.replace(session.opened, cockpit=cockpit, file=body.file)
    for signal in cockpit.signals:
        if signal.name in session.signals:
            session.signals[signal.name].signal = signal
    known = {one.id: one for one in cockpit.checklist.procedures}
    for name, run in session.procedures.items():
        procedure = known.get(name)
        run.procedure = procedure or msgspec.structs.replace(run.procedure, steps=())
        for step in run.steps.values():
            step.step = _step(procedure, step.step)
    return {SESSION, SIGNALS, PROCEDURES, *map(signal_topic, session.signals)}


def _step(procedure: Procedure | None, before: Step) -> Step:
    """Return the current definition of a step; a step that no longer exists has no command."""
    steps = procedure.steps if procedure else ()
    return next((one for one in steps if one.id == before.id), msgspec.structs.replace(before, argv=()))


def _asked(signal: Signal, today: Signal | None) -> Signal:
    if today is None:
        return msgspec.structs.replace(signal, source=REMOVED, args={})
    return msgspec.structs.replace(signal, shape=today.shape, **{name: getattr(today, name) for name in _ASKED})


def _by(parts: Iterable[Any], key: str) -> dict[str, Any]:
    return {getattr(one, key): one for one in parts}


def _queries(cockpit: Cockpit) -> dict[str, Any]:
    return {one.name: [getattr(one, name) for name in _ASKED] for one in cockpit.signals}


def _changed(kind: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in {**before, **after}:
        one, other = before.get(name), after.get(name)
        if _plain(one) != _plain(other):
            word = "added" if one is None else "removed" if other is None else "changed"
            yield f"{kind} {name} {word}".strip()


def _plain(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
