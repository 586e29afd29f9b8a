"""What a response of Prometheus' API reports about itself: notes about a complete result, or missing data.

Notes of Prometheus' query engine are about a complete result, unless they report that it left out samples, as those of
float and histogram metrics that do not add up. All other warnings count as missing data: Thanos names
stores without a response, Cortex reports `query result may contain partial data`, a Prometheus with remote read names
the failed remotes, a list endpoint reports that it was truncated. VictoriaMetrics sets `isPartial`, M3 a header.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ENGINE = ("PromQL info:", "PromQL warning:")
"""Prefixes of the engine's notes in `warnings`, where Prometheus 2.48 to 2.54, Thanos and Mimir put them."""

_LEFT_OUT = re.compile(
    r"\bmix of\b|\bincompatible (?:bucket layout|sample types)|bucket label .*(?:missing|malformed)", re.IGNORECASE
)
"""Notes of the engine about samples without which it made the result (util/annotations of Prometheus)."""
_LIMITED = ("M3-Results-Limited",)
"""Headers that name the limit by which a result was cut."""


def sorted_notes(warnings: Sequence[str], infos: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the warnings that report, or may report, missing data, and the notes about a complete result."""
    missing = [text for text in warnings if not text.lstrip().startswith(_ENGINE) or _LEFT_OUT.search(text)]
    missing += [text for text in infos if text.lstrip().startswith(_ENGINE) and _LEFT_OUT.search(text)]
    return missing, [text for text in (*infos, *warnings) if text not in missing]


def missing_data(warnings: Sequence[str], marks: Sequence[Any], headers: Mapping[str, str]) -> str:
    """Return why a result is partial, in the server's own words; empty for a complete one."""
    limits = [f"{name}: {headers[name]}" for name in _LIMITED if headers.get(name, "").lower() not in ("", "false")]
    marked = ["isPartial is true"] if any(mark not in (None, False, "false") for mark in marks) else []
    notes = [*warnings, *limits, *marked]
    if not notes:
        return ""
    others = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
    return f"partial result: {notes[0]}{others}"
