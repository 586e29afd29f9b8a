"""Renders the status page: the part that changes, the page that follows it live, and a page that is a file."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mmcockpit.core.text import clean
from mmcockpit.status.page import StatusPage

MARK = "<!doctype html>\n<!-- mmcockpit status -->"
"""The first characters of a page: a file is recognised by them before it is overwritten."""

REFRESH_S = 60
"""Seconds after which a browser loads a page that is a file again."""


def body(page: StatusPage) -> str:
    """Return the part of the page that changes, as HTML."""
    return _environment().get_template("body.html.j2").render(page=page)


def live_page() -> tuple[str, str]:
    """Return the page that follows a session, which contains nothing of it, and its Content-Security-Policy."""
    style, script = _source("style.css"), _source("live.js")
    policy = f"{_policy(style)}; script-src '{_hash(script)}'; connect-src 'self'; frame-ancestors 'none'"
    template = _environment().get_template("page.html.j2")
    return template.render(once=False, title="Go-live", style=Markup(style), script=Markup(script)), policy


def page_file(page: StatusPage) -> str:
    """Return a whole page of one moment, without scripts."""
    style = _source("style.css")
    template = _environment().get_template("page.html.j2")
    return template.render(
        once=True,
        policy=_policy(style),
        refresh=REFRESH_S,
        title=f"{page.headline} · {page.name}",
        style=Markup(style),
        body=Markup(body(page)),
        at=page.at,
    )


def _policy(style: str) -> str:
    return f"default-src 'none'; style-src '{_hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("mmcockpit.status"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )


def _cleaned(value: Any) -> Any:
    return value if isinstance(value, Markup) else clean(str(value))


def _source(name: str) -> str:
    environment = _environment()
    source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
    return source
