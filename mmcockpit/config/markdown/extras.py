"""Lists and tables that are no tasks: contacts, links, and the contents of the file."""

import re
from collections.abc import Iterator

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import Lines, ListEntry, Listing, TableBlock
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.tables.cells import cell_at, header_name
from mmcockpit.core.model.checklist import Contact, Link
from mmcockpit.core.text import plain

_URL = r"https?://\S+"
_ADDRESS = re.compile(rf"^(?:<([a-z]+://[^>\s]+)>|\[[^\]]*\]\(([^)\s]+)\)|({_URL}))$")
_NAMED = re.compile(r"^(\*\*|__)(.+?)\1\s*[:\u2013\u2014-]?\s*(.*)$", re.DOTALL)
_PLAIN = re.compile(r"^([^:<\[\n]{1,60}?)\s*(?::|\s[\u2013\u2014-])\s+(\S.*)$", re.DOTALL)
"""A name without emphasis before its value: `Repository: https://git.example.com`."""
_LINKED = re.compile(r"^\[([^\[\]]+)\]\((https?://(?:[^()\s]|\([^()\s]*\))+)\)\s*$")
_NAMES = frozenset(["name", "names", "contact", "contacts", "phone", "email", "e-mail", "slack", "pager", "channel"])
_ANCHOR = re.compile(r"\s*\[[^\[\]]*\]\(#[^()]*\)\s*(?:[-:(\u2013\u2014].*)?", re.DOTALL)
"""A link to a heading of the same file, with a description of that."""


def extra_of(written: str, title: str) -> Link | Contact | None:
    """Return the link or contact that an entry below a heading is; None if it is neither."""
    text = written.strip()
    linked, alone = _LINKED.match(text), _ADDRESS.match(text)
    if linked:
        return Link(bare(linked[1], 400), _first(linked, 2))
    if alone and not alone[2]:
        url = _first(alone, 1, 3)
        return Link(url.partition("://")[2].rstrip("/"), url)
    named, simple = _NAMED.match(text), _PLAIN.match(text)
    name, value = (named[2], named[3]) if named else (simple[1], simple[2]) if simple else ("", "")
    name = bare(without_emoji(name), 400).rstrip(":")
    address = _ADDRESS.match(value.strip())
    if address and name:
        return Link(name, _first(address, 1, 2, 3))
    return Contact(name, bare(value, 400)) if name and "contact" in title.casefold() and bare(value) else None


def table_contacts(table: TableBlock) -> list[Contact]:
    """Return the contacts of a table with a column of roles and one of names; empty for any other table."""
    headers = [header_name(cell) for cell in table.header]
    role = next((n for n, name in enumerate(headers) if field_kind(name) == "role" and name not in _NAMES), None)
    names = [n for n, name in enumerate(headers) if name in _NAMES and n != role]
    if role is None or not names:
        return []
    contacts = []
    for _, cells in table.rows:
        known = [text for n in names if (text := bare(cell_at(cells, n)))]
        more = [
            f"{bare(table.header[n])}: {text}"
            for n in range(len(headers))
            if n != role and n not in names and (text := bare(cell_at(cells, n)))
        ]
        if bare(cell_at(cells, role)) and known:
            contacts.append(Contact(bare(cell_at(cells, role)), ", ".join([*known, *more])))
    return contacts


def is_contents(block: Listing) -> bool:
    """Return whether every entry of a list is a link to a heading of the same file."""
    anchors = [_ANCHOR.fullmatch(entry.text) is not None for entry in every_entry(block) if entry.text]
    return bool(anchors) and all(anchors)


def lines_of(block: Listing) -> Lines:
    """Return the lines of a list, to that of its last entry."""
    lines = [line for entry in every_entry(block) for line in entry.lines]
    return range(lines[0], lines[-1] + 1)


def every_entry(block: Listing) -> Iterator[ListEntry]:
    """Yield the entries of a list and of the lists below them."""
    for entry in block.entries:
        yield entry
        for below in entry.blocks:
            if isinstance(below, Listing):
                yield from every_entry(below)


def _first(match: re.Match[str], *groups: int) -> str:
    return plain(next((match[group] for group in groups if match[group]), ""), 2000)
