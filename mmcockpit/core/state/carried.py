"""The whole state of a session as plain JSON values: what a journal that continues another one starts with."""

from array import array
from collections import deque
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event, Opened
from mmcockpit.core.facts.journal import Continuation
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.points import POINTS_KEPT, Points
from mmcockpit.core.state.procedure_runs import OUTPUT_KEPT, PROCEDURES, ProcedureRun, StepRun
from mmcockpit.core.state.session import (
    ACTS_KEPT,
    CHANGES_KEPT,
    ITEMS,
    LOG_KEPT,
    SESSION,
    SIGNALS,
    Session,
    Topic,
    item_topic,
    signal_topic,
)
from mmcockpit.core.state.signals import RECENT_KEPT, STRETCHES_KEPT, SignalState

MOST_POINTS = 200_000
"""Maximum number of points of all signals together that are carried over, because they have to fit into one line."""

_UNFIT = object()

_APART = frozenset({"opened", "signals", "items", "procedures", "log", "acts"})
"""Fields of a session that are converted separately, without the parts that the cockpit file already defines."""


def carry(session: Session) -> Opened | None:
    """Return the fact that begins a journal with the present state of the session; None before it was opened."""
    if session.opened is None:
        return None
    continues = Continuation("", "", session.seq, "", freeze(session))
    return msgspec.structs.replace(session.opened, schema=facts.SCHEMA, minor=facts.MINOR, continues=continues)


