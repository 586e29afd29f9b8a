"""Reads a Markdown file as a checklist: headings as phases and sections, and what is below them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmcockpit.config.markdown.blocks import Fence, Heading, Listing, Paragraph, TableBlock
from mmcockpit.config.markdown.bold_headings import with_bold_headings
from mmcockpit.config.markdown.boxes import boxed
from mmcockpit.config.markdown.extras import every_entry, extra_of, is_contents, lines_of, table_contacts
from mmcockpit.config.markdown.forms.details import OpenDetails
from mmcockpit.config.markdown.frame import Frame, frame
from mmcockpit.config.markdown.headings import are_conditions, are_steps, is_condition, is_procedure, is_rollback
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.labels import boxed_line_starts, label_of, label_title, of_abort, of_explanation
from mmcockpit.config.markdown.needs import with_needs
from mmcockpit.config.markdown.outline import outline
from mmcockpit.config.markdown.phases import FoundTask, phases, title_of, titled_heading
from mmcockpit.config.markdown.result import Imported, Ledger
from mmcockpit.config.markdown.step_headings import (
    has_commands,
    is_shell,
    marked_output,
    rollback_parts,
    step_headings,
    step_parts,
    with_last_code,
)
from mmcockpit.config.markdown.steps import StepDraft, StepReader
from mmcockpit.config.markdown.tables.columns import TableColumns
from mmcockpit.config.markdown.tables.rows import table_tasks
from mmcockpit.config.markdown.tasks import TaskReader, boxed_entries, has_box, without_boxes
from mmcockpit.config.text.error import FileError, did_you_mean, throw
from mmcockpit.config.text.slug import LONGEST_ID, Slugs, is_id, slug
from mmcockpit.core.model.checklist import Checklist, Contact, Link
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.text import plain

MOST_LINES = 20_000
"""Maximum number of lines in a file: parsing a line takes a hundred times longer than reading it."""

MOST_COLUMNS = 100
"""Maximum number of columns of a table."""

_COMMENT = re.compile(r"<!--(.*?)(?:-->|$)", re.DOTALL)
_EXTRA = re.compile(r"contact|link|resource|reference|dashboard|useful", re.IGNORECASE)
"""Headings of contacts and links, which need no title of their own."""


def read_markdown(text: str, file: str, *, plain_lists: bool = False, level: str = "") -> Imported:
    """Return the checklist of a Markdown text, with notes on every line that is not or not fully in it.

    `plain_lists` takes the bullets of lists without boxes as items, `level` only those rows of a table of levels that
    have a mark in this column. FileError if there is neither an item nor a procedure, or for too many lines.
    """
    if text.count("\n") > MOST_LINES:
        raise FileError(file, MOST_LINES, 1, f"more than {MOST_LINES} lines; split the file")
    around = frame(text)
    root = with_bold_headings(outline(around.body, around.tables))
    title = titled_heading(root)
    if title is not None:
        around.ledger.take((title.line,))
    name = around.title or (title_of(title) if title is not None else "") or Path(file).stem
    reader = _Reader(around, name, plain_lists, level)
    reader.read(root)
    reader.check_level(file)
    built, placed = phases(root, reader.found, reader.ledger)
    extras = tuple(reader.procedures), tuple(reader.contacts), tuple(reader.links)
    checklist = Checklist(_name(Path(file).stem), reader.title, built, *extras)
    if not checklist.phases and not checklist.procedures:
        raise FileError(file, 1, 1, _nothing_taken(root))
    fields = reader.ledger.fields + sum(found.task.fields.count for found in reader.found)
    checklist = with_needs(checklist, placed, reader.ledger)
    lines = {each.id: each.line for each in placed}
    return Imported(checklist, reader.ledger.close(around.text), fields, lines)


def _nothing_taken(root: Heading) -> str:
    """Return why a file has no items, with the ways out for what it has."""
    kinds = {type(block) for heading in root.walk() for block in heading.blocks}
    ways = {
        TableBlock: "name a column of a table Item",
        Fence: "put commands below a heading such as `Rollback` or `Step 1`",
        Listing: "import with --plain to take every bullet as one",
    }
    ways_out = "".join(f", or {way}" for kind, way in ways.items() if kind in kinds)
    return f"no items in this file; write an item as `- [ ] **Title**: text`{ways_out}"


def checked(imported: Imported, file: str) -> Checklist:
    """Return the checklist of a Markdown file; FileError if it has mistakes."""
    throw([FileError(file, note.line, 1, note.message) for note in imported.mistakes])
    return imported.checklist


def _name(stem: str) -> str:
    """Return the name of a checklist by that of its file: `01-shop.md` is `checklist-01-shop`."""
    name = slug(stem)[:LONGEST_ID]
    return name if is_id(name) else f"checklist-{name}"[:LONGEST_ID].rstrip("-") if name.isascii() else "checklist"


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
        self._details = OpenDetails()
        self._levels = dict[str, None]()

    def read(self, root: Heading) -> None:
        """Read every heading."""
        for heading in root.walk():
            if heading.line in self._consumed and heading.level:
                continue
            self._blocks(heading)
            self._step_headings(heading)

    def check_level(self, file: str) -> None:
        """Raise FileError if no table has the column whose marks choose rows."""
        if self.level and self.level.casefold() not in map(str.casefold, self._levels):
            hint = did_you_mean(self.level, self._levels) or "; no table has a column of marks"
            raise FileError(file, 1, 1, f"unknown column '{self.level}'{hint}")

    def _step_headings(self, heading: Heading) -> None:
        """Take the headings `Step 1`, `Step 2`, … below a heading as one procedure."""
        steps = step_headings(heading)
        if not steps:
            return
        for step in steps:
            self._consumed.update(part.line for part in step_parts(step))
        own = heading.level > 1 and not any(isinstance(block, Listing | TableBlock) for block in heading.blocks)
        title = title_of(heading) if own else self.title
        if own:
            self.ledger.take((heading.line,))
        drafts = [draft for step in steps for draft in self._steps.heading(step)]
        self._add(self._steps.procedure(self._ids.take(title), title, drafts))

    def _blocks(self, heading: Heading) -> None:
        title, blocks = title_of(heading), with_last_code(marked_output(heading.blocks))
        self._details = OpenDetails()
        fences = is_procedure(title) and not any(map(has_box, blocks))
        label: Paragraph | None = None
        for n, block in enumerate(blocks):
            before, label = label, None
            match block:
                case Paragraph(raw=False) if found := label_of(block, blocks[n + 1 : n + 2]):
                    label = found
                case Paragraph(raw=True):
                    self._html(block)
                case Paragraph() if not self._linked(heading, block, title):
                    self._boxed_lines(heading, block, before)
                case Listing():
                    self._listing(heading, block, title, before)
                case TableBlock():
                    self._table(heading, block, title, before)
                case Fence() if not fences:
                    what = "commands are" if is_shell(block) else "a block of code is"
                    self.ledger.lose(block.lines, f"{what} not taken: {block.text.strip()[:60]}")
        for back, part in rollback_parts(blocks) if fences else ():
            self._add_titled(heading, title, back, list(self._steps.fences(part)))

    def _label(self, block: Paragraph | None) -> str:
        """Return the text of a label, or of the summary of the details around it; its lines are taken with it."""
        label = block or self._details.summary
        if label is None:
            return ""
        self.ledger.take(label.lines)
        return label_title(label)

    def _html(self, block: Paragraph) -> None:
        """Note a comment as left out; follow the details with a summary for the lists inside of them."""
        if not _COMMENT.sub("", block.text).strip():
            self.ledger.note(
                block.lines[0], f"comment left out: {plain(_COMMENT.sub(_inside, block.text), 200)}", block.lines[-1]
            )
            self.ledger.take(block.lines)
            return
        self._details.read(block)

    def _boxed_lines(self, heading: Heading, block: Paragraph, label: Paragraph | None) -> None:
        """Take the lines of a paragraph that begin with a box, as in copied text, with the lines after each."""
        lines = block.text.split("\n")
        starts = boxed_line_starts(lines)
        name = self._label(label) if starts else ""
        for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
            mark = boxed("\n".join(lines[start:end]))
            task = self._tasks.task(mark.rest, mark.box, block.lines[start]) if mark is not None else None
            self.ledger.take(block.lines[start:end])
            if task is not None:
                self.found.append(FoundTask(heading, name, (), task))

    def _listing(self, heading: Heading, block: Listing, title: str, label: Paragraph | None) -> None:
        extras = [extra_of(entry.text, title) for entry in block.entries]
        apart = label is not None and is_rollback(label_title(label))
        numbered = block.numbered and (apart or not is_condition(title) or has_commands([block]))
        back = apart or is_rollback(title)
        steps = numbered or back
        texts = [entry.text for entry in every_entry(block)] if has_box(block) else []
        if is_contents(block):
            self.ledger.take(lines := lines_of(block))
            self.ledger.note(lines[0], "a list of contents, which is no part of the checklist", lines[-1])
        elif texts and of_explanation(title, label):
            self.ledger.lose(lines_of(block), "an explanation, which is no part of the checklist, is not taken")
        elif texts and of_abort(title, label) and are_conditions(texts):
            self.ledger.lose(lines_of(block), "conditions, which are no items, are not taken; write abort rules")
        elif numbered and (steps_alone := without_boxes(block)):
            self._add_titled(heading, title, None, list(self._steps.numbered(steps_alone)))
            self._listing(heading, boxed_entries(block), title, label)
        elif (texts and not (back and are_steps(texts))) or (self.plain_lists and not steps and not all(extras)):
            name = self._label(label)
            tasks = self._tasks.listed(block, numbered=not steps)
            self.found += [FoundTask(heading, name, above, task) for above, task in tasks]
        elif numbered or (steps and not all(extras)):
            self._add_titled(heading, title, label, list(self._steps.numbered(block)))
        elif all(extras):
            self.ledger.take((heading.line,) if _EXTRA.search(title) else ())
            self.ledger.take(line for entry in block.entries for line in entry.lines)
            self._add_extras(extras)
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
            self.ledger.take((heading.line, *table.lines))
        elif of_abort(title, label) and columns.status is None:
            self.ledger.lose(table.lines, "a table of conditions, which are no items, is not taken")
        elif of_explanation(title, label):
            self.ledger.lose(table.lines, "an explanation, which is no part of the checklist, is not taken")
        elif columns.steps or columns.back or (is_rollback(title) and columns.are_steps(table)):
            if columns.back and label is None and not is_rollback(title):
                label = Paragraph("Rollback", table.lines[:1])
            self._add_titled(heading, title, label, list(self._steps.rows(table, columns)))
        elif columns.title is not None:
            self._levels |= dict.fromkeys(bare(table.header[n]) for n in columns.levels)
            tasks, name = table_tasks(table, columns, self._tasks, self.level), self._label(label)
            self.found += [
                FoundTask(heading, " / ".join(filter(None, (name, task.section))), (), task) for task in tasks
            ]
        else:
            self.ledger.lose(table.lines, "a table without a column of items is not taken")

    def _linked(self, heading: Heading, block: Paragraph, title: str) -> bool:
        """Take the lines of a paragraph below a heading of links if all of them are links."""
        extras = [extra_of(line, title) for line in block.text.split("\n")]
        if not _EXTRA.search(title) or not all(isinstance(extra, Link) for extra in extras):
            return False
        self.ledger.take((heading.line, *block.lines))
        self._add_extras(extras)
        return True

    def _add_extras(self, extras: Iterable[Link | Contact | None]) -> None:
        for extra in extras:
            if isinstance(extra, Link):
                self.links.append(extra)
            elif extra is not None:
                self.contacts.append(extra)

    def _add_titled(self, heading: Heading, title: str, label: Paragraph | None, drafts: Sequence[StepDraft]) -> None:
        """Add the procedure of a heading; a label before its steps becomes its description."""
        if not drafts:
            return
        about, name = self._label(label), title
        if about and is_rollback(about):
            about, name = title, about if not title else f"{about}: {title}"
        elif not title:
            about, name = "", about or "Procedure"
        self.ledger.take((heading.line,) if title else ())
        self._add(self._steps.procedure(self._ids.take(name), name, drafts, about))

    def _add(self, procedure: Procedure | None) -> None:
        if procedure is not None:
            self.procedures.append(procedure)


def _inside(comment: re.Match[str]) -> str:
    return comment[1]
