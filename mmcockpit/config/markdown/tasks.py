"""Entries of lists as tasks: boxes of any depth, parents as sections or prefixes, details as text and fields."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import filterfalse
from typing import NamedTuple

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import Block, Fence, ListEntry, Listing, Paragraph
from mmcockpit.config.markdown.boxes import BoxMark, boxed, state_box, strip_mark
from mmcockpit.config.markdown.fields import Fields, field_kind, list_title
from mmcockpit.config.markdown.frame import Footnote
from mmcockpit.config.markdown.inline import Inline, References, inline
from mmcockpit.config.markdown.result import Ledger
from mmcockpit.config.markdown.shell.commands import SHELLS, commands
from mmcockpit.config.markdown.title_fields import strip_notes, strip_prefix

LONGEST_TITLE = 400
_WRAPPED = 160
"""A title of several lines that is longer than this is cut at the end of its first sentence."""

_BOLD = re.compile(
    r"^(\*\*\*|___|\*\*|__)(?=\S)(?P<title>(?:(?!\1).)+?)(?::\1\s*|\1\s*[:\u2013\u2014-]\s*|\1\s*(?=\n|$))(?P<text>.*)$",
    re.DOTALL,
)
"""A title in bold before its text: `**Title**: text`; bold words inside a sentence are none."""
_LABEL = re.compile(
    r"(?:actions?|check|confirm|critical|do|ensure|expect(?:ed)?(?: results?)?|important|must|note|pass(?: criteria)?"
    r"|required|run|should|step(?: \d+)?|tests?|validat(?:e|ion)|verif(?:y|ication)|warning"
    r"|(?-i:[A-Z/-]+ (?:CHECK|REVIEW|TEST)))",
    re.IGNORECASE,
)
"""Words in bold before a title that say what kind of a task it is, as of others in the same list."""
_BLANK = re.compile(r"\s*:?\s*_{4,}\s*$|^_{4,}$")
"""A line to write on."""
_ONLY_ROLE = re.compile(r"[(\[][^()\[\]]*[)\]]:?")
_SENTENCE = re.compile(r"(?<=[.!?:;])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!vs\.)(?<!incl\.)\s")
_SAID = {
    BoxMark.DONE: "marked as done in the file; imported open, because that proves nothing for this go-live",
    BoxMark.STRUCK: "crossed out in the file; imported open: mark it as not applicable, or delete it",
    BoxMark.OTHER: "neither open nor done in the file; imported open",
}


@dataclass(slots=True)
class Task:
    """An item to be: its title, its fields, and whether its list is numbered."""

    title: str
    line: int
    numbered: bool = False
    fields: Fields = field(default_factory=Fields)
    number: str = ""
    """Its number in a table."""
    section: str = ""
    """The title of the rows around it in a table."""


class Parent(NamedTuple):
    """An entry above a task: its title, and whether it is a task itself."""

    title: str
    task: bool


Above = tuple[Parent, ...]


@dataclass(slots=True)
class TaskReader:
    """Reads tasks; `plain` takes every bullet of a list without boxes as one."""

    ledger: Ledger
    footnotes: Mapping[str, Footnote]
    references: References
    plain: bool = False

    def inline(self, written: str, line: int, limit: int = 4096) -> Inline:
        """Return a text without marks; a comment in it is noted."""
        text = inline(written, self.references, limit)
        self.ledger.take(text.used)
        for comment in text.comments:
            self.ledger.note(line, f"comment left out: {comment}")
        return text

    def listed(self, listing: Listing, above: Above = (), numbered: bool = False) -> Iterator[tuple[Above, Task]]:
        """Yield the tasks of a list, each with the titles of the entries above it; `numbered` may be plain, too."""
        every = self.plain and (numbered or not listing.numbered) and not has_box(listing)
        beside = any(boxed(entry.text) for entry in listing.entries)
        for entry in listing.entries:
            mark = boxed(entry.text) or (state_box(entry.text) if beside else None)
            if mark is not None and not mark.rest.strip():
                self.ledger.lose(entry.lines, "a box without a text")
            elif mark is not None:
                yield from self._task(entry, mark.box, mark.rest, above)
            elif any(isinstance(block, Listing) and (every or has_box(block)) for block in entry.blocks):
                self.ledger.take(entry.lines)
                title = self.inline(_title_of(entry.text), entry.lines[0], LONGEST_TITLE).text.rstrip(":")
                yield from self._below(entry, (*above, Parent(title, False)), every)
            elif every and entry.text.strip():
                yield from self._task(entry, BoxMark.OPEN, entry.text, above)
            else:
                self.lose(entry)

    def lose(self, entry: ListEntry) -> None:
        """Note an entry that is not taken, and everything below it."""
        self.ledger.lose(entry.lines, f"an entry without a box: {inline(entry.text, None, 80).text}")
        for block in entry.blocks:
            if isinstance(block, Listing):
                for below in block.entries:
                    self.lose(below)

    def task(self, written: str, box: BoxMark, line: int, numbered: bool = False) -> Task | None:
        """Return the task of a text after its box; None, noted, if nothing of it is a title."""
        fields = Fields(line=line)
        rest = strip_prefix(_unwrapped(written.strip(), fields), fields)
        head, text = _head(rest)
        head, marked = strip_mark(_BLANK.sub("", strip_notes(head, fields)))
        title = self.inline(without_emoji(head), line, LONGEST_TITLE)
        text = strip_notes(text, fields)
        details = self.inline(text, line) if text.strip() else None
        if not title.text or _ONLY_ROLE.fullmatch(title.text):
            self.ledger.lose(range(line, line + 1), f"no title: {title.text or written.strip()}")
            return None
        self.ledger.fields += bool(details and details.text)
        for part in filter(None, (title, details)):
            fields.link(part.links)
            fields.texts += self._footnotes(part, line)
        if details is not None and details.text:
            fields.texts.insert(0, details.text)
        note = _SAID.get(box if box is not BoxMark.OPEN else BoxMark.STRUCK if title.struck else marked)
        if note:
            self.ledger.note(line, note)
        return Task(title.text.rstrip(":"), line, numbered, fields)

    def details(self, block: Block, fields: Fields, indent: str = "") -> None:
        """Take a block below an item as its fields and its description."""
        match block:
            case Paragraph(text, lines):
                self.ledger.take(lines)
                for line, part in zip(lines, text.split("\n"), strict=False):
                    fields.line = line
                    if not fields.add(part) and (shown := self.inline(part, line)).text:
                        fields.texts += [f"{indent}{shown.text}", *self._footnotes(shown, line)]
                        fields.link(shown.links)
            case Fence(text, lines, language):
                self.ledger.take(lines)
                if language in SHELLS:
                    add_commands(text, fields)
                else:
                    fields.texts += [f"{indent}{part.strip()}" for part in text.split("\n") if part.strip()]
            case Listing(entries, numbered):
                for n, entry in enumerate(entries, start=1):
                    self.ledger.take(entry.lines)
                    fields.line = entry.lines[0]
                    if self._listed_field(entry, fields):
                        continue
                    if not fields.add(entry.text):
                        shown = self.inline(entry.text, entry.lines[0])
                        fields.texts += [f"{indent}{f'{n}.' if numbered else '-'} {shown.text}"]
                        fields.link(shown.links)
                    for below in entry.blocks:
                        self.details(below, fields, indent + "  ")

    def _listed_field(self, entry: ListEntry, fields: Fields) -> bool:
        """Take an entry such as `Needs:` with the list below it; False for any other entry."""
        title = list_title(entry.text)
        listings = [block for block in entry.blocks if isinstance(block, Listing)]
        if not title or not listings or len(listings) < len(entry.blocks):
            return False
        for below in (below for listing in listings for below in listing.entries):
            self.ledger.take(below.lines)
            fields.line = below.lines[0]
            fields.put(field_kind(title), title, below.text)
            for block in below.blocks:
                self.details(block, fields)
        return True

    def _task(self, entry: ListEntry, box: BoxMark, written: str, above: Above) -> Iterator[tuple[Above, Task]]:
        task = self.task(written, box, entry.lines[0], entry.numbered)
        self.ledger.take(entry.lines)
        if task is None:
            return
        for block in entry.blocks:
            if not (isinstance(block, Listing) and has_box(block)):
                self.details(block, task.fields)
                continue
            for below in block.entries:
                if not _has_box(below):
                    self.details(Listing([below], False), task.fields)
        yield above, task
        yield from self._below(entry, (*above, Parent(task.title, True)), False)

    def _below(self, entry: ListEntry, above: Above, every: bool) -> Iterator[tuple[Above, Task]]:
        for block in entry.blocks:
            if isinstance(block, Listing) and (every or has_box(block)):
                yield from self.listed(block, above)

    def _footnotes(self, text: Inline, line: int) -> list[str]:
        notes = list(text.asides)
        for name in text.footnotes:
            if name in self.footnotes:
                footnote = self.footnotes[name]
                self.ledger.take(footnote.lines)
                notes.append(self.inline(footnote.text, footnote.lines[0]).text)
            else:
                self.ledger.note(line, f"footnote [^{name}] is not defined in the file")
        return notes


def add_commands(text: str, fields: Fields) -> None:
    """Take the lines of a block of commands as steps; a comment describes the command after it."""
    about: list[str] = []
    for shell in commands(text):
        if shell.label:
            fields.texts.append(shell.shown)
        elif shell.argv or shell.why:
            fields.add_command(shell.written, " ".join(about))
            about = []
        elif shell.written:
            about.append(shell.written)
    fields.texts += about


def has_box(block: Block) -> bool:
    """Return whether a block is a list in which any entry, of any depth, has a box."""
    return isinstance(block, Listing) and any(map(_has_box, block.entries))


def _has_box(entry: ListEntry) -> bool:
    return boxed(entry.text) is not None or any(map(has_box, entry.blocks))


def boxed_entries(listing: Listing) -> Listing:
    """Return a list with only those entries that have a box, of any depth."""
    return replace(listing, entries=list(filter(_has_box, listing.entries)))


def without_boxes(listing: Listing) -> Listing | None:
    """Return a list with only its entries without boxes, of any depth, if no entry itself has one; else None."""
    entries = list(filterfalse(_has_box, listing.entries))
    apart = not any(boxed(entry.text) for entry in listing.entries)
    return replace(listing, entries=entries) if apart and 0 < len(entries) < len(listing.entries) else None


def _title_of(text: str) -> str:
    bold = _BOLD.match(text.strip())
    return without_emoji(bold["title"] if bold and not bold["text"] else text)


def _head(text: str) -> tuple[str, str]:
    """Return the title and the rest of a text; a word such as `Verify` in bold is no title without what follows it."""
    bold = _BOLD.match(text)
    if bold is None:
        return _first_sentence(text)
    label, after = bold["title"].strip().rstrip(":"), bold["text"].strip()
    if after and _LABEL.fullmatch(label):
        head, rest = _first_sentence(after)
        return f"{label}: {head}", rest
    return bold["title"], bold["text"]


def _unwrapped(text: str, fields: Fields) -> str:
    """Return a text of several lines without those that are fields, which are taken."""
    first, *more = text.split("\n")
    kept = [first]
    for part in more:
        fields.line += 1
        if not fields.add_wrapped(part):
            kept.append(part)
    return "\n".join(kept)


def _first_sentence(text: str) -> tuple[str, str]:
    """Return the title and the rest of a text of several lines: all of it, or its first sentence if it is long."""
    joined = " ".join(text.split("\n"))
    if len(joined) <= _WRAPPED:
        return joined, ""
    end = next((match.start() for match in _SENTENCE.finditer(joined)), len(joined))
    return joined[:end], joined[end:].strip()
