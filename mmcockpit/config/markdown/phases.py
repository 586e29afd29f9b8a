"""Tasks below headings as phases, sections and items."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import Heading
from mmcockpit.config.markdown.headings import is_branch, is_outcome, item_case
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.needs import PlacedItem
from mmcockpit.config.markdown.result import Ledger
from mmcockpit.config.markdown.tasks import LONGEST_TITLE, Parent, Task
from mmcockpit.config.text.slug import Slugs
from mmcockpit.core.model.checklist import Item, Phase, Section
from mmcockpit.core.text import plain

_OTHER_CASE = re.compile(r"(?:else|otherwise)\b", re.IGNORECASE)
LONGEST_PREFIX = 80


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task, its heading, the label before its list, and the titles of the entries above it."""

    heading: Heading
    label: str
    above: tuple[Parent, ...]
    task: Task
    nested: bool = True
    """Whether all entries above it are before its title; else the first one is its section."""


def phases(root: Heading, found: Sequence[FoundTask], ledger: Ledger) -> tuple[tuple[Phase, ...], list[PlacedItem]]:
    """Return a phase for every highest heading with tasks, in it a section for each path of headings below it.

    The only heading of level 1 is the title: the headings below it are the phases, and it is one only for tasks that
    are directly below it. The second value has the place of every item.
    """
    path_of = {id(heading): path for heading, path in _paths(root, ())}
    grouped: dict[tuple[int, int], tuple[Heading, dict[str, list[FoundTask]]]] = {}
    for each in sorted(found, key=lambda each: each.task.line):
        path = path_of[id(each.heading)]
        for heading in path:
            ledger.take((heading.line,))
        top = path[0] if path else root
        names = [title_of(heading) for heading in path[1:]]
        names += [each.label] if each.label else []
        if not names and each.above and not each.above[0].task:
            names, each = [each.above[0].title], replace(each, nested=False)
        _, sections = grouped.setdefault((top.line, top.level), (top, {}))
        sections.setdefault(" / ".join(names), []).append(each)
    ids, number, result, placed = Slugs(), 0, list[Phase](), list[PlacedItem]()
    for top, sections in grouped.values():
        phase_title = title_of(top) or "Checklist"
        phase_id, section_ids = ids.take(phase_title), Slugs()
        built = []
        for name, tasks in sections.items():
            _add_branch((phase_title, *name.split(" / ")), tasks, ledger)
            section_id = f"{phase_id}/{section_ids.take(name or phase_title)}"
            section = _section(section_id, name or phase_title, tasks, number, ledger)
            number += len(section.items)
            placed += [_placed(item, each.task) for item, each in zip(section.items, tasks, strict=True)]
            built.append(section)
        result.append(Phase(phase_id, phase_title, tuple(built)))
    return tuple(result), placed


def _placed(item: Item, task: Task) -> PlacedItem:
    return PlacedItem(item.id, task.line, task.title, task.number, task.fields.needs)


def _paths(heading: Heading, path: tuple[Heading, ...]) -> Iterator[tuple[Heading, tuple[Heading, ...]]]:
    """Yield every heading with the headings above it and itself, from the phase on."""
    yield heading, path
    titled = heading.level == 0 and len(heading.below) == 1 and heading.below[0].level == 1
    for below in heading.below:
        if titled:
            yield below, (below,)
            for part in below.below:
                yield from _paths(part, (part,))
        else:
            yield from _paths(below, (*path, below))


def titled_heading(root: Heading) -> Heading | None:
    """Return the heading that is the title of the file: the first of level 1."""
    return next((heading for heading in root.walk() if heading.level == 1 and title_of(heading)), None)


def title_of(heading: Heading) -> str:
    """Return the title of a heading without marks, ornaments and a colon after it."""
    return bare(without_emoji(heading.title), 200).rstrip(" :\uff1a")


def _section(section_id: str, title: str, found: Sequence[FoundTask], before: int, ledger: Ledger) -> Section:
    ids = Slugs()
    numbered = [each.task.numbered for each in found]
    if any(numbered) and not all(numbered):
        line = next(each.task.line for each in found if each.task.numbered)
        ledger.note(line, f"numbered items: all items of section '{title}' have to be done in order")
    for each in found:
        for problem in each.task.fields.problems:
            ledger.note(each.task.line, problem)
        for line, name in each.task.fields.only_text:
            ledger.only_text(line or each.task.line, name)
    items = tuple(_item(f"{section_id}/", each, before + n, ids) for n, each in enumerate(found, start=1))
    return Section(section_id, title, items, any(numbered))


def _item(prefix: str, found: FoundTask, number: int, ids: Slugs) -> Item:
    task, fields = found.task, found.task.fields
    above = found.above if found.nested else found.above[1:]
    title = ": ".join([*(shorter(parent.title, LONGEST_PREFIX) for parent in above), task.title])
    return Item(
        id=prefix + ids.take(title),
        number=number,
        title=plain(title, LONGEST_TITLE),
        text="\n".join(fields.texts),
        required=fields.required,
        role=fields.role,
        links=tuple(fields.links),
        evidence_required=fields.evidence,
        estimate=fields.estimate,
        steps=tuple(fields.steps),
        assignee=fields.assignee,
    )


def shorter(text: str, limit: int) -> str:
    """Return a text cut after a word, with an ellipsis."""
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0].rstrip(",;:") + "…"


def _add_branch(titles: Sequence[str], found: Sequence[FoundTask], ledger: Ledger) -> None:
    """Say in every item of a heading, an entry or with a title such as `If ROLLBACK` that it applies only then."""
    branch = next(filter(is_branch, titles), "")
    noted = set[str]()
    for each in found:
        above = [each.label, *(parent.title for parent in each.above if not parent.task)]
        own = "" if branch else next(filter(is_outcome, filter(None, above)), "") or item_case(each.task.title)
        case = branch or own
        if not case:
            continue
        if case not in noted:
            noted.add(case)
            headed = not own and is_branch(title_of(each.heading))
            line = each.heading.line if headed else each.task.line
            ledger.note(line, f"'{case}': applicable in one case only; mark its items as not applicable else")
        applies = "in the other case" if _OTHER_CASE.match(case) else case.rstrip(":.").removeprefix("only ")
        each.task.fields.texts.insert(0, f"Applicable only: {applies}. Otherwise mark it as not applicable.")
