"""Procedures: numbered lists without boxes, headings `Step N`, blocks of commands, and tables with a command."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import Block, Fence, Heading, Listing, Paragraph, TableBlock
from mmcockpit.config.markdown.boxes import BoxMark, boxed, is_no
from mmcockpit.config.markdown.fields import field_commands, field_kind
from mmcockpit.config.markdown.headings import is_back, is_branch, is_rollback, step_title
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.labels import is_label, label_title
from mmcockpit.config.markdown.shell.cases import case_before, case_below, case_of
from mmcockpit.config.markdown.shell.commands import Shell, command, commands, danger, target
from mmcockpit.config.markdown.shell.course import CommandCourse
from mmcockpit.config.markdown.shell.inline import inline_commands, is_command, without_commands
from mmcockpit.config.markdown.step_headings import has_commands, is_shell, marked_output, step_parts
from mmcockpit.config.markdown.tables.columns import TableColumns
from mmcockpit.config.markdown.tasks import Task, TaskReader
from mmcockpit.config.text.slug import Slugs, slug
from mmcockpit.core.model.procedure import Danger, Procedure, Step

MOST_COMMANDS = 500
"""Maximum number of lines in a block of commands: reading one takes longer than reading any other line."""

_HOSTS = frozenset(
    ("host", "hosts", "hostname", "server", "servers", "node", "nodes", "machine", "vm", "where", "run on")
)
"""Names of columns with the place of a command."""
_CODE = re.compile(r"^(`+)(?!`)([^`\n]+)\1$")


@dataclass(slots=True)
class StepDraft:
    """A step to be: its title, its commands as written, and its description."""

    task: Task
    commands: list[tuple[int, Shell]] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """A command that can run, or none, and what is shown with it."""

    argv: tuple[str, ...] = ()
    texts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class StepReader:
    """Reads the steps of procedures."""

    tasks: TaskReader
    document: str

    def numbered(self, listing: Listing) -> Iterator[StepDraft]:
        """Yield the steps of a numbered list."""
        for entry in listing.entries:
            line = entry.lines[0]
            self.tasks.ledger.take(entry.lines)
            mark = boxed(entry.text)
            written = (entry.text if mark is None else mark.rest).strip()
            if not written:
                yield from self.fences(entry.blocks)
                continue
            code = _CODE.match(written)
            draft = self._draft(code[2] if code else without_commands(entry.text), line)
            if draft is None:
                continue
            draft.commands += [(line, command(each)) for each in inline_commands(written)]
            self._details(entry.blocks, draft)
            yield draft

    def heading(self, heading: Heading) -> Iterator[StepDraft]:
        """Yield the step of a heading such as `Step 2: Copy the data`, with the blocks below it."""
        title = without_emoji(heading.title)
        draft = self._draft(step_title(title) or title, heading.line)
        self.tasks.ledger.take((heading.line,))
        if draft is not None:
            for part in step_parts(heading):
                case = ""
                if part is not heading:
                    self.tasks.ledger.take((part.line,))
                    title = self.tasks.inline(part.title, part.line).text
                    draft.task.fields.texts.append(f"{title}:")
                    case = case_below(title)
                self._details([block for block in part.blocks if not _has_steps(block)], draft, case)
            below = [block for part in step_parts(heading) for block in part.blocks if _has_steps(block)]
            if not below or draft.commands or draft.task.fields.texts:
                yield draft
            for each in (each for listing in below for each in self.numbered(listing)):
                each.task.title = f"{draft.task.title}: {each.task.title}"
                yield each

    def fences(self, blocks: Sequence[Block]) -> Iterator[StepDraft]:
        """Yield a step for each command in blocks of code; the paragraph before one is its title."""
        paragraphs: list[Paragraph] = []
        for block in blocks:
            if isinstance(block, Paragraph) and not block.raw:
                paragraphs.append(block)
            elif isinstance(block, Fence) and is_shell(block) and not paragraphs:
                yield from self._commented(block)
            elif isinstance(block, Fence) and is_shell(block):
                draft = self._draft(paragraphs[-1].text.strip().rstrip(":"), paragraphs[-1].lines[0])
                if draft is not None:
                    for paragraph in paragraphs[:-1]:
                        self.tasks.details(paragraph, draft.task.fields)
                    self.tasks.ledger.take(paragraphs[-1].lines)
                    case = _case(paragraphs[-1], "")
                    paragraphs = []
                    self._details([block], draft, case)
                    yield draft

    def _commented(self, block: Fence) -> Iterator[StepDraft]:
        """Yield a step for each comment in a block of code with its commands, and for each command before any."""
        if len(block.lines) > MOST_COMMANDS:
            self.tasks.ledger.lose(block.lines, f"more than {MOST_COMMANDS} lines of commands are not taken")
            return
        self.tasks.ledger.take(block.lines)
        line, draft, titled, before = block.lines[0], None, False, list[str]()
        for shell in commands(block.text):
            runs = bool(shell.argv or shell.why)
            if draft is not None and (shell.label or (titled and (runs or not draft.commands))):
                self._take(shell, line, draft)
                continue
            if shell.label:
                before.append(shell.shown)
                continue
            if draft is not None:
                yield draft
            draft, titled = self._draft(shell.written, line) if shell.written else None, not runs
            if draft is None and not runs:
                before.append(shell.written)
            if draft is not None:
                draft.task.fields.texts += before
                before = []
            if draft is not None and runs:
                self._take(shell, line, draft)
        if draft is not None:
            yield draft

    def _take(self, shell: Shell, line: int, draft: StepDraft) -> None:
        if shell.argv or shell.why or shell.label or draft.commands:
            draft.commands.append((line, shell))
        elif shell.written:
            draft.task.fields.texts.append(shell.written)

    def rows(self, table: TableBlock, columns: TableColumns) -> Iterator[StepDraft]:
        """Yield a step for each row of a table with a column of commands."""
        self.tasks.ledger.take(table.lines)
        for line, cells in table.rows:
            written = cells[columns.command] if columns.command is not None and columns.command < len(cells) else ""
            title = cells[columns.title] if columns.title is not None and columns.title < len(cells) else ""
            lines = [] if is_no(written) else field_commands("Command", written, self.tasks.inline(written, line).text)
            code = ", ".join(lines)
            short = not re.search(r"[a-z]{3}", title)
            draft = self._draft(f"{title}: {code}" if short and title and code else title or code, line)
            if draft is None:
                continue
            case = case_of(draft.task.title) or _host_of(table, cells)
            if not is_command(written):
                draft.task.fields.texts += [f"Command: {each}" for each in lines if each != draft.task.title]
                lines = []
            draft.commands += [(line, command(each).only(case)) for each in lines]
            for n, (header, cell) in enumerate(zip(table.header, cells, strict=False)):
                if n not in (columns.title, columns.command, *columns.numbers) and cell.strip():
                    name = self.tasks.inline(header, line).text
                    draft.task.fields.put(field_kind(name) or "note", name, cell)
            yield draft

    def procedure(
        self, procedure_id: str, title: str, drafts: Iterable[StepDraft], about: str = ""
    ) -> Procedure | None:
        """Return the procedure of these steps; None without any. A step with several commands becomes several."""
        ids = Slugs()
        steps: list[Step] = []
        course = CommandCourse(is_back(f"{title} {about}"))
        for draft in drafts:
            steps += self._steps(draft, ids, course)
            self.tasks.ledger.fields += draft.task.fields.count
        self.tasks.ledger.fields += sum(bool(step.argv) for step in steps)
        return Procedure(procedure_id, title, tuple(steps), about) if steps else None

    def _steps(self, draft: StepDraft, ids: Slugs, course: CommandCourse) -> Iterator[Step]:
        task = draft.task
        texts = [*task.fields.texts, *(f"Command: {step.command}" for step in task.fields.steps)]
        texts += [f"{need.title}: {need.text}" for need in task.fields.needs]
        for title, person in (("Assignee", task.fields.assignee), ("Owner", task.fields.role)):
            texts[:0] = [f"{title}: {person}"] if person else []
        for problem in task.fields.problems:
            self.tasks.ledger.note(task.line, problem)
        runs = self._runs(draft, course)
        runs[0].texts[:0] = texts
        runs[0].texts.extend(task.fields.links)
        for n, run in enumerate(runs, start=1):
            title = task.title if len(runs) < 2 else f"{task.title.rstrip('.')} ({n} of {len(runs)})"
            harm = danger(run.argv) if run.argv else Danger.READS
            yield Step(
                id=ids.take(title),
                title=title,
                text="\n".join(run.texts),
                argv=run.argv,
                danger=harm,
                target=target(run.argv, slug(self.document)) if harm is Danger.DANGEROUS else "",
                estimate=task.fields.estimate if n == 1 else 0.0,
            )

    def _runs(self, draft: StepDraft, course: CommandCourse) -> list[_Run]:
        """Return the commands of a step in their order: each that can run, and those for a shell between them.

        A comment describes the command after it; `course` is what came before.
        """
        runs: list[_Run] = []
        about: list[str] = []
        course.enter(draft.task.title)
        for line, shell in draft.commands:
            if not (shell.argv or shell.why or shell.label):
                about.append(shell.written)
                continue
            shell = course.place(shell)
            if shell.argv or not runs or (shell.why and runs[-1].argv):
                runs.append(_Run(shell.argv))
            runs[-1].texts += [*about, *filter(None, (shell.remark if shell.argv else "",))]
            about = []
            for option in shell.replaced:
                self.tasks.ledger.note(line, f"{option} is replaced by the watched cluster")
            if shell.label:
                runs[-1].texts.append(shell.shown)
            elif shell.why:
                place = f"on {shell.host}" if shell.host else "for a shell"
                runs[-1].texts.append(f"Command {place}: {shell.written}")
                self.tasks.ledger.note(line, f"shown, not runnable: {shell.why}: {shell.written[:80]}")
        runs = runs or [_Run()]
        runs[-1].texts += about
        return runs

    def _draft(self, written: str, line: int) -> StepDraft | None:
        mark = boxed(written)
        text = mark.rest if mark is not None else written
        task = self.tasks.task(text, mark.box if mark is not None else BoxMark.OPEN, line)
        return StepDraft(task) if task is not None else None

    def _details(self, blocks: Sequence[Block], draft: StepDraft, case: str = "") -> None:
        titled = case = case or case_of(draft.task.title)
        for block in marked_output(blocks):
            if isinstance(block, Fence) and len(block.lines) > MOST_COMMANDS:
                self.tasks.ledger.lose(block.lines, f"more than {MOST_COMMANDS} lines of commands are not taken")
            elif isinstance(block, Fence) and is_shell(block):
                self.tasks.ledger.take(block.lines)
                for shell in commands(block.text):
                    self._take(shell.only(case), block.lines[0], draft)
            elif isinstance(block, Paragraph) and (code := _known_command(block)):
                self.tasks.ledger.take(block.lines)
                self._take(command(code).only(case), block.lines[0], draft)
            else:
                case = titled or _case(block, case)
                self.tasks.details(block, draft.task.fields)


def _host_of(table: TableBlock, cells: Sequence[str]) -> str:
    """Return why a command of a row does not just run: its column Host or Server names where it does."""
    for header, cell in zip(table.header, cells, strict=False):
        if (
            bare(header).casefold() in _HOSTS
            and re.search(r"\w", cell)
            and not re.match(r"\W*(?:any|local)", cell, re.I)
        ):
            return f"only 'on the host {bare(cell, 60)}'"
    return ""


def _known_command(block: Paragraph) -> str:
    """Return the command that is all of a paragraph; empty for any other code, which may be a file or an output."""
    code = _CODE.match(block.text.strip())
    return code[2] if code and is_shell(Fence(code[2], block.lines)) else ""


def _case(block: Block, before: str) -> str:
    """Return why the commands after a block do not just run: by its label or last words, else as those before it."""
    if not isinstance(block, Paragraph):
        return before
    title = label_title(block) if is_label(block) else ""
    if title and (is_rollback(title) or is_branch(title)):
        return f"only '{title}'"
    return case_before(block.text) or ("" if title else before)


def _has_steps(block: Block) -> TypeGuard[Listing]:
    """Return whether a list below the heading of a step has steps with commands of their own."""
    return isinstance(block, Listing) and block.numbered and has_commands([block])
