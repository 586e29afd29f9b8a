"""Finds the item that a person or a pipeline means."""

from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session


def target_of_item(item: str) -> str:
    """Return the target of an item by its id; empty where its phase has no targets."""
    return item.partition("/")[0].partition("@")[2]


def item_named(session: Session, text: str) -> ItemState | None:
    """Return an item by its id, its number, or the last part of its id if it is unique; else None."""
    if text in session.items:
        return session.items[text]
    matches = [
        state
        for state in session.items.values()
        if str(state.item.number) == text or state.item.id.rpartition("/")[2] == text
    ]
    return matches[0] if len(matches) == 1 else None


def similar_items(session: Session, text: str) -> tuple[str, ...]:
    """Return up to five ids that contain the text, for a refusal."""
    wanted = text.casefold()
    return tuple(name for name in session.items if wanted and wanted in name.casefold())[:5]
