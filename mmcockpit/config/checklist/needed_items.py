"""Finds the items that other items need: by id, or by the last part of it."""

from collections.abc import Iterable, Iterator, Mapping

from mmcockpit.config.text.error import did_you_mean
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.checklist import Checklist, Item

MOST_HINTS = 50
"""Maximum number of unknown names for which the nearest one is searched: each search takes milliseconds."""


class NeededItems:
    """The items of a checklist by their names."""

    def __init__(self, checklist: Checklist) -> None:
        self._phase_of = checklist.phase_of
        self._ids = {item.id for item in checklist.items}
        self._hints = MOST_HINTS
        self._named: dict[str, list[str]] = {}
        for item_id in self._ids:
            self._named.setdefault(item_id.rpartition("/")[2], []).append(item_id)

    def find(self, name: str, item: Item) -> list[str]:
        """Return the ids of the items that a name in an item may mean; only that of the same phase if there is one."""
        return [name] if name in self._ids else self.nearest(self._named.get(name, ()), item)

    def nearest(self, ids: Iterable[str], item: Item) -> list[str]:
        """Return the only id of the phase of an item, else all ids, sorted."""
        found = sorted(ids)
        same_phase = [each for each in found if self._phase_of[each] == self._phase_of[item.id]]
        return same_phase if len(same_phase) == 1 else found

    def problem(
        self,
        name: str,
        found: list[str],
        item: Item,
        way_out: str = "write phase/section/title in lower case with hyphens",
        alike: Iterable[str] = (),
    ) -> str:
        """Return why an item cannot need what was found by a name, with the way out; empty if it can.

        `alike` are the ids of items that the name means elsewhere.
        """
        if not found:
            hint, self._hints = self._hint(name) if self._hints else "", max(0, self._hints - 1)
            return f"unknown item '{name}'{hint or f'; {way_out}'}"
        if len(found) > 1:
            return f"'{name}' is {len(found)} items; write one of {', '.join(found[:5])}"
        if found[0] == item.id:
            return f"item '{item.title}' needs itself; {self._other_way(name, item, alike)}"
        if self._phase_of[found[0]] > self._phase_of[item.id]:
            return f"'{name}' is in a later phase, so that the gate could never open; remove this, or move one item"
        return ""

    def _other_way(self, name: str, item: Item, alike: Iterable[str]) -> str:
        """Return what to write instead of a name that means the item itself: the ids of others that it could need."""
        phase = self._phase_of[item.id]
        others = {*alike, *self._named.get(name, ()), *self._named[item.id.rpartition("/")[2]]} - {item.id}
        before = sorted(each for each in others if self._phase_of[each] <= phase)[:5]
        if not before:
            return "remove this"
        which = before[0] if len(before) == 1 else f"one of {', '.join(before)}"
        return f"if you mean another item of this title, write {which}; else remove this"

    def _hint(self, name: str) -> str:
        return did_you_mean("/".join(map(slug, name.split("/"))), {*self._ids, *self._named})


def circles(needs: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """Yield every circle of items that need each other, once; the last id of one needs the first."""
    over: set[str] = set()
    for first in needs:
        path: list[str] = []
        pending = [iter((first,))]
        while pending:
            name = next(pending[-1], None)
            if name is None:
                pending.pop()
                over.update(path[-1:])
                path = path[:-1]
            elif name in path:
                yield path[path.index(name) :]
            elif name not in over and name in needs:
                path.append(name)
                pending.append(iter(needs[name]))


def circle_text(circle: list[str]) -> str:
    """Return the message about a circle."""
    return f"items need each other: {' -> '.join([*circle, circle[0]][:12])}; remove one of the needs"
