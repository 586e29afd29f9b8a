"""Changes in production between two readings, and which facts are actions of operators."""

from collections.abc import Iterator, Sequence
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.production_change import ProductionChangeKind
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.shape import Shape, ValueColumn
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.values import amount, entry_name

ACTS = frozenset(
    {
        *(facts.PhaseChanged, facts.ItemMarked, facts.Noted, facts.Resumed, facts.Held, facts.MarkExpired),
        *(facts.StepChanged, facts.ProcedureOpened, facts.IdentityAccepted),
    }
)
"""Facts that count as actions: of operators and procedures, and overrides that expired."""


def production_change(state: SignalState, body: facts.Observed) -> tuple[str, ProductionChangeKind]:
    """Return what a result shows to have changed in production since the last reading, as `change` does."""
    if state.reading is None or isinstance(body.answer, Fault) or state.reading.value == body.answer.value:
        return "", ProductionChangeKind.OTHER
    text, kind = change(state.reading.value, body.answer.value, state.signal.shape)
    # The noun of a row names what is new; the title of a list of all of them adds nothing to it.
    named = f"{state.signal.title}: {text}" if text and kind is not ProductionChangeKind.APPEARED else text
    return named, kind


def change(before: Any, after: Any, shape: Shape) -> tuple[str, ProductionChangeKind]:
    """Return what changed in production between two values of a signal, as text and its kind; empty if nothing did.

    Of mappings: the fields that the shape tracks. Of lists whose rows it tracks: the names that are new, such as
    alerts that started to fire.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        changed = list(_fields(before, after, shape))
        kind = _kind([column for column, _ in changed])
        return "; ".join(text for _, text in changed), kind
    if shape.tracks_rows and isinstance(before, list) and isinstance(after, list):
        known = {entry_name(row, shape) for row in before}
        names = [entry_name(row, shape) for row in after if isinstance(row, dict)]
        fresh = [name for name in dict.fromkeys(names) if name and name not in known]
        noun = shape.noun[len(fresh) > 1]
        return plain(f"new {noun} {', '.join(fresh)}", 120) if fresh else "", ProductionChangeKind.APPEARED
    return "", ProductionChangeKind.OTHER


def _kind(changed: Sequence[ValueColumn]) -> ProductionChangeKind:
    if any(column.role in ("revision", "image") for column in changed):
        return ProductionChangeKind.DEPLOY
    return (
        ProductionChangeKind.RESTART
        if any(column.tracked == "increased" for column in changed)
        else ProductionChangeKind.OTHER
    )


def _fields(before: dict[str, Any], after: dict[str, Any], shape: Shape) -> Iterator[tuple[ValueColumn, str]]:
    for column in shape.columns:
        was, now = before.get(column.key), after.get(column.key)
        if not column.tracked or was == now or was in (None, "", []) or now in (None, "", []):
            continue
        if column.tracked == "increased" and not (isinstance(was, int) and isinstance(now, int) and now > was):
            continue
        listed = isinstance(now, list | dict)
        unit = column.measured_in
        words = "changed" if listed else f"{amount(was, unit)} to {amount(now, unit)}"
        yield column, f"{column.label} {words}"
