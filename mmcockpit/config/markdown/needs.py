"""What items need, by the names that people write: the title of an item, its id, or its number in a table."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from mmcockpit.config.checklist.needed_items import NeededItems, circle_text, circles
from mmcockpit.config.markdown.fields import WrittenNeed
from mmcockpit.config.markdown.result import Ledger
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.checklist import Checklist, Item

_NUMBER = re.compile(r"^#?\s*([\w.-]+)$")
_ADDRESS = re.compile(r"(?<=\S)\s*\(https?://[^\s()]+\)")
"""The address of the page of an item after its title, as databases of wikis export it."""


class PlacedItem(NamedTuple):
    """An item with its place in the file: its line, its own title without those above it, and its number in a table."""

    id: str
    line: int
    title: str
    number: str
    needs: Sequence[WrittenNeed]


def with_needs(checklist: Checklist, placed: Sequence[PlacedItem], ledger: Ledger) -> Checklist:
    """Return the checklist with the needs of its items; what names no item is noted, and stays in the text.

    A field `Needs` has to name items: anything else is a mistake, and so are items that need each other.
    """
    if not any(each.needs for each in placed):
        return checklist
    reader = _Needs(checklist, placed, ledger)
    items = {item.id: item for item in checklist.items}
    changed = {each.id: reader.needing(items[each.id], each) for each in placed if each.needs}
    _open_circles(changed, {each.id: each for each in placed}, ledger)
    phases = []
    for phase in checklist.phases:
        sections = [
            msgspec.structs.replace(part, items=tuple(changed.get(item.id, item) for item in part.items))
            for part in phase.sections
        ]
        phases.append(msgspec.structs.replace(phase, sections=tuple(sections)))
    return msgspec.structs.replace(checklist, phases=tuple(phases))


class _Needs:
    def __init__(self, checklist: Checklist, placed: Iterable[PlacedItem], ledger: Ledger) -> None:
        self._items = NeededItems(checklist)
        self._ledger = ledger
        self._titled: dict[str, list[str]] = {}
        self._numbered: dict[str, list[str]] = {}
        for each in placed:
            self._titled.setdefault(slug(each.title), []).append(each.id)
            if each.number:
                self._numbered.setdefault(each.number.casefold(), []).append(each.id)

    def needing(self, item: Item, placed: PlacedItem) -> Item:
        """Return an item with what it needs."""
        ids, texts = dict[str, None](), list[str]()
        for need in placed.needs:
            for name, found in self._named(need, item):
                alike = self._titled.get(slug(name), ())
                problem = self._items.problem(name, found, item, "write the title of an item", alike)
                if not problem:
                    ids[found[0]] = None
                    continue
                texts.append(f"{need.title}: {name}")
                if need.strict:
                    self._ledger.mistake(need.line or placed.line, problem)
                elif found:
                    self._ledger.note(need.line or placed.line, f"only in the text: {problem}")
        text = "\n".join(filter(None, [item.text, *texts]))
        return msgspec.structs.replace(item, needs=tuple(ids), text=text)

    def _named(self, need: WrittenNeed, item: Item) -> Iterator[tuple[str, list[str]]]:
        """Yield the names of a field, each with the ids that it may mean: a title may have commas itself."""
        for part in filter(None, map(str.strip, _ADDRESS.sub("", need.text).split(";"))):
            names = [part] if self._find(part, item) else part.split(",")
            for name in filter(None, map(str.strip, names)):
                yield name, self._find(name, item)

    def _find(self, name: str, item: Item) -> list[str]:
        number = _NUMBER.match(name)
        path = "/".join(map(slug, name.split("/")))
        return (
            self._items.find(name, item)
            or self._items.nearest(self._titled.get(slug(name), ()), item)
            or self._items.find(path, item)
            or self._items.nearest(self._numbered.get(number[1].casefold(), ()) if number else (), item)
        )


def _open_circles(changed: dict[str, Item], placed: dict[str, PlacedItem], ledger: Ledger) -> None:
    """Report every circle at its first item, which then does not need the next one."""
    for circle in circles({item_id: item.needs for item_id, item in changed.items()}):
        first, following = circle[0], circle[1 % len(circle)]
        ledger.mistake(placed[first].needs[0].line or placed[first].line, circle_text(circle))
        item = changed[first]
        kept = tuple(need for need in item.needs if need != following)
        changed[first] = msgspec.structs.replace(item, needs=kept)
