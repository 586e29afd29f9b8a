"""Lists that are no tasks: contacts, links, and the contents of the file."""

import re
from collections.abc import Iterator

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.outline import ListEntry, Listing
from mmcockpit.core.model.checklist import Contact, Link
from mmcockpit.core.text import plain

_ADDRESS = re.compile(r"^(?:<([a-z]+://[^>\s]+)>|\[[^\]]*\]\(([^)\s]+)\)|(https?://\S+))$")
_NAMED = re.compile(r"^(\*\*|__)(.+?)\1\s*:?\s*(.*)$", re.DOTALL)
_LINKED = re.compile(r"^\[([^\[\]]+)\]\((https?://[^()\s]+)\)\s*$")
_ANCHOR = re.compile(r"\s*\[[^\[\]]*\]\(#[^()]*\)\s*")


def extra_of(entry: ListEntry, title: str) -> Link | Contact | None:
    """Return the link or contact that an entry below a heading is; None if it is neither."""
    text = entry.text.strip()
    linked, named = _LINKED.match(text), _NAMED.match(text)
    if linked:
        return Link(bare(linked[1], 400), _first(linked, 2))
    if named is None:
        return None
    name = bare(without_emoji(named[2]), 400).rstrip(":")
    address = _ADDRESS.match(named[3].strip())
    if address:
        return Link(name, _first(address, 1, 2, 3))
    return Contact(name, bare(named[3], 400)) if "contact" in title.casefold() and bare(named[3]) else None


def is_contents(block: Listing) -> bool:
    """Return whether every entry of a list is a link to a heading of the same file."""
    anchors = [_ANCHOR.fullmatch(entry.text) is not None for entry in every_entry(block) if entry.text]
    return bool(anchors) and all(anchors)


def every_entry(block: Listing) -> Iterator[ListEntry]:
    """Yield the entries of a list and of the lists below them."""
    for entry in block.entries:
        yield entry
        for below in entry.blocks:
            if isinstance(below, Listing):
                yield from every_entry(below)


def _first(match: re.Match[str], *groups: int) -> str:
    return plain(next((match[group] for group in groups if match[group]), ""), 2000)
