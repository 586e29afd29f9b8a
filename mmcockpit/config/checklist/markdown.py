"""Markdown task lists as checklists.

H2 is a phase, H3 a section, `- [ ] **Title**: text` an item; numbered items make their section ordered. A numbered list
without boxes is a procedure, `**Role**: name` under a heading about contacts is a contact, `**Title**: URL` a link.
Every item is manual and open even if its box is ticked: a tick from an earlier go-live proves nothing for this one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.text.error import FileError
from mmcockpit.config.text.slug import Slugs, slug
from mmcockpit.core.model.checklist import Checklist, Contact, Item, Link, Phase, Section
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.text import plain

MOST_LINES = 20_000
"""Maximum number of lines in a file: parsing a line takes a hundred times longer than reading it."""

_TASK = re.compile(r"^\[[ xX]\]\s+")
_BREAK = re.compile(r"([-*_])[ \t]*+(?:\1[ \t]*+){2,}+")
_BOLD = re.compile(r"^(\*\*|__)(.+?)\1\s*:?\s*(.*)$", re.DOTALL)
_LINK = re.compile(r"^(?:<(?P<bare>[a-z]+://[^>\s]+)>|\[[^\]]*\]\((?P<target>[^)\s]+)\)|(?P<plain>https?://\S+))$")
_MARKS = re.compile(r"(\*\*|__|`|(?<!\w)[*_]|[*_](?!\w))")


@dataclass(slots=True)
class _Bullet:
    """An entry of a list: whether it has a box and a number, its title and its text."""

    task: bool
    numbered: bool
    title: str
    text: str


@dataclass(slots=True)
class _Heading:
    """A heading and the entries below it."""

    level: int
    title: str
    bullets: list[_Bullet] = field(default_factory=list)


def parse(text: str, file: str) -> Checklist:
    """Return the checklist of a Markdown text; FileError if it has no task, or too many lines."""
    if text.count("\n") > MOST_LINES:
        raise FileError(file, MOST_LINES, 1, f"more than {MOST_LINES} lines; split the file")
    headings = list(_headings(text))
    tasks = any(bullet.task for heading in headings for bullet in heading.bullets)
    if not tasks:
        raise FileError(file, 1, 1, "no items in this file; write an item as `- [ ] **Title**: text`")
    title = next((heading.title for heading in headings if heading.level == 1 and heading.title), "") or Path(file).stem
    rest = [heading for heading in headings if heading.level > 1 or any(bullet.task for bullet in heading.bullets)]
    procedures, contacts, links = _extras(headings)
    return Checklist(slug(Path(file).stem), title, _phases(rest), procedures, contacts, links)


def _headings(text: str) -> Iterator[_Heading]:
    """Yield the headings of a text with their list entries; entries before the first heading are under an empty one."""
    # Imported here: only Markdown needs it, and importing it takes longer than loading YAML.
    from markdown_it import MarkdownIt

    heading = _Heading(1, "")
    numbered: list[bool] = []
    # Inline marks are not needed, and parsing them takes extremely long for some lines.
    parser = MarkdownIt("commonmark").disable(["inline", "text_join"])
    parser.block.ruler.at("hr", _rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    tokens = parser.parse(text)
    for n, token in enumerate(tokens):
        if token.type == "heading_open":
            yield heading
            heading = _Heading(int(token.tag[1]), _bare(without_emoji(tokens[n + 1].content)))
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            numbered.append(token.type == "ordered_list_open")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbered.pop()
        elif token.type == "list_item_open" and tokens[n + 1].type == "paragraph_open":
            heading.bullets.append(_bullet(tokens[n + 2].content, numbered[-1]))
    yield heading


def _rule(state: Any, line: int, end: int, silent: bool) -> bool:
    """Parse a thematic break; quickly reject a long line of list marks, which the parser would rescan for each mark."""
    from markdown_it.rules_block.hr import hr

    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    return _BREAK.fullmatch(text) is not None and hr(state, line, end, silent)


def _bullet(content: str, numbered: bool) -> _Bullet:
    task = _TASK.match(content)
    rest = content[task.end() :] if task else content
    bold = _BOLD.match(rest)
    title, text = (bold[2], bold[3]) if bold else (rest, "")
    return _Bullet(task is not None, numbered, plain(_bare(without_emoji(title)), 400), plain(_bare(text)))


def _bare(content: str) -> str:
    """Return the text without the marks of emphasis and code."""
    return plain(_MARKS.sub("", content)) if not _LINK.match(content) else plain(content)


def _phases(headings: list[_Heading]) -> tuple[Phase, ...]:
    """Return a phase for every heading with tasks below it; tasks directly below an H2 get a section with its title."""
    grouped: list[tuple[str, list[_Heading]]] = []
    for heading in headings:
        if heading.level <= 2 or not grouped:
            grouped.append((heading.title or "Checklist", []))
        grouped[-1][1].append(heading)
    phases: list[Phase] = []
    ids, number = Slugs(), 0
    for title, below in grouped:
        with_tasks = [heading for heading in below if any(bullet.task for bullet in heading.bullets)]
        if not with_tasks:
            continue
        phase_id, section_ids = ids.take(title), Slugs()
        sections = []
        for heading in with_tasks:
            section = _section(f"{phase_id}/{section_ids.take(heading.title or title)}", heading, title, number)
            number += len(section.items)
            sections.append(section)
        phases.append(Phase(phase_id, title, tuple(sections)))
    return tuple(phases)


def _section(section_id: str, heading: _Heading, phase: str, before: int) -> Section:
    ids = Slugs()
    tasks = [bullet for bullet in heading.bullets if bullet.task]
    items = tuple(
        Item(f"{section_id}/{ids.take(bullet.title)}", before + n, bullet.title or "untitled", bullet.text)
        for n, bullet in enumerate(tasks, start=1)
    )
    return Section(section_id, heading.title or phase, items, any(bullet.numbered for bullet in tasks))


def _extras(headings: list[_Heading]) -> tuple[tuple[Procedure, ...], tuple[Contact, ...], tuple[Link, ...]]:
    """Return procedures, contacts and links: the entries without boxes."""
    ids = Slugs()
    procedures: list[Procedure] = []
    contacts: list[Contact] = []
    links: list[Link] = []
    for heading in headings:
        rest = [bullet for bullet in heading.bullets if not bullet.task]
        step_ids = Slugs()
        steps = tuple(
            Step(step_ids.take(bullet.title), bullet.title, bullet.text) for bullet in rest if bullet.numbered
        )
        if steps:
            procedures.append(Procedure(ids.take(heading.title), heading.title or "Procedure", steps))
        for bullet in rest:
            link = _LINK.match(bullet.text)
            if bullet.numbered:
                continue
            if link:
                links.append(Link(bullet.title, link["bare"] or link["target"] or link["plain"]))
            elif "contact" in heading.title.lower() and bullet.text:
                contacts.append(Contact(bullet.title, bullet.text))
    return tuple(procedures), tuple(contacts), tuple(links)
