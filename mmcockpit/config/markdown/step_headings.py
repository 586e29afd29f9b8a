"""Headings that are the steps of a procedure, and the commands below them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import Block, Fence, Heading, Listing, Paragraph, TableBlock
from mmcockpit.config.markdown.headings import is_condition, is_numbered, is_rollback, may_be_step
from mmcockpit.config.markdown.labels import is_label, label_title
from mmcockpit.config.markdown.shell.commands import KNOWN, SHELLS
from mmcockpit.config.markdown.shell.lines import is_prompted
from mmcockpit.config.markdown.tasks import has_box

_OUTPUT = re.compile(
    r"^[*_\s]*(?:the )?(?:(?:expected|sample|example|typical) )?(?:output|result|response)s?\b[^.]*:?[*_\s]*$"
    r"|\byou (?:should|will|would) (?:see|get)\b[^.]*$|\b(?:should|will) (?:look like|print|return|show)\b[^.]*$",
    re.IGNORECASE,
)
"""A line before what a command prints."""


def step_headings(heading: Heading) -> list[Heading]:
    """Return the headings below a heading that are the steps of one procedure; empty if none of them has a command.

    Numbers alone make steps only if no numbered heading beside them has tasks: else they number the sections.
    """
    named = [below for below in heading.below if not is_numbered(_title(below)) and _is_step(below)]
    numbered = [below for below in heading.below if is_numbered(_title(below)) and not _is_apart(below)]
    steps = [*named, *numbered] if all(map(_is_step, numbered)) else named
    runs = any(_runs(part) for step in steps for part in step_parts(step))
    return sorted(steps, key=lambda step: step.line) if runs else []


def step_parts(heading: Heading) -> Iterator[Heading]:
    """Yield the heading of a step and those below it, without the rollback of the step."""
    yield heading
    for below in heading.below:
        if not is_rollback(_title(below)):
            yield from step_parts(below)


def _is_step(heading: Heading) -> bool:
    """Return whether a heading is a step of a procedure: numbered, with text or commands, and without any task."""
    parts = list(step_parts(heading))
    blocks = [block for part in parts for block in part.blocks]
    return (
        may_be_step(_title(heading), any(map(_runs, parts)))
        and bool(blocks)
        and not any(has_box(block) or isinstance(block, TableBlock) for block in blocks)
    )


def _is_apart(heading: Heading) -> bool:
    return is_condition(_title(heading)) or is_rollback(_title(heading))


def _runs(heading: Heading) -> bool:
    return has_commands(heading.blocks)


def has_commands(blocks: Iterable[Block]) -> bool:
    """Return whether there is a block of commands among blocks, or inside the lists among them."""
    return any(isinstance(block, Fence) and is_shell(block) for block in _nested(blocks))


def marked_output(blocks: Iterable[Block]) -> list[Block]:
    """Return blocks in which code after a line such as `Expected output:` is what a command prints, and no command."""
    marked: list[Block] = []
    for block in blocks:
        before = marked[-1] if marked else None
        output = isinstance(before, Paragraph) and _OUTPUT.search(before.text.rpartition("\n")[2]) is not None
        marked.append(replace(block, language="text") if output and isinstance(block, Fence) else block)
    return marked


def with_last_code(blocks: Iterable[Block]) -> list[Block]:
    """Return blocks in which commands directly after a numbered list without boxes belong to its last entry."""
    joined: list[Block] = []
    for block in blocks:
        before = joined[-1] if joined else None
        numbered = isinstance(before, Listing) and before.numbered and not has_box(before)
        if isinstance(before, Listing) and numbered and isinstance(block, Fence) and is_shell(block):
            last = before.entries[-1]
            joined[-1] = replace(before, entries=[*before.entries[:-1], replace(last, blocks=[*last.blocks, block])])
        else:
            joined.append(block)
    return joined


def rollback_parts(blocks: Iterable[Block]) -> list[tuple[Paragraph | None, list[Block]]]:
    """Return blocks without a rollback among them, and for each label such as `**Rollback**` those after it."""
    parts: list[tuple[Paragraph | None, list[Block]]] = [(None, [])]
    part = parts[0][1]
    for block in blocks:
        if isinstance(block, Paragraph) and is_label(block):
            part = parts[0][1]
            if is_rollback(label_title(block)):
                part = []
                parts.append((block, part))
                continue
        part.append(block)
    return [part for part in parts if part[1]]


def _nested(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks, and those inside the lists among them."""
    for block in blocks:
        yield block
        if isinstance(block, Listing):
            for entry in block.entries:
                yield from _nested(entry.blocks)


def _title(heading: Heading) -> str:
    return without_emoji(heading.title)


def is_shell(fence: Fence) -> bool:
    """Return whether a block of code holds commands: by its language, or without one by its first word or prompt."""
    first = fence.text.strip()
    return fence.language in SHELLS or (not fence.language and (KNOWN.match(first) is not None or is_prompted(first)))
