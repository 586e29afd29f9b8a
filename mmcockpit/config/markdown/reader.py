"""Reads a Markdown file as a checklist: headings as phases and sections, and what is below them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.boxes import boxed
from mmcockpit.config.markdown.frame import Frame, frame
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.outline import Block, Fence, Heading, ListEntry, Listing, Paragraph, TableBlock, outline
from mmcockpit.config.markdown.phases import FoundTask, phases, title_of
from mmcockpit.config.markdown.result import Imported, Ledger
from mmcockpit.config.markdown.steps import StepDraft, StepReader, is_procedure, is_shell, is_step
from mmcockpit.config.markdown.tables import TableColumns, table_contacts, table_tasks
from mmcockpit.config.markdown.tasks import TaskReader, has_box
from mmcockpit.config.text.error import FileError
from mmcockpit.config.text.slug import LONGEST_ID, Slugs, is_id, slug
from mmcockpit.core.model.checklist import Checklist, Contact, Link
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.text import plain

MOST_LINES = 20_000
"""Maximum number of lines in a file: parsing a line takes a hundred times longer than reading it."""

MOST_COLUMNS = 100
"""Maximum number of columns of a table."""

_ADDRESS = re.compile(r"^(?:<([a-z]+://[^>\s]+)>|\[[^\]]*\]\(([^)\s]+)\)|(https?://\S+))$")
_NAMED = re.compile(r"^(\*\*|__)(.+?)\1\s*:?\s*(.*)$", re.DOTALL)
_LINKED = re.compile(r"^\[([^\[\]]+)\]\((https?://[^()\s]+)\)\s*$")
_EXTRA = re.compile(r"contact|link|resource|reference|dashboard|useful", re.IGNORECASE)
"""Headings of contacts and links, which need no title of their own."""
_LABEL = re.compile(r"^(?:(\*\*|__)[^*_\n]{1,80}\1:?|[^\n]{1,60}:)$")


def read_markdown(text: str, file: str, *, plain_lists: bool = False, level: str = "") -> Imported:
    """Return the checklist of a Markdown text, with notes on every line that is not or not fully in it.

    `plain_lists` takes the bullets of lists without boxes as items, `level` only those rows of a table of levels that
    have a mark in this column. FileError if there is neither an item nor a procedure, or for too many lines.
    """
    if text.count("\n") > MOST_LINES:
        raise FileError(file, MOST_LINES, 1, f"more than {MOST_LINES} lines; split the file")
    around = frame(text)
    root = outline(around.body)
    title = _titled(root)
    if title is not None:
        around.ledger.take((title.line,))
    name = around.title or (title_of(title) if title is not None else "") or Path(file).stem
    reader = _Reader(around, name, plain_lists, level)
    reader.read(root)
    checklist = Checklist(
        _name(Path(file).stem),
        reader.title,
        phases(root, reader.found, reader.ledger),
        tuple(reader.procedures),
        tuple(reader.contacts),
        tuple(reader.links),
    )
    if not checklist.phases and not checklist.procedures:
        bullets = any(isinstance(block, Listing) for heading in root.walk() for block in heading.blocks)
        plain_way = ", or import with --plain to take every bullet as one" if bullets else ""
        raise FileError(file, 1, 1, f"no items in this file; write an item as `- [ ] **Title**: text`{plain_way}")
    fields = reader.ledger.fields + sum(found.task.fields.count for found in reader.found)
    return Imported(checklist, reader.ledger.close(around.text), fields)


def parse(text: str, file: str) -> Checklist:
    """Return the checklist of a Markdown text; FileError if it has neither an item nor a procedure."""
    return read_markdown(text, file).checklist


def _name(stem: str) -> str:
    """Return the name of a checklist by that of its file: `01-shop.md` is `checklist-01-shop`."""
    name = slug(stem)[:LONGEST_ID]
    return name if is_id(name) else f"checklist-{name}"[:LONGEST_ID].rstrip("-") if name.isascii() else "checklist"


def _titled(root: Heading) -> Heading | None:
    """Return the heading that is the title of the file: the first of level 1."""
    return next((heading for heading in root.walk() if heading.level == 1 and title_of(heading)), None)


@dataclass
class _Reader:
    """What was found in the file so far."""

    around: Frame
    title: str
    plain_lists: bool
    level: str
    ledger: Ledger = field(init=False)
    found: list[FoundTask] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = self.around.ledger
        self._tasks = TaskReader(self.ledger, self.around.footnotes, self.around.references, self.plain_lists)
        self._steps = StepReader(self._tasks, self.title)
        self._ids = Slugs()
        self._consumed = set[int]()

    def read(self, root: Heading) -> None:
        """Read every heading."""
        for heading in root.walk():
            if heading.line in self._consumed and heading.level:
                continue
            self._blocks(heading)
            self._step_headings(heading)

    def _step_headings(self, heading: Heading) -> None:
        """Take the headings `Step 1`, `Step 2`, … below a heading as one procedure."""
        steps = [below for below in heading.below if is_step(below)]
        if not steps or not any(is_shell(block) for step in steps for block in _fences(step)):
            return
        for step in steps:
            self._consumed.update(part.line for part in step.walk())
        own = heading.level > 1 and not any(isinstance(block, Listing | TableBlock) for block in heading.blocks)
        title = title_of(heading) if own else self.title
        if own:
            self.ledger.take((heading.line,))
        drafts = [draft for step in steps for draft in self._steps.heading(step)]
        self._add(self._steps.procedure(self._ids.take(title), title, drafts))

    def _blocks(self, heading: Heading) -> None:
        title = title_of(heading)
        fences = is_procedure(title) and not any(map(has_box, heading.blocks))
        label: Paragraph | None = None
        for n, block in enumerate(heading.blocks):
            before, label = label, None
            match block:
                case Paragraph(raw=False) if _is_label(block, heading.blocks[n + 1 : n + 2]):
                    label = block
                case Paragraph():
                    self._boxed_lines(heading, block)
                case Listing():
                    self._listing(heading, block, title, before)
                case TableBlock():
                    self._table(heading, block, title, before)
                case Fence() if not fences:
                    what = "commands are" if is_shell(block) else "a block of code is"
                    self.ledger.lose(block.lines, f"{what} not taken: {block.text.strip()[:60]}")
        if fences and (drafts := list(self._steps.fences(heading.blocks))):
            self._add_titled(heading, title, None, drafts)

    def _label(self, block: Paragraph | None) -> str:
        """Return the text of a label, whose lines are taken with it."""
        if block is None:
            return ""
        self.ledger.take(block.lines)
        return bare(without_emoji(block.text.strip()), 80).rstrip(":")

    def _boxed_lines(self, heading: Heading, block: Paragraph) -> None:
        """Take the lines of a paragraph that begin with a box, as in text copied from elsewhere."""
        for line, text in zip(block.lines, block.text.split("\n"), strict=False):
            mark = boxed(text)
            if mark is not None and mark.rest.strip() and not block.raw:
                task = self._tasks.task(mark.rest, mark.box, line)
                self.ledger.take((line,))
                if task is not None:
                    self.found.append(FoundTask(heading, "", (), task))

    def _listing(self, heading: Heading, block: Listing, title: str, label: Paragraph | None) -> None:
        if _is_contents(block):
            lines = [line for entry in _every(block) for line in entry.lines]
            self.ledger.note(lines[0], "a list of contents, which is no part of the checklist", lines[-1])
            for entry in _every(block):
                self.ledger.take(entry.lines)
        elif has_box(block) or (self.plain_lists and not block.numbered and not self._extras(block, title)):
            name = self._label(label)
            self.found += [FoundTask(heading, name, above, task) for above, task in self._tasks.listed(block)]
        elif block.numbered:
            self._add_titled(heading, title, label, list(self._steps.numbered(block)))
        elif self._extras(block, title):
            self.ledger.take((heading.line,) if _EXTRA.search(title) else ())
            for entry in block.entries:
                self._extra(entry, title)
        else:
            for entry in block.entries:
                self._tasks.lose(entry)

    def _table(self, heading: Heading, table: TableBlock, title: str, label: Paragraph | None) -> None:
        if len(table.header) > MOST_COLUMNS:
            self.ledger.lose(table.lines, f"a table of more than {MOST_COLUMNS} columns is not taken")
            return
        columns, contacts = TableColumns.of(table), table_contacts(table)
        if contacts and columns.title is None:
            self.contacts += contacts
            self.ledger.take((*table.lines, heading.line))
        elif columns.command is not None and columns.status is None:
            self._add_titled(heading, title, label, list(self._steps.rows(table, columns)))
        elif columns.title is not None:
            tasks, name = table_tasks(table, columns, self._tasks, self.level), self._label(label)
            self.found += [FoundTask(heading, name, (), task) for task in tasks]
        else:
            self.ledger.lose(table.lines, "a table without a column of items is not taken")

    def _extras(self, block: Listing, title: str) -> bool:
        """Return whether a list holds contacts or links."""
        return all(self._extra(entry, title, take=False) for entry in block.entries)

    def _extra(self, entry: ListEntry, title: str, take: bool = True) -> bool:
        """Take an entry that is a link or a contact; False if it is neither."""
        linked, named = _LINKED.match(entry.text.strip()), _NAMED.match(entry.text.strip())
        address = _ADDRESS.match(named[3].strip()) if named else None
        name = bare(without_emoji(named[2]), 400) if named else ""
        if linked or address:
            link = Link(bare(linked[1], 400), linked[2]) if linked else Link(name.rstrip(":"), _first(address))
            if take:
                self.links.append(link)
        elif "contact" in title.casefold() and named and bare(named[3]):
            if take:
                self.contacts.append(Contact(name.rstrip(":"), bare(named[3], 400)))
        else:
            return False
        if take:
            self.ledger.take(entry.lines)
        return True

    def _add_titled(self, heading: Heading, title: str, label: Paragraph | None, drafts: Sequence[StepDraft]) -> None:
        """Add the procedure of a heading; a label before its steps becomes its description."""
        if not drafts:
            return
        about, name = self._label(label), title
        if not title:
            about, name = "", about or "Procedure"
        self.ledger.take((heading.line,) if title else ())
        self._add(self._steps.procedure(self._ids.take(name), name, drafts, about))

    def _add(self, procedure: Procedure | None) -> None:
        if procedure is not None:
            self.procedures.append(procedure)


def _first(match: re.Match[str] | None) -> str:
    return plain(next((group for group in match.groups() if group), "") if match else "", 2000)


def _is_label(block: Paragraph, after: Sequence[Block]) -> bool:
    """Return whether a paragraph is a title for the list or table after it: in bold, or with a colon at its end."""
    return isinstance(next(iter(after), None), Listing | TableBlock) and _LABEL.match(block.text.strip()) is not None


def _is_contents(block: Listing) -> bool:
    """Return whether every entry of a list is a link to a heading of the same file."""
    entries = list(_every(block))
    anchors = [
        re.fullmatch(r"\s*\[[^\[\]]*\]\(#[^()]*\)\s*", entry.text) is not None for entry in entries if entry.text
    ]
    return bool(anchors) and all(anchors)


def _every(block: Listing) -> Iterator[ListEntry]:
    for entry in block.entries:
        yield entry
        for below in entry.blocks:
            if isinstance(below, Listing):
                yield from _every(below)


def _fences(heading: Heading) -> Iterable[Fence]:
    return (block for part in heading.walk() for block in _nested(part.blocks) if isinstance(block, Fence))


def _nested(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Listing):
            for entry in block.entries:
                yield from _nested(entry.blocks)
