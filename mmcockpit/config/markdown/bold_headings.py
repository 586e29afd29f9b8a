"""Headings of files that have none: lines in bold, as documents that were pasted have them."""

from mmcockpit.config.markdown.blocks import Heading, Paragraph
from mmcockpit.config.markdown.outline import BOLD_LINE, heading_title


def with_bold_headings(root: Heading) -> Heading:
    """Return the outline of a file, with its lines in bold as headings if it has several of them, and no heading."""
    if not root.below:
        root.below = _bold_headings(root)
    return root


def _bold_headings(root: Heading) -> list[Heading]:
    """Move the blocks of a file without headings below its lines in bold, if there are several, and return those.

    The first one is the title of the file if the next one follows at once.
    """
    blocks = root.blocks
    bold = [n for n, block in enumerate(blocks) if isinstance(block, Paragraph) and BOLD_LINE.match(block.text)]
    if len(bold) < 2:
        return []
    titled = bold[:2] == [0, 1]
    root.blocks = blocks[: bold[0]]
    headings = []
    for start, end in zip(bold, [*bold[1:], len(blocks)], strict=True):
        title = blocks[start]
        assert isinstance(title, Paragraph)
        level = 1 if titled and not start else 2
        headings.append(Heading(level, heading_title(title.text), title.lines[0], blocks[start + 1 : end]))
    if not titled:
        return headings
    headings[0].below = headings[1:]
    return headings[:1]
