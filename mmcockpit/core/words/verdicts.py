"""Verdicts as text: the value of a signal, or the reason why it does not pass."""

from mmcockpit.core.model.outcome import Outcome
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Basis, Level, Verdict
from mmcockpit.core.words.amounts import counted

_BASES = {
    Basis.NOT_POLLED: "not polled yet",
    Basis.NOT_RUN: "active check, not run yet",
    Basis.NOT_APPLICABLE: "does not apply here",
}

READY = {
    Level.PASS: "ready",
    Level.WARN: "not ready",
    Level.FAIL: "not ready",
    Level.UNKNOWN: "not checked",
}
"""Whether a rollback can be relied on, as text."""


def verdict_reason(verdict: Verdict) -> str:
    """Return the reason of a verdict; empty if it passes by its rule."""
    return _BASES[verdict.basis] if verdict.basis is not None else verdict.because


def fault_text(fault: Fault) -> str:
    """Return a fault in one line: its kind and its message."""
    return f"{fault.kind}: {fault.message}" if fault.message else str(fault.kind)


def advice_word(advice: Advice) -> str:
    """Return an advice in its word for people: GO, HOLD, NO-GO, ROLLBACK or FIX FORWARD."""
    return "FIX FORWARD" if advice is Advice.FIX_FORWARD else str(advice)


def outcome_text(outcome: Outcome) -> str:
    """Return a level, an advice, or the state of an item in its brackets."""
    if outcome is None:
        return "none"
    if isinstance(outcome, Advice):
        return advice_word(outcome)
    return f"[{outcome}]" if isinstance(outcome, State) else str(outcome)


def result_words(value: str, verdict: Verdict) -> str:
    """Return the value of a signal while it passes, else the reason, which includes the failing value."""
    reason = verdict_reason(verdict)
    if not reason or not value:
        return reason or value
    return reason if verdict.applies else f"{value}: {reason}"


def signal_line(name: str, value: str, verdict: Verdict) -> str:
    """Return the result of a signal in one line: name, level, how many readings agree, value or reason."""
    words = result_words(value, verdict)
    return f"{name} {verdict.level} {verdict.agree}/{verdict.of}{f': {words}' if words else ''}"


def readiness_text(level: Level, since: str = "", because: str = "", unproven: int = 0) -> str:
    """Return the state in one line, with the age of the oldest check, or with the first reason against it.

    `ready, checked 4m ago`, `not ready: Roll back: kubectl: not found in PATH`. `unproven` is how much of a ready one
    no check can prove: `ready, checked 4m ago; 2 checks not possible in advance`.
    """
    if level is Level.PASS:
        apart = f"; {counted(unproven, 'check')} not possible in advance" if unproven else ""
        return READY[level] + (f", checked {since} ago" if since else "") + apart
    return READY[level] + (f": {because}" if because else "")
