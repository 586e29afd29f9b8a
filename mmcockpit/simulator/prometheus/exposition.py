"""Metric families and their text formats."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

Labels = Mapping[str, str]


class Sample(NamedTuple):
    """One sample: the name with its suffix, labels, value."""

    name: str
    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its samples at one time."""

    name: str
    kind: str
    about: str
    samples: tuple[Sample, ...]


def histogram(
    name: str, labels: Labels, edges: Iterable[float], counts: Iterable[int], count: int, total: float
) -> list[Sample]:
    """Return the samples of one histogram: cumulative counts per edge, +Inf, count and sum."""
    pairs = zip(edges, counts, strict=True)
    buckets = [Sample(f"{name}_bucket", {**labels, "le": str(edge)}, under) for edge, under in pairs]
    buckets.append(Sample(f"{name}_bucket", {**labels, "le": "+Inf"}, count))
    return [*buckets, Sample(f"{name}_count", labels, count), Sample(f"{name}_sum", labels, total)]


@lru_cache(maxsize=4096)
def escaped(value: str) -> str:
    """Return a label value escaped for the text format."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def series(name: str, labels: Labels) -> str:
    """Return a series as the text format and Prometheus write it."""
    pairs = ",".join(f'{key}="{escaped(value)}"' for key, value in labels.items())
    return f"{name}{{{pairs}}}" if pairs else name


def text_page(families: Iterable[Family]) -> str:
    """Return the page for a scrape (text format 0.0.4)."""
    lines: list[str] = []
    for family in families:
        lines += (f"# HELP {family.name} {family.about}", f"# TYPE {family.name} {family.kind}")
        lines += [f"{series(sample.name, sample.labels)} {float(sample.value)}" for sample in family.samples]
    return "\n".join(lines) + "\n"
