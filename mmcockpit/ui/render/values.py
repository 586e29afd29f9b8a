"""Readings in a few words: the value of any shape as the text of one cell."""

from typing import Any

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.limits import Limit as Limit
from mmcockpit.core.rules.limits import limits as limits
from mmcockpit.core.rules.limits import simple
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.values import value_cell
from mmcockpit.core.words.verdicts import fault_text, verdict_reason
from mmcockpit.ui.render.text import number, plain


def cell_text(value: Any, signal: Signal) -> str:
    """Return a value in one cell, as its probe declares it."""
    return plain(value_cell(value, signal))


def last_value(state: SignalState) -> str:
    """Return the last value, however old; a dash before the first."""
    return cell_text(state.value, state.signal) if state.reading else "-"


def verdict_words(state: SignalState, level: Level) -> str:
    """Return the text beside an item: the value while its signal passes, else the reason with the limit."""
    if state.asked_at is None:
        return reason(state)
    if level is Level.PASS:
        return last_value(state)
    explained = state.fault or state.verdict.because or state.signal.group or state.signal.records_baseline
    if level is Level.UNKNOWN or explained:
        return reason(state)
    rule = state.signal.rule
    limit = needs((level is Level.FAIL and rule.warns) or rule.passes, state.signal)
    return f"{last_value(state)} ({limit})" if limit else last_value(state)


def reason(state: SignalState) -> str:
    """Return in a few words why a signal does not pass: the fault, or the verdict's reason."""
    if state.fault:
        return plain(fault_text(state.fault), 200)
    return plain(verdict_reason(state.verdict), 200) or str(state.verdict.level)


def needs(rule: str, signal: Signal) -> str:
    """Return the limit of a simple rule: `value < 0.01` of a ratio is `must be < 1%`; empty for any other rule."""
    limit = simple(rule)
    sign = "" if limit is None or limit[0] == "==" else f"{limit[0]} "
    return f"must be {sign}{number(limit[1], signal.unit)}" if limit else ""


def agreement(state: SignalState) -> str:
    """Return how many of the window's readings agree: `3/3`; empty if one reading decides."""
    return f"{state.verdict.agree}/{state.verdict.of}" if state.verdict.of > 1 else ""
