"""Finds the item that a person or a pipeline means."""

from difflib import get_close_matches

from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session

MOST_SIMILAR = 5
LONGEST_NAME = 120
"""Characters of a name above which no similar one is looked for."""


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
    """Return up to five ids that contain the text, else those with a similar last part or title, for a refusal."""
    wanted = text.casefold()
    if not wanted or len(wanted) > LONGEST_NAME:
        return ()
    if containing := [name for name in session.items if wanted in name.casefold()]:
        return tuple(containing[:MOST_SIMILAR])
    names: dict[str, str] = {}
    for name, state in session.items.items():
        for spelling in (state.item.title, name.rpartition("/")[2]):
            names[spelling.casefold()] = name
    close = get_close_matches(wanted.rpartition("/")[2], names, MOST_SIMILAR)
    return tuple(dict.fromkeys(names[one] for one in close))
