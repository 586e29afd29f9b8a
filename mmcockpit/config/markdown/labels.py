"""Labels: paragraphs that are the title of the list, table or lines with boxes after them."""

import re
from collections.abc import Sequence

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import Block, Listing, Paragraph, TableBlock
from mmcockpit.config.markdown.boxes import BoxMark, boxed, has_word_box
from mmcockpit.config.markdown.headings import is_abort_condition, is_branch, is_explanation
from mmcockpit.config.markdown.inline import bare

_LABEL = re.compile(r"^(?:(\*\*|__)[^*_\n]{1,80}\1:?|([*_])(?=[^\s*_])[^*_:\n]{1,60}(?<![.!?]):?\2:?|[^\n]{1,60}:)$")
"""A paragraph in bold or italics that is no sentence, or with a colon at its end."""
_LONGEST_CASE = 60
_ADMONITION = re.compile(
    r"^(?:(?:!!!|\?\?\?\+?|===[+!]?)[ \t]+(?:[\w-]+[ \t]+)*\"([^\"\n]+)\"|\[![\w-]+\][-+]?[ \t]+(\S[^\n]*)"
    r"|:::+[ \t]*[\w-]+[ \t]+(\S[^\n]*))[ \t]*(?=\n|$)"
)
"""The first line of a block in MkDocs, Docusaurus and Obsidian: `!!! note "Title"`, `=== "Tab"`, `[!note] Title`."""


def label_of(block: Paragraph, after: Sequence[Block]) -> Paragraph | None:
    """Return the label that a paragraph before these blocks is; None for any other paragraph."""
    following = next(iter(after), None)
    lines = isinstance(following, Paragraph) and is_boxed_line(following.text.split("\n", 1)[0])
    if not lines and not isinstance(following, Listing | TableBlock):
        return None
    admonition = _ADMONITION.match(block.text)
    if admonition:
        return Paragraph(admonition[1] or admonition[2] or admonition[3], block.lines[:1])
    return block if is_label(block) else None


def is_label(block: Block) -> bool:
    """Return whether a block is a paragraph in bold or italics, or with a colon at its end."""
    return isinstance(block, Paragraph) and (_LABEL.match(block.text.strip()) is not None or _is_case(block.text))


def _is_case(text: str) -> bool:
    """Return whether a line without a colon is a branch: `If GO`."""
    return "\n" not in text and len(text) <= _LONGEST_CASE and text.strip()[-1:] not in ".!?" and is_branch(bare(text))


def label_title(label: Paragraph) -> str:
    """Return the title that a label is."""
    return bare(without_emoji(label.text.strip()), 80).rstrip(":")


def of_abort(title: str, label: Paragraph | None) -> bool:
    """Return whether the label before a block, else its heading, is of the conditions of a rollback."""
    return is_abort_condition(title if label is None else label_title(label))


def of_explanation(title: str, label: Paragraph | None) -> bool:
    """Return whether the label before a block, else its heading, is of what is no part of the checklist."""
    return is_explanation(title if label is None else label_title(label))


def is_boxed_line(line: str) -> bool:
    """Return whether a line of a paragraph begins with the box of an item, not with a cross or a sign before prose."""
    mark = None if has_word_box(line) else boxed(line)
    return mark is not None and bool(mark.rest.strip()) and (mark.box is not BoxMark.OTHER or line.lstrip()[:1] in "[(")


def boxed_line_starts(lines: Sequence[str]) -> list[int]:
    """Return which lines of a paragraph begin an item; after the first one, those with a cross or a sign do, too."""
    starts: list[int] = []
    for n, line in enumerate(lines):
        if is_boxed_line(line) or (starts and (mark := boxed(line)) is not None and mark.rest.strip()):
            starts.append(n)
    return starts
