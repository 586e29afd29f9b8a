"""The summaries of details in HTML, which are the titles of the lists inside of them."""

import re
from dataclasses import dataclass, field

from mmcockpit.config.markdown.blocks import Paragraph

_TAGS = re.compile(r"<(/?)details\b[^<>]*>|<summary\b[^<>]*>(.*?)</summary>", re.DOTALL | re.IGNORECASE)


@dataclass(slots=True)
class OpenDetails:
    """The details that are open at a place, the outermost first, each with its summary or None."""

    _open: list[Paragraph | None] = field(default_factory=list)

    @property
    def summary(self) -> Paragraph | None:
        """The summary of the innermost details that have one."""
        return next((summary for summary in reversed(self._open) if summary is not None), None)

    def read(self, block: Paragraph) -> None:
        """Follow the tags in a block of HTML."""
        for tag in _TAGS.finditer(block.text):
            if tag[2] is not None:
                line = block.lines[0] + block.text[: tag.start()].count("\n")
                self._open[-1:] = [Paragraph(tag[2], range(line, line + 1))]
            elif not tag[1]:
                self._open.append(None)
            elif self._open:
                self._open.pop()
