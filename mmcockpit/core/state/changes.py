"""Which parts of a reading show a change in production, and which facts are actions of operators."""

from collections.abc import Iterator
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.text import plain
from mmcockpit.core.words.describe import brief

TOLD = ("revision", "image", "digests", "desired", "restarts")
"""Parts of a reading that change only when production itself changes, whatever the query was."""

ACTS = frozenset(
    {
        *(facts.PhaseChanged, facts.ItemMarked, facts.Noted, facts.Resumed, facts.Held, facts.MarkExpired),
        *(facts.StepChanged, facts.ProcedureOpened, facts.IdentityAccepted),
    }
)
"""Facts that count as actions: of operators and procedures, and overrides that expired."""


def change(before: Any, after: Any) -> str:
    """Return what changed in production between two values of a signal, as text; empty if nothing did.

    Of mappings: the parts in TOLD (restarts only where they increase). Of lists of named entries: the names that are
    new, such as alerts that started to fire.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        return "; ".join(_parts(before, after))
    if isinstance(before, list) and isinstance(after, list):
        known = {row.get("name") for row in before if isinstance(row, dict)}
        names = [str(row["name"]) for row in after if isinstance(row, dict) and row.get("name") not in {None, *known}]
        return plain(f"new: {', '.join(dict.fromkeys(names))}", 120) if names else ""
    return ""


def _parts(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in TOLD:
        was, now = before.get(name), after.get(name)
        if was == now or was in (None, "", []) or now in (None, "", []):
            continue
        if name == "restarts" and not (isinstance(was, int) and isinstance(now, int) and now > was):
            continue
        yield f"{name} changed" if isinstance(now, list | dict) else f"{name} {brief(was)} to {brief(now)}"
