"""SLO signals of an import: a share of errors with a window, whatever file they come from."""

import re
from typing import Any, NamedTuple

from mmcockpit.core.words.durations import seconds
from mmcockpit.imports.alert_query import presence
from mmcockpit.imports.documents import YamlPart
from mmcockpit.imports.draft import LONGEST_ABOUT, DraftSignal, ImportDraft, title
from mmcockpit.imports.promql_shape import closed, is_single
from mmcockpit.sources.prometheus.possible import loosened
from mmcockpit.sources.prometheus.promql import selectors
from mmcockpit.sources.prometheus.promql_syntax import refusal
from mmcockpit.sources.prometheus.promql_window import PLACE, VARIABLE, window_refusal
from mmcockpit.sources.prometheus.slo import LONGEST_S, SHORTEST_S

_EXAMPLE = "5m"
RATIO_TOTAL = "vector(1)"
"""The total where the errors are a ratio already."""
_TEMPLATE = re.compile(r"\{\{-?\s*\.[wW]indow\s*-?\}\}")
_TEXTS = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`'
_RANGE = re.compile(rf"{_TEXTS}|\[\s*(\d[^\[\]:]*?)\s*\]")
_COUNTER = re.compile(r"_(?:total|count|bucket|sum)$")


class UnknownSlo(ValueError):
    """An SLO has no equivalent, with the reason."""


class Objective(NamedTuple):
    """An SLO: the objective in percent, the window, and the queries of errors and of all events with `[$window]`."""

    name: str
    service: str
    objective: float
    window: str
    errors: str
    total: str
    about: str
    links: tuple[str, ...] = ()


def add_slo(slo: Objective, draft: ImportDraft) -> None:
    """Add the signal of an SLO; UnknownSlo if the signal cannot have these values."""
    if not 1 < slo.objective < 100:
        raise UnknownSlo(f"objective {slo.objective:g} must be more than 1 and less than 100 percent")
    if not SHORTEST_S <= seconds(slo.window) <= LONGEST_S:
        raise UnknownSlo(f"window {slo.window} is not between 5d and 366d")
    prefixed = bool(slo.service) and not slo.name.startswith(slo.service)
    keys: dict[str, Any] = {
        "title": title(f"{slo.service} {slo.name}" if prefixed else slo.name),
        "slo": {"objective": slo.objective, "window": slo.window, "errors": slo.errors, "total": slo.total},
    }
    if slo.about:
        keys["about"] = slo.about[:LONGEST_ABOUT]
    wanted = f"{slo.service}-{slo.name}" if prefixed else slo.name
    draft.add(DraftSignal(draft.name(wanted), title(slo.service or "SLO"), keys, slo.links))


def templated(query: str) -> str:
    """Return a query of Sloth with `[$window]` for its `{{.window}}`; UnknownSlo if that cannot be PromQL."""
    text = _TEMPLATE.sub(VARIABLE, query).strip()
    if "{{" in text:
        raise UnknownSlo("its query has a template other than {{.window}}")
    if VARIABLE not in text:
        raise UnknownSlo("its query does not use {{.window}}")
    return _checked(text)


def ranged(query: str, counter: bool | None, part: YamlPart, draft: ImportDraft) -> str:
    """Return a query over the window: `[{{.window}}]`, a fixed range, or a counter without one; else UnknownSlo.

    It may have several series.
    """
    text = _TEMPLATE.sub(VARIABLE, query).strip()
    if VARIABLE in text:
        return _checked(text)
    mistake = refusal(text)
    if mistake is not None:
        raise UnknownSlo(f"its query is not PromQL: {mistake[2]}")
    fixed = [match[1] for match in _RANGE.finditer(text) if match[1]]
    if fixed:
        draft.note(part, f"the range {', '.join(dict.fromkeys(fixed))} of the query becomes the window of each rule")
        replaced = _RANGE.sub(lambda match: f"[{VARIABLE}]" if match[1] else match[0], text)
        return _checked(replaced)
    return _checked(_rate(text, counter))


def _rate(text: str, counter: bool | None) -> str:
    """Return the rate of a counter that is queried without a range: a selector, or the sum of one."""
    from promql_parser import parse

    node: Any = parse(text)
    inner = node.expr if type(node).__name__ == "AggregateExpr" and str(node.op) == "sum" else node
    while type(inner).__name__ == "ParenExpr":
        inner = inner.expr
    if type(inner).__name__ != "VectorSelector":
        raise UnknownSlo("its query has no range: write rate(…[{{.window}}])")
    if counter is False or (counter is None and not _COUNTER.search(inner.name or "")):
        raise UnknownSlo("its query is not a counter: write rate(…[{{.window}}])")
    return f"sum(rate({inner.prettify()}[{VARIABLE}]))"


def with_zero(text: str) -> str:
    """Return a query of one outcome that is 0 while no series has this outcome, such as an error, but others have one.

    A query of several selectors stays as it is: what a missing one means depends on the query.
    """
    found = selectors(_example(text))
    if len(found) != 1 or not is_single(_example(text)) or loosened(found[0]) in ("", found[0].text):
        return text
    return f"{text}\nor 0 * {presence(found).replace(f'[{_EXAMPLE}]', f'[{VARIABLE}]')}"


def difference(total: str, good: str) -> str:
    """Return the events that are not good; never negative, because counters are scraped and rounded one by one."""
    return f"clamp_min(({closed(total)}) - ({closed(with_zero(good))}), 0)"


def aggregated(text: str, function: str) -> str:
    """Return a query of one series: one that has several is aggregated."""
    return text if is_single(_example(text)) else f"{function}({closed(text)})"


def _checked(text: str) -> str:
    if VARIABLE in PLACE.sub("", text):
        raise UnknownSlo("its window is used outside of a range")
    mistake = window_refusal(text)
    if mistake is not None:
        raise UnknownSlo(f"its query is not PromQL: {mistake[2]}")
    return text


def _example(text: str) -> str:
    return text.replace(VARIABLE, _EXAMPLE)
