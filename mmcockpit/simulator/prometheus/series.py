"""The series of the simulated production at one time, as a scraper would store them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mmcockpit.simulator.production import CHAT_ROUTES, World
from mmcockpit.simulator.prometheus.exporters import EXPORTERS
from mmcockpit.simulator.prometheus.exposition import Family, Labels
from mmcockpit.simulator.prometheus.metrics import APPLICATION, FamilyOf, Moment, application
from mmcockpit.simulator.shop.metrics import SHOP

Vector = list[tuple[Labels, float]]
"""Label sets with their values; the metric's name is the label __name__."""
_MATCHER = re.compile(r'(RT)|(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class ScrapeTarget:
    """One scraped page: a pod's slot, or an exporter if slot is None."""

    job: str
    instance: str
    path: str
    slot: int | None = None

    def page(self, world: World, at: float) -> tuple[Family, ...] | None:
        """Return the page at a time, None while the target is down."""
        if self.slot is not None:
            return page_of(self.job, world, self.slot, at)
        return tuple(EXPORTERS[self.job](world, at))

    def up(self, world: World, at: float) -> bool:
        """Return whether a scrape succeeds."""
        return self.slot is None or world.live(self.slot, at) is not None


@lru_cache(maxsize=256)
def selector(text: str) -> tuple[str, Callable[[Labels], bool]]:
    """Return the metric name of a canonical selector and a function that tests its label matchers."""
    name, _, inside = text.partition("{")
    tests: list[tuple[str, bool, re.Pattern[str]]] = []
    for chat, label, operator, value in _MATCHER.findall(inside):
        if chat:
            tests.append(("route", True, re.compile("|".join(map(re.escape, CHAT_ROUTES)))))
        else:
            pattern = re.compile(value if "~" in operator else re.escape(value))
            tests.append((label, not operator.startswith("!"), pattern))
    return name, lambda labels: all(
        (pattern.fullmatch(labels.get(label, "")) is not None) is wanted for label, wanted, pattern in tests
    )


def page_of(job: str, world: World, slot: int, at: float) -> tuple[Family, ...] | None:
    """Return the page of the pod of a service in a slot, None while its process is down."""
    return application(world, slot, at, PAGES[job])


def _rows(page: Sequence[FamilyOf]) -> Mapping[str, FamilyOf]:
    rows = {row.name: row for row in page}
    for row in page:
        if row.kind == "histogram":
            rows |= {f"{row.name}_{suffix}": row for suffix in ("bucket", "count", "sum")}
    return rows


PAGES: Mapping[str, Sequence[FamilyOf]] = {"modelmuxer": APPLICATION, "shop": SHOP}
"""The metrics of a service's pods, by its job."""
_ROW_OF = {job: _rows(page) for job, page in PAGES.items()}


def _families(target: ScrapeTarget, world: World, at: float, name: str) -> Iterator[Family]:
    """Yield the families of a target that can contain series of a name; all of them if it is empty."""
    if not name:
        yield from target.page(world, at) or ()
        return
    if target.slot is None:
        yield from (family for family in EXPORTERS[target.job](world, at) if family.name == name)
        return
    row, life = _ROW_OF[target.job].get(name), world.live(target.slot, at)
    if row is not None and life is not None:
        yield row.family(Moment(world, life, at, world.counters(life, at)))


def instant(world: World, targets: Sequence[ScrapeTarget], text: str, at: float) -> Vector:
    """Return the samples that a canonical selector selects at a time; it may omit the metric name."""
    name, matches = selector(text)
    vector: Vector = []
    for target in targets:
        where = {"instance": target.instance, "job": target.job}
        if name in ("up", ""):
            labels = {"__name__": "up", **where}
            vector += [(labels, float(target.up(world, at)))] if matches(labels) else []
        for family in _families(target, world, at, name):
            for sample in family.samples:
                labels = {"__name__": sample.name, **sample.labels, **where}
                if name in (sample.name, "") and matches(labels):
                    vector.append((labels, float(sample.value)))
    return vector


def names(world: World, targets: Sequence[ScrapeTarget], at: float) -> list[str]:
    """Return the names of all series."""
    names = {"up"}
    for target in targets:
        for family in target.page(world, at) or ():
            names |= {sample.name for sample in family.samples}
    return sorted(names)
