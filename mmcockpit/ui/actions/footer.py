"""Which keys the bottom line shows: those that work in this panel, on this row, in this session."""

from collections.abc import Iterator

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.facts.event import Refused
from mmcockpit.core.model.next_action import Next, NextKind
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.plans.time_plan import rollback_procedure
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.footer import Hint
from mmcockpit.ui.render.key_names import shown
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import plain

_LABELS = {action.id: action.hint for action in ACTIONS}

NEXT, HERE, ROW, COMMON, REST = range(5)
"""Ranks, the last left out first."""


def footer(desk: Desk) -> list[Hint]:
    """Return the hints, in the order of the line."""
    hints: list[Hint] = []
    for hint in _hints(desk):
        if hint is not None and hint.key not in [one.key for one in hints]:
            hints.append(hint)
    return hints


def _hints(desk: Desk) -> Iterator[Hint | None]:
    if desk.operator and desk.following is not None:
        yield _next_hint(desk, desk.following)
    yield from _panel_hints(desk)
    if desk.away:
        yield _hint(desk, "back", HERE)
    if desk.transport is not None:
        yield from _replay_hints(desk)
    yield _following(desk)
    yield _hint(desk, "filter", COMMON)
    if desk.pane.kind == "checklist":
        yield _hint(desk, "order", COMMON, "phases" if desk.pane.by_need else "to do")
    if desk.transport is None and desk.session.cockpit.checklist.procedures and desk.pane.kind != "procedures":
        yield _hint(desk, "emergency", COMMON, "rollback" if rollback_procedure(desk.session) else "procedures")
    if desk.sharing is not None and desk.pane.kind != "people":
        yield _hint(desk, "people", REST)
    yield _hint(desk, "command", HERE, "all")
    yield _hint(desk, "help", HERE)
    if not desk.operator and desk.transport is None:
        yield _hint(desk, "back_or_leave", REST)


def _next_hint(desk: Desk, following: Next) -> Hint | None:
    """Return the hint of NEXT; None where its action is of a row, which shows it itself."""
    action = following.action
    if not action or action in _OF_ROWS or (action == "run_step" and desk.pane.kind == "procedures"):
        return None
    label = _NEXT_LABELS.get(following.kind, _LABELS.get(action, ""))
    if action == "control" and following.kind is not NextKind.CONTROLS_REQUESTED:
        label = "get the controls"
    if desk.keys.get(action):
        return _hint(desk, action, NEXT, label)
    name = action.replace("_", "-")
    return Hint(f":{name}", label or name.replace("-", " ").rstrip("!"), NEXT)


_OF_ROWS = frozenset({"tick", "verify", "details", "resense", "claim", "override", "block", "defer", "next_match"})

_NEXT_LABELS = {
    NextKind.ROLLBACK: "roll back",
    NextKind.ON_HOLD: "resume",
    NextKind.GATE: "next phase",
    NextKind.NOT_PROVEN: "next phase, with a reason",
    NextKind.FINISH: "end the session",
    NextKind.NOT_RECORDING: "continue without a record",
    NextKind.CONTROLS_REQUESTED: "grant the controls",
    NextKind.DRIVER_SILENT: "take over",
    NextKind.ITEM_PROCEDURE: "open the procedure",
    NextKind.STEP_FAILED: "retry or skip",
    NextKind.STEP_RUNNING: "follow the step",
    NextKind.OUTCOME_UNKNOWN: "record outcome",
}


def _panel_hints(desk: Desk) -> Iterator[Hint | None]:
    subject = desk.pane.subject(desk.pane.chosen)
    match desk.pane.kind:
        case "procedures":
            yield from _procedure_hints(desk)
        case "log":
            yield _hint(desk, "bottom", ROW, "latest")
            yield _hint(desk, "details", HERE) if subject else None
        case "help":
            pass
        case "links":
            yield _hint(desk, "copy", HERE)
        case _:
            yield from _row_hints(desk, subject)


def _row_hints(desk: Desk, subject: RowSubject | None) -> Iterator[Hint | None]:
    if subject is not None and subject.kind == "item" and desk.operator:
        yield from _mark_hints(desk, subject.name)
    yield _following(desk)
    if subject is not None:
        yield _hint(desk, "details", HERE)
        yield from _poll_hint(desk, subject)
    elif desk.pane.kind == "checklist" or (desk.pane.kind == "stat" and desk.pane.chosen is not None):
        yield _hint(desk, "details", ROW, "open or close")