def freeze(session: Session) -> dict[str, Any]:
    """Return the state of a session that was opened, as values that JSON can hold."""
    kept = min(POINTS_KEPT, MOST_POINTS // max(len(session.signals), 1))
    state = {one.name: _plain(getattr(session, one.name)) for one in fields(Session) if one.name not in _APART}
    state["signals"] = {name: _without(_short(one, kept), "signal") for name, one in session.signals.items()}
    state["items"] = {name: _without(one, "item") for name, one in session.items.items()}
    state["procedures"] = {name: _frozen_run(one) for name, one in session.procedures.items()}
    state["log"] = [_plain(_bare(event)) for event in session.log]
    state["acts"] = [_plain(_bare(event)) for event in session.acts]
    return state


def continued(session: Session, stamp: Stamp, body: Opened) -> set[Topic]:
    """Replace the state of a session by that of a continuing journal; return the topics that changed."""
    seq = session.seq
    _restore(session, stamp, body)
    session.seq, session.last = max(seq, session.seq), stamp
    names = {*map(signal_topic, session.signals), *map(item_topic, session.items)}
    return {SESSION, ITEMS, SIGNALS, PROCEDURES, *names}


def _restore(session: Session, stamp: Stamp, body: Opened) -> None:
    """Restore every field with a valid value; what does not fit the cockpit file is left out."""
    state = body.continues.state if body.continues is not None else {}
    opened = session.opened or msgspec.structs.replace(body, continues=None)
    plain = {each.name for each in fields(Session)} - _APART
    for name in plain & state.keys():
        value = _value(state[name], _hints(Session)[name])
        if value is not _UNFIT:
            setattr(session, name, value)
    cockpit = opened.cockpit
    session.opened = opened
    session.changes = deque(session.changes, CHANGES_KEPT)
    session.log = deque(_events(state.get("log"), opened), LOG_KEPT)
    session.acts = deque(_events(state.get("acts"), opened), ACTS_KEPT)
    session.signals = {
        each.name: _signal(SignalState(each), _part(state, "signals", each.name)) for each in cockpit.signals
    }
    items = cockpit.checklist.items
    session.items = {item.id: _item(ItemState(item), _part(state, "items", item.id)) for item in items}
    session.procedures = _runs(session, state, stamp)
    session.started = session.started or stamp
    session.last = session.last or stamp
    session.phase = min(max(session.phase, 0), max(len(cockpit.checklist.phases) - 1, 0))
    known = session.opened_at[: session.phase + 1] or [session.started]
    session.opened_at = known + known[-1:] * (session.phase + 1 - len(known))


def carried_events(body: Opened, after_seq: int) -> list[Event]:
    """Return the facts in the state of a continuing journal with a number above `after_seq`, without readings."""
    state = body.continues.state if body.continues is not None else {}
    opened = msgspec.structs.replace(body, continues=None)
    return [event for event in _events(state.get("log"), opened) if event.seq > after_seq]


def stripped(event: Event) -> Event:
    """Return an opening fact without the state that it carries, for the log."""
    body = event.body
    if not isinstance(body, Opened) or body.continues is None or not body.continues.state:
        return event
    bare = msgspec.structs.replace(body.continues, state={})
    return msgspec.structs.replace(event, body=msgspec.structs.replace(body, continues=bare))


class _Carried(msgspec.Struct):
    """An event as it is carried; of an opening fact only `continues` is kept, since its body is that of the session."""

    seq: int
    stamp: Stamp
    body: facts.AnyBody | None = None
    recorded: bool = True
    continues: Continuation | None = None
    identity: str = ""
    command_id: str = ""
    epoch: int = 0
    unknown: dict[str, Any] | None = None


def _bare(event: Event) -> _Carried:
    opened = isinstance(event.body, Opened)
    return _Carried(
        event.seq,
        event.stamp,
        None if opened else event.body,
        event.recorded,
        event.body.continues if isinstance(event.body, Opened) else None,
        event.identity,
        event.command_id,
        event.epoch,
        event.unknown,
    )


def _events(state: Any, opened: Opened) -> list[Event]:
    carried = [_carried_event(one) for one in state] if isinstance(state, list | tuple) else []
    return [
        Event(
            one.seq,
            one.stamp,
            one.body or msgspec.structs.replace(opened, continues=one.continues),
            one.recorded,
            one.identity,
            one.command_id,
            one.epoch,
            one.unknown,
        )
        for one in carried
        if one is not _UNFIT
    ]


def _carried_event(state: Any) -> Any:
    """Return a carried event; one of a kind that this version does not know is `Unread`."""
    event = _value(state, _Carried)
    if event is not _UNFIT or not isinstance(state, dict) or not isinstance(state.get("body"), dict):
        return event
    fields = dict(state["body"])
    kind = str(fields.pop("type", ""))
    unread = {"type": "Unread", "kind": kind, "text": msgspec.json.encode(fields).decode()}
    return _value({**state, "body": unread}, _Carried)


def _short(state: SignalState, kept: int) -> dict[str, Any]:
    fields_: dict[str, Any] = _plain(state)
    return {**fields_, "points": list(state.points.last(kept))}


def _without(state: Any, name: str) -> dict[str, Any]:
    fields_: dict[str, Any] = _plain(state)
    return {key: value for key, value in fields_.items() if key != name}


def _frozen_run(run: ProcedureRun) -> dict[str, Any]:
    steps = {name: _without(one, "step") for name, one in run.steps.items()}
    return {**_without(run, "procedure"), "steps": steps}


def _part(state: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    parts = state.get(name)
    part = parts.get(key) if isinstance(parts, dict) else None
    return part if isinstance(part, dict) else {}


def _signal(signal: SignalState, state: dict[str, Any]) -> SignalState:
    _fill(signal, state, {"signal"})
    signal.recent = deque(signal.recent, RECENT_KEPT)
    for streak in (signal.passing, signal.failing):
        streak.stretches = deque(streak.stretches, STRETCHES_KEPT)
    return signal


def _item(item: ItemState, state: dict[str, Any]) -> ItemState:
    _fill(item, state, {"item"})
    return item


def _runs(session: Session, state: dict[str, Any], stamp: Stamp) -> dict[str, ProcedureRun]:
    """Return the runs of the procedures that the cockpit file has, in the order in which they were started."""
    known = {step_run.id: step_run for step_run in session.cockpit.checklist.procedures}
    begun = state.get("procedures")
    runs = {}
    for name in begun if isinstance(begun, dict) else ():
        if name not in known:
            continue
        part = _part(state, "procedures", name)
        run = ProcedureRun(known[name], stamp, "")
        _fill(run, part, {"procedure", "steps"})
        run.steps = {step.id: StepRun(step) for step in known[name].steps}
        for step, step_run in run.steps.items():
            _fill(step_run, _part(part, "steps", step), {"step"})
            step_run.output = deque(step_run.output, OUTPUT_KEPT)
        runs[name] = run
    return runs


def _fill(target: object, state: dict[str, Any], own: Iterable[str]) -> None:
    """Set the fields of a dataclass that the state has, except `own`; a value of another type is left out."""
    kind: Any = type(target)
    hints = _hints(kind)
    for each in fields(target):  # type: ignore[arg-type]
        if each.name in state and each.name not in own:
            value = _value(state[each.name], hints[each.name])
            if value is not _UNFIT:
                setattr(target, each.name, value)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, enc_hook=_encoded, str_keys=True)


def _encoded(value: Any) -> Any:
    match value:
        case deque():
            return list(value)
        case Points():
            return list(value.last(POINTS_KEPT))
    raise NotImplementedError(type(value).__name__)


def _value(state: Any, kind: Any) -> Any:
    """Return the value converted to this type, or _UNFIT."""
    try:
        return msgspec.convert(state, kind, dec_hook=_decoded, str_keys=True)
    except (ValueError, RecursionError):
        return _UNFIT


def _decoded(kind: Any, state: Any) -> Any:
    if get_origin(kind) is deque or kind is deque:
        return deque(msgspec.convert(state, list[get_args(kind)], dec_hook=_decoded, str_keys=True))  # type: ignore[misc]
    if kind is Points:
        return Points.of_flat(array("d", msgspec.convert(state, list[float])))
    raise NotImplementedError(str(kind))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
