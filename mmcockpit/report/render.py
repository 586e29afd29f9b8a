"""Renders a report as Markdown, or as one self-contained HTML page."""

import re
import shlex
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mmcockpit.core.model.states import STATE_WORD
from mmcockpit.core.text import clean, plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.report.page import ReportPage
from mmcockpit.report.past import Past

Format = Literal["md", "html"]
MARKS = {"html": "<!doctype html>\n<!-- mmcockpit report -->", "md": "<!-- mmcockpit report -->"}
"""The first characters of a report: a report file is recognised by them before it is overwritten."""

LONGEST = 20_000
"""The most characters of one text in a report; a longer one ends in an ellipsis."""

_MARKDOWN = re.compile(
    r"""[\\`*\[\]|~$]          # at any place
    | (?<![A-Za-z0-9])_ | _(?![A-Za-z0-9])
    | ^[-+=\#>] | ^\d+(?=[.)](?:\s|$))   # at the beginning of a block
    """,
    re.VERBOSE,
)
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), ("@", "&#64;"), ("://", "&#58;//"), ("www.", "www&#46;"))


def render(past: Past, kind: Format) -> Iterator[str]:
    """Yield a report piece by piece, so that a long one is never in memory as a whole."""
    environment = _environment(kind)
    page = ReportPage(past)
    style = _style() if kind == "html" else ""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    template = environment.get_template(f"report.{kind}.j2")
    letters = [(f"[{state}]", word) for state, word in STATE_WORD.items()]
    return template.generate(page=page, past=past, style=Markup(style), digest=digest, letters=letters)


def escape_markdown(foreign: Any) -> str:
    """Return foreign text as one line that Markdown shows unchanged, also at the start of a block or in a table."""
    text = _MARKDOWN.sub(_escaped, plain(str(foreign), LONGEST))
    for written, entity in _ENTITIES:
        text = text.replace(written, entity)
    return text


def _escaped(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def code_block(lines: Any) -> Markup:
    """Return foreign lines as a fenced code block; the fence has more backticks than any run of them in the lines."""
    text = "\n".join(clean(str(line), LONGEST) for line in lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return Markup(f"\n{fence}text\n{text}\n{fence}\n")


@cache
def _environment(kind: Format) -> Environment:
    html = kind == "html"
    environment = Environment(
        loader=PackageLoader("mmcockpit.report"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned if html else _markdown,
    )
    environment.filters["block"] = code_block
    environment.filters["counted"] = counted
    environment.filters["shell"] = shlex.join
    return environment


def _cleaned(value: Any) -> Any:
    return value if isinstance(value, Markup) else clean(str(value), LONGEST)


def _markdown(value: Any) -> str:
    return str(value) if isinstance(value, Markup) else escape_markdown(value)


def _style() -> str:
    environment = _environment("html")
    source, _, _ = environment.loader.get_source(environment, "style.css")  # type: ignore[union-attr]
    return source