def _following(desk: Desk) -> Hint | None:
    if desk.transport is not None or not (desk.pane.filter or desk.pane.kind == "checklist"):
        return None
    return _hint(desk, "next_match", HERE, "next match" if desk.pane.filter else "next")


def _mark_hints(desk: Desk, item: str) -> Iterator[Hint | None]:
    if _accepted(desk, commands.MarkItem(desk.operator, item, "as shown")):
        yield _hint(desk, "tick", NEXT)
    elif _accepted(desk, commands.UndoMark(desk.operator)):
        yield _hint(desk, "undo", COMMON)


def _poll_hint(desk: Desk, subject: RowSubject) -> Iterator[Hint | None]:
    """Yield the key that polls the row's signal: the only one for a signal, the least important one for an item."""
    signal = subject.name.partition("/")[0] if subject.kind in ("signal", "entry") else ""
    if signal and _pollable(desk, signal):
        yield _hint(desk, "resense", ROW)
    state = desk.session.items.get(subject.name) if subject.kind == "item" else None
    if state is not None and state.item.signal and _pollable(desk, state.item.signal):
        yield _hint(desk, "resense", REST)


def _procedure_hints(desk: Desk) -> Iterator[Hint | None]:
    panel = desk.procedures
    if panel is None:
        return
    run = panel.run(desk.session)
    if run is None:
        yield _hint(desk, "details", NEXT, "open") if panel.listed else None
        return
    if desk.operator:
        yield _run_hint(desk, _run_label(run, panel.step(desk.session)))
    step = panel.step(desk.session)
    if step is not None and step.step.argv:
        yield _hint(desk, "copy", ROW, "copy command")
    yield _hint(desk, "emergency", ROW, "list")


def _run_label(run: ProcedureRun, shown: StepRun | None) -> str:
    """Return what the key that runs a step does with the step that is shown if it is its turn, else the current one."""
    if run.closed is not None or not run.number:
        return "start"
    one = shown if any(shown is other for other in run.present) else run.current
    if one is None or (one.state is StepState.RUNNING and not one.working):
        return "record outcome" if one is not None else "continue"
    return _STEP_LABELS.get(one.state, "continue")


def _run_hint(desk: Desk, label: str) -> Hint | None:
    """Return the hint of the key that runs a step; dimmed, with who has the controls, at a seat without them."""
    if has_controls(desk.session, desk.sharing):
        return _hint(desk, "run_step", NEXT, label)
    holder = plain(desk.session.controls, 20) if desk.session.controls else "free"
    hint = _hint(desk, "run_step", ROW, f"{label} (controls: {holder})")
    return hint._replace(dimmed=True) if hint is not None else None


_STEP_LABELS = {
    StepState.READY: "continue",
    StepState.RUNNING: "stop",
    StepState.WAITING: "end the wait",
    StepState.RETRYING: "stop the retries",
    StepState.FAILED: "retry or skip",
    StepState.UNKNOWN: "record outcome",
}


def _replay_hints(desk: Desk) -> Iterator[Hint | None]:
    transport = desk.transport
    if transport is None:
        return
    yield _hint(desk, "play", NEXT, "pause" if transport.state.playing else "play")
    yield _pair(desk, "back_5s", "forward_5s", "5 s", HERE)
    yield _pair(desk, "previous_alarm", "next_alarm", "alarm", ROW)
    yield _pair(desk, "previous_decision", "next_decision", "decision", COMMON)
    yield _pair(desk, "previous_fact", "next_fact", "fact", REST)
    yield _hint(desk, "seek_to", ROW)


def _hint(desk: Desk, action: str, rank: int, label: str = "") -> Hint | None:
    keys = desk.keys.get(action)
    return Hint(shown(keys[0]), label or _LABELS[action], rank) if keys else None


def _pair(desk: Desk, one: str, other: str, label: str, rank: int) -> Hint | None:
    if not desk.keys[one] or not desk.keys[other]:
        return None
    return Hint(f"{shown(desk.keys[one][0])} {shown(desk.keys[other][0])}", label, rank)


def _pollable(desk: Desk, signal: str) -> bool:
    state = desk.session.signals.get(signal)
    return (
        bool(desk.operator)
        and state is not None
        and (not state.signal.active or signal in desk.session.cockpit.allow.active)
    )


def _accepted(desk: Desk, command: commands.AnyCommand) -> bool:
    return not isinstance(decide(desk.session, command, desk.now)[0], Refused)
