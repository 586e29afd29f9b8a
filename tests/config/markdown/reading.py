"""Markdown texts as imported checklists, for the tests."""

import textwrap

from mmcockpit.config.markdown.reader import checked, read_markdown
from mmcockpit.config.markdown.result import Imported
from mmcockpit.core.model.checklist import Checklist, Item


def imported(text: str, *, plain_lists: bool = False, level: str = "") -> Imported:
    """Import a text, without the indentation of a test."""
    return read_markdown(textwrap.dedent(text), "list.md", plain_lists=plain_lists, level=level)


def parse(text: str, file: str) -> Checklist:
    """Return the checklist of a text; FileError for mistakes."""
    return checked(read_markdown(text, file), file)


def items(text: str) -> list[Item]:
    """Return the items of a text of which every line is taken."""
    result = imported(text)
    assert [str(note) for note in result.lost] == []
    return list(result.checklist.items)


def titles(result: Imported) -> dict[str, list[str]]:
    """Return the titles of the items by section, as `phase / section`."""
    return {
        f"{phase.title} / {section.title}": [item.title for item in section.items]
        for phase in result.checklist.phases
        for section in phase.sections
    }
