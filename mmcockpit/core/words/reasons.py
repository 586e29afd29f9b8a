"""The reasons of an advice as text, for screen, log, report, gate and messages alike."""

from collections.abc import Callable

from mmcockpit.core.facts.reasons import Coverage, Reason, ReasonKind, Result
from mmcockpit.core.model.states import State
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.verdicts import advice_word, signal_line

_COUNTED = {
    State.OPEN: "open",
    State.HOLDING: "settling",
    State.WAITING: "waiting for a second person",
    State.UNKNOWN: "unknown",
}


def reason_text(reason: Reason, result: str = "") -> str:
    """Return a reason in one line; `result` is shown instead of the recorded result of its signal."""
    return _TEXTS[reason.kind](reason, result or _result(reason)) if result or not reason.recorded else reason.recorded


def coverage_text(covered: Coverage) -> str:
    """Return what a decision covers in one line, where the reason itself is not known any more."""
    state = f"[{covered.state}] " if covered.state is not None else ""
    count = f" ({covered.count})" if covered.count > 1 else ""
    parts = f": {', '.join(covered.parts)}" if covered.parts else ""
    return f"{state}{covered.kind} {covered.subject}".rstrip() + f"{count}{parts}"


def _result(reason: Reason) -> str:
    result = reason.result
    return result_text(result) if result is not None else f"unknown signal {reason.subject}"


def result_text(result: Result) -> str:
    """Return the result of a signal in one line."""
    return signal_line(result.title, result.value, result.verdict)


def _pending(reason: Reason, result: str) -> str:
    left = f" of {age(reason.for_s)} to {advice_word(reason.leads_to)}" if reason.leads_to else ""
    return f"{result} for {age(reason.failed_s)}{left}"


def _item(reason: Reason, result: str) -> str:
    head = _head(reason)
    if reason.state is State.BLOCKED:
        return f"{head}: blocked by {reason.by}: {reason.text}" if reason.by else head
    if reason.text:
        return f"{head}: {reason.text}"
    return f"{head}: {result}" if reason.result is not None else head


def _items(reason: Reason, result: str) -> str:
    state = reason.state or State.OPEN
    what = counted(reason.count, "more item" if state is State.UNKNOWN else "item")
    return f"[{state}] {what} {_COUNTED.get(state, state.name.lower())}"


def _no_required_item(reason: Reason, result: str) -> str:
    return f"nothing is proven: {reason.phase or 'the checklist'} has no required item"


def _no_return(reason: Reason, result: str) -> str:
    point = f"{reason.number} {reason.title}" if reason.subject else "a step of a procedure"
    return f"past the point of no return: {point}"


def _head(reason: Reason) -> str:
    return f"[{reason.state}] {reason.number} {reason.title}"


_TEXTS: dict[ReasonKind, Callable[[Reason, str], str]] = {
    ReasonKind.ABORT: lambda reason, result: f"{result} for {age(reason.failed_s)}",
    ReasonKind.ABORT_PENDING: _pending,
    ReasonKind.ABORT_NO_DATA: lambda reason, result: f"abort rule has no data: {result}",
    ReasonKind.SIGNAL: lambda reason, result: result,
    ReasonKind.ITEM: _item,
    ReasonKind.ITEMS: _items,
    ReasonKind.CONTACTS: lambda reason, result: f"contacts without a name: {', '.join(reason.parts)}",
    ReasonKind.HOLD: lambda reason, result: f"on hold by {reason.by}: {reason.text}",
    ReasonKind.NO_REQUIRED_ITEM: _no_required_item,
    ReasonKind.NOTHING_PROVEN: lambda reason, result: "nothing is proven: no required item passes or is ticked",
    ReasonKind.NO_RETURN: _no_return,
    ReasonKind.DELIVERY: lambda reason, result: f"{reason.title}: {reason.text}",
    ReasonKind.ALERT: lambda reason, result: f"alert {reason.title} is firing",
    ReasonKind.STEP: lambda reason, result: f"{reason.title} failed" + (f": {reason.text}" if reason.text else ""),
}
