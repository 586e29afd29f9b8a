"""The HTML and the Markdown of a report, parsed, and checks that they hold only our markup."""

from collections.abc import Iterator
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "svg", "defs", "pattern", "rect", "header", "nav", "main"),
    *("section", "article", "h1", "h2", "h3", "p", "span", "a", "b", "i", "small", "code", "time", "ul", "ol", "li"),
    *("dl", "dt", "dd", "div", "details", "summary", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "br"),
    *("pre", "figure", "figcaption", "text", "line", "path", "polyline", "circle"),
}


ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "href", "aria-hidden", "role", "viewbox"),
    *("width", "height", "patternunits", "patterntransform", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d"),
    *("points", "text-anchor", "preserveaspectratio", "open"),
}


class Tags(HTMLParser):
    """Collects every tag with its attributes, and the text outside of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def only_ours(page: str) -> None:
    """Assert that a page holds our tags and attributes, and no address but its own sections."""
    for tag, attributes in Tags(page).tags:
        assert tag in TAGS
        assert attributes.keys() <= ATTRIBUTES
        assert (attributes.get("href") or "#").startswith("#")
    assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for char in page)


OURS = ("<details>", "<summary>", "</details>", "<!-- mmcockpit report -->")
"""Markup that a Markdown report holds: nothing else in it may be HTML."""


def tokens(text: str) -> Iterator[Token]:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for token in parser.parse(text):
        yield token
        yield from token.children or ()


def only_text(markdown: str) -> None:
    """Assert that Markdown holds no link, no picture, and no HTML but ours."""
    for token in tokens(markdown):
        assert token.type not in ("link_open", "image", "s_open", "em_open"), token
        if token.type in ("html_block", "html_inline"):
            assert token.content.strip().startswith(OURS), token.content
            rest = token.content
            for mark in (*OURS, "</summary>"):
                rest = rest.replace(mark, "")
            assert "<" not in rest, token.content
