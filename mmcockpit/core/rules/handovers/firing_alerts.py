"""The alerts in a signal's value: the rows of a shape that counts what fires."""

from typing import Any

from mmcockpit.core.model.shape import Shape
from mmcockpit.core.state.signals import SignalState

MUTED = "muted"
"""The level of a silenced or inhibited alert."""


def rows_of(state: SignalState) -> list[dict[str, Any]]:
    """Return the rows of a signal's last reading; empty if it is not a list."""
    return [row for row in state.value if isinstance(row, dict)] if isinstance(state.value, list) else []


def levels_of(row: dict[str, Any], shape: Shape) -> list[str]:
    """Return the levels of a row's fields that have levels; empty for a text without one."""
    return [one.levels.get(str(row.get(one.key)), "") for one in shape.columns if one.levels]


def firing(state: SignalState) -> list[dict[str, Any]]:
    """Return the rows that are not muted, of a signal whose shape counts them."""
    shape = state.signal.shape
    return [row for row in rows_of(state) if shape.counted and MUTED not in levels_of(row, shape)]
