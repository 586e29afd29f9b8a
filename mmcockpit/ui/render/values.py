"""Readings in a few words: the value of any shape as the text of one cell."""

from typing import Any

from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.item_status import limit_text, reason_now
from mmcockpit.core.rules.limits import Limit as Limit
from mmcockpit.core.rules.limits import limits as limits
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.values import value_cell
from mmcockpit.core.words.verdicts import fault_text, verdict_reason
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import plain

OUT_OF_DATE = "out of date"
"""What takes the place of a result while no results arrive."""

needs = limit_text
"""The limit of a simple rule: `must be < 1%`."""


def cell_text(value: Any, signal: Signal) -> str:
    """Return a value in one cell, as its probe declares it."""
    return plain(value_cell(value, signal))


def last_value(state: SignalState) -> str:
    """Return the last value, however old; a dash before the first."""
    reading, signal = state.reading, state.signal
    if reading is None:
        return "-"
    known = _last.get(signal.name)
    if known is None or known[0] is not reading or known[1] is not signal:
        known = _last[signal.name] = (reading, signal, cell_text(reading.value, signal))
    return known[2]


_last: dict[str, tuple[Reading, Signal, str]] = {}
"""The last value of each signal as text: columns and rows of several panels need it for every drawing."""


def verdict_words(state: SignalState, level: Level) -> str:
    """Return the text beside an item: the value while its signal passes, else the reason with the limit."""
    if state.asked_at is None or level is Level.UNKNOWN:
        return reason(state)
    return last_value(state) if level is Level.PASS else reason_now(state)


def reason(state: SignalState) -> str:
    """Return in a few words why a signal does not pass: the fault, or the verdict's reason."""
    if state.fault:
        return plain(fault_text(state.fault), 200)
    return plain(verdict_reason(state.verdict), 200) or str(state.verdict.level)


def reason_shown(state: SignalState, lens: Lens) -> str:
    """Return why a signal does not pass, or that the view is out of date."""
    return OUT_OF_DATE if lens.out_of_date else reason(state)


def agreement(state: SignalState) -> str:
    """Return how many of the window's readings agree: `3/3`; empty if one reading decides."""
    return f"{state.verdict.agree}/{state.verdict.of}" if state.verdict.of > 1 else ""
