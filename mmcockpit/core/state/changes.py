"""Changes in production between two readings, and which facts are actions of operators."""

from collections.abc import Iterator
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.text import plain
from mmcockpit.core.words.values import amount, entry_name

ACTS = frozenset(
    {
        *(facts.PhaseChanged, facts.ItemMarked, facts.Noted, facts.Resumed, facts.Held, facts.MarkExpired),
        *(facts.StepChanged, facts.ProcedureOpened, facts.IdentityAccepted),
    }
)
"""Facts that count as actions: of operators and procedures, and overrides that expired."""


def change(before: Any, after: Any, shape: Shape) -> str:
    """Return what changed in production between two values of a signal, as text; empty if nothing did.

    Of mappings: the fields that the shape tracks. Of lists whose rows it tracks: the names that are new, such as
    alerts that started to fire.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        return "; ".join(_fields(before, after, shape))
    if shape.tracks_rows and isinstance(before, list) and isinstance(after, list):
        known = {entry_name(row, shape) for row in before}
        names = [entry_name(row, shape) for row in after if isinstance(row, dict)]
        fresh = [name for name in dict.fromkeys(names) if name and name not in known]
        return plain(f"new: {', '.join(fresh)}", 120) if fresh else ""
    return ""


def _fields(before: dict[str, Any], after: dict[str, Any], shape: Shape) -> Iterator[str]:
    for column in shape.columns:
        was, now = before.get(column.key), after.get(column.key)
        if not column.tracked or was == now or was in (None, "", []) or now in (None, "", []):
            continue
        if column.tracked == "increased" and not (isinstance(was, int) and isinstance(now, int) and now > was):
            continue
        listed = isinstance(now, list | dict)
        unit = column.measured_in
        yield f"{column.label} " + ("changed" if listed else f"{amount(was, unit)} to {amount(now, unit)}")
