"""The conditions of steps, `when` and `wait: {until}`, by what the session knows: true, false, or not decidable."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.cel.evaluation import Undecided
from mmcockpit.core.rules.cel.step_rules import is_step_rule_true, names_in, names_read
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.verdicts import fault_text, verdict_reason

Known = TypeVar("Known")
"""What is known of a signal or of a step."""


def holds(session: Session, run: ProcedureRun, text: str, now: Stamp, after: Stamp | None = None) -> bool | Undecided:
    """Return whether a condition is true; Undecided, with what is missing, if the data for it is not known.

    A signal that is unknown or stale has neither `verdict` nor `value`. With `after`, only results later than that
    count.
    """
    truth = is_step_rule_true(text, _scope(session, run, text, now, after))
    return (
        Undecided(_missing(session, run, text, now, after) or truth.reason) if isinstance(truth, Undecided) else truth
    )


def unmet(session: Session, run: ProcedureRun, one: StepRun, now: Stamp) -> Refusal | None:
    """Return why a step may not start by its `when`; None if it may."""
    truth = holds(session, run, one.step.when, now) if one.step.when else True
    if isinstance(truth, Undecided):
        return Refusal(Code.WHEN_UNKNOWN, one.step.title, text=truth.reason)
    return None if truth else Refusal(Code.WHEN_FALSE, one.step.title, text=one.step.when)


def _scope(session: Session, run: ProcedureRun, text: str, now: Stamp, after: Stamp | None) -> dict[str, Any]:
    """Return what a condition can read, but of signals and steps only those that it reads."""
    return {
        "values": run.values,
        "vars": session.cockpit.vars,
        "signals": _read(text, "signals", session.signals, lambda state: _result(state, now, after)),
        "steps": _read(text, "steps", run.steps, lambda one: {"state": str(one.state)}),
    }


def _read(
    text: str, root: str, known: Mapping[str, Known], entry: Callable[[Known], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    names = names_in(text).get(root, frozenset())
    return {name: entry(known[name]) for name in (known if names is None else names) if name in known}


def _result(state: SignalState, now: Stamp, after: Stamp | None) -> dict[str, Any]:
    unknown = state.verdict.level is Level.UNKNOWN
    if not _present(state, now, after) or (unknown and state.signal.judged):
        return {}
    value = {} if state.reading is None or state.reading.value is None else {"value": state.reading.value}
    return value if unknown else {"verdict": str(state.verdict.level), **value}


def _present(state: SignalState, now: Stamp, after: Stamp | None) -> bool:
    """Return whether the latest result is one without a fault that still counts, and later than `after`."""
    asked = state.asked_at
    if asked is None or state.fault is not None or now.at - asked.at > state.signal.patience:
        return False
    return after is None or asked.at > after.at


def _missing(session: Session, run: ProcedureRun, text: str, now: Stamp, after: Stamp | None) -> str:
    """Return the first value or signal that a condition reads and that is not known; empty if all are."""
    for name in names_read(text):
        state = session.signals.get(name.name) if name.root == "signals" else None
        if name.root == "values" and name.name not in run.values:
            return f"{name.name} has no value yet"
        if name.root == "signals" and state is None:
            return f"unknown signal {name.name}"
        if state is not None and not _result(state, now, after):
            return f"{state.signal.title}: {_no_data(state, now, after)}"
    return ""


def _no_data(state: SignalState, now: Stamp, after: Stamp | None) -> str:
    if state.fault is not None:
        return fault_text(state.fault)
    known = state.verdict.level is not Level.UNKNOWN or not state.signal.judged
    if state.asked_at is None or not known:
        return verdict_reason(state.verdict) or "no data yet"
    return "no result since the wait began" if after is not None else "no recent result"
