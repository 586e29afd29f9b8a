"""Headings and entries of lists that are written in HTML."""

import re

from mmcockpit.config.markdown.boxes import boxed
from mmcockpit.config.markdown.line_forms import outside_fences

_HEADING = re.compile(r"^ {0,3}<h([1-6])(?:\s[^<>]*)?>\s*(\S.*?)\s*</h\1>\s*$", re.IGNORECASE)
_ENTRY = re.compile(r"^(\s*)<li(?:\s[^<>]*)?>\s*(\S.*?)\s*(?:</li>)?\s*$", re.IGNORECASE)


def html_lines(lines: list[str]) -> None:
    """Replace lines that are headings, or entries with boxes, in HTML by those of Markdown."""
    for n in outside_fences(lines):
        if "<" not in lines[n]:
            continue
        heading, entry = _HEADING.match(lines[n]), _ENTRY.match(lines[n])
        if heading:
            lines[n] = f"{'#' * int(heading[1])} {heading[2]}"
        elif entry and boxed(entry[2]) is not None:
            lines[n] = f"{entry[1]}- {entry[2]}"
