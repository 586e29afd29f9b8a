"""What an answer of Prometheus' API says about itself: notes about a whole result, or that data is missing.

Warnings are notes of the engine where they begin as Prometheus writes those; whatever else they say counts as missing
data: Thanos names stores that did not answer, Cortex says `query result may contain partial data`, a Prometheus that
reads from others names those, a listing says that it was truncated. VictoriaMetrics sets `isPartial`, M3 a header.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_ENGINE = ("PromQL info:", "PromQL warning:")
"""How notes of the engine begin in `warnings`, where Prometheus 2.48 to 2.54, Thanos and Mimir put them."""

_LIMITED = ("M3-Results-Limited",)
"""Headers that name the limit by which a result was cut."""


def sorted_notes(warnings: Sequence[str], infos: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the warnings that say, or may say, that data is missing, and the notes about a whole result."""
    engine = [text for text in warnings if text.lstrip().startswith(_ENGINE)]
    return [text for text in warnings if text not in engine], [*infos, *engine]


def missing_data(warnings: Sequence[str], marks: Sequence[Any], headers: Mapping[str, str]) -> str:
    """Return why a result is partial in the server's own words, empty for a whole one."""
    limits = [f"{name}: {headers[name]}" for name in _LIMITED if headers.get(name, "").lower() not in ("", "false")]
    marked = ["isPartial is true"] if any(mark not in (None, False, "false") for mark in marks) else []
    found = [*warnings, *limits, *marked]
    if not found:
        return ""
    others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"partial answer: {found[0]}{others}"
