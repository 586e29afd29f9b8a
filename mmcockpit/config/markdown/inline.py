"""The inline marks of Markdown and HTML, taken out of a text: emphasis, code, links, footnotes, comments."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mmcockpit.core.text import plain

_TAG_NAMES = (
    "a abbr b big blockquote br center code del details div em font h1 h2 h3 h4 h5 h6 hr i img input ins kbd label li"
    " mark ol p pre q s samp small span strike strong sub summary sup table tbody td th thead tr tt u ul var"
)
_TAGS = re.compile(rf"</?(?:{'|'.join(_TAG_NAMES.split())})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(.*?)(?:-->|$)", re.DOTALL)
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_TARGET = r"(?:[^()<>\s]|\([^()\s]*\))"
"""A character of an address, or a part of it in parentheses."""
_IMAGE = re.compile(rf"!\[([^\[\]]*)\]\({_TARGET}*(?:\s[^()]*)?\)")
_LINK = re.compile(rf"\[([^\[\]]+)\]\(<?({_TARGET}+)>?(?:\s[^()]*)?\)")
_PAGE = re.compile(r"\[\[(?:[^\[\]|]+\|)?([^\[\]|]+)\]\]")
"""A link to a page of the same wiki: `[[page|text]]`."""
_SPAN = re.compile(r"\[([^\[\]]*)\]\{[.#][^{}]*\}")
"""A text with attributes, as pandoc writes it: `[text]{.mark}`."""
_BY_NAME = re.compile(r"\[([^\[\]^]+)\]\[([^\[\]]*)\]")
_SHORT = re.compile(r"\[([^\[\]^]+)\](?![(\[:])")
_DELETED = re.compile(r"</?(?:del|s|strike)>", re.IGNORECASE)
_APART = re.compile(
    r"</?(?:br|p|div|li|ul|ol|summary|details|td|th|tr|table|blockquote|hr|h[1-6])(?:\s[^<>]*)?/?>", re.IGNORECASE
)
"""A tag that keeps the words around it apart."""
_AUTOLINK = re.compile(r"<((?:https?|ftp)://[^<>\s]+|[^<>\s@]+@[^<>\s@]+)>")
_URL = re.compile(r"https?://[^\s<>()\[\]\"']+[^\s<>()\[\]\"'.,;:!?]")
_NOTE = re.compile(r"\s*\^\[([^\[\]]+)\]")
"""A footnote with its text: `^[text]`."""
_FOOTNOTE = re.compile(r"\s*\[\^([^\]\s]+)\]")
_EMPHASIS = re.compile(
    r"(?<!\s)\*{1,3}|\*{1,3}(?!\s)|(?<![\w\s])_{1,3}|(?<!\w)_{1,3}(?!\s)|(?<!\s)_{1,3}(?!\w)|~~|==(?=\w)|(?<=\w)=="
)
"""Marks of emphasis; between spaces they are signs: `2 * 3`."""
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_SHORT_CODE = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?![\w:])")
"""An emoji by name: `:rocket:`."""
_KEPT = re.compile("\ue000(\\d+)\ue001")
_STRUCK = re.compile(r"~~(?=[^~]).+~~", re.DOTALL)
_MARKED = re.compile("[*_`<>\\[\\]&~=:!\\\\\ue000\ue001]")
"""A character without which a text has no marks."""
_PRIVATE = re.compile("[\ue000\ue001]")


@dataclass(slots=True)
class Inline:
    """A text without marks, and what its marks contained."""

    text: str
    links: list[str] = field(default_factory=list)
    """Addresses, without those inside the file."""
    footnotes: list[str] = field(default_factory=list)
    """Names of footnotes."""
    asides: list[str] = field(default_factory=list)
    """Texts of footnotes that are in their place."""
    comments: list[str] = field(default_factory=list)
    used: list[int] = field(default_factory=list)
    """Lines of the addresses that it names."""
    struck: bool = False
    """Whether all of it is crossed out."""


References = Mapping[str, tuple[int, str]]
"""Name of an address in lower case to its line and the address: `[text][name]`."""


def inline(written: str, references: References | None = None, limit: int = 4096) -> Inline:
    """Return a text as people read it, without marks."""
    if not _MARKED.search(written):
        return Inline(plain(written, limit))
    return _Reading(references or {}).read(written, limit)


class _Reading:
    """Takes the marks out of one text; code, escaped characters and addresses are kept as they are."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._result = Inline("")
        self._kept: list[str] = []

    def read(self, written: str, limit: int) -> Inline:
        text = _PRIVATE.sub("", written)[: 4 * limit]
        text = _CODE.sub(lambda match: self._keep(match[2].strip()), text)
        text = _DELETED.sub("~~", _COMMENT.sub(self._comment, text))
        text = _IMAGE.sub(r"\1", _SPAN.sub(r"\1", _PAGE.sub(r"\1", _APART.sub(" ", text))))
        text = _LINK.sub(lambda match: self._linked(match[1], match[2]), text)
        text = _NOTE.sub(self._aside, text)
        text = _SHORT.sub(self._named, _BY_NAME.sub(self._named, text))
        text = _AUTOLINK.sub(lambda match: self._keep(self._linked(match[1], match[1])), text)
        text = _FOOTNOTE.sub(self._footnote, text)
        text = _ESCAPE.sub(lambda match: self._keep(match[1]), _TAGS.sub("", text))
        text = _URL.sub(lambda match: self._keep(self._linked(match[0], match[0])), text)
        self._result.struck = _STRUCK.fullmatch(text.strip()) is not None
        text = html.unescape(_SHORT_CODE.sub("", _EMPHASIS.sub("", text)))
        self._result.text = plain(_KEPT.sub(lambda match: self._kept[int(match[1])], text), limit)
        return self._result

    def _keep(self, text: str) -> str:
        self._kept.append(text)
        return f"\ue000{len(self._kept) - 1}\ue001"

    def _linked(self, title: str, address: str) -> str:
        if "://" in address or address.startswith("mailto:"):
            self._result.links.append(address)
        return title

    def _comment(self, match: re.Match[str]) -> str:
        self._result.comments.append(plain(match[1], 200))
        return " "

    def _aside(self, match: re.Match[str]) -> str:
        self._result.asides.append(bare(match[1]))
        return ""

    def _footnote(self, match: re.Match[str]) -> str:
        self._result.footnotes.append(match[1])
        return ""

    def _named(self, match: re.Match[str]) -> str:
        name = (match[2] if match.re is _BY_NAME else "") or match[1]
        line, address = self._references.get(name.casefold(), (0, ""))
        if not address:
            return match[0]
        self._result.used.append(line)
        return self._linked(match[1], address)


def bare(written: str, limit: int = 4096) -> str:
    """Return a text without marks."""
    return inline(written, None, limit).text
