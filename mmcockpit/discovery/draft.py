"""The findings of one discoverer while it collects them."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from mmcockpit.config.text.slug import LONGEST_ID, UniqueNames
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.discovery.findings import Findings, FoundItem, FoundLink, FoundSignal, FoundSource, FoundUse, NotFound

Found = TypeVar("Found")
_BETWEEN = re.compile(r"[^A-Za-z0-9]+")


class _SignalNames:
    """Makes names of signals that are unique in one discovery."""

    def __init__(self) -> None:
        self._names = UniqueNames("_")

    def take(self, *words: str) -> str:
        """Return words as a name: `shop-api`, `rollout` is shop_api_rollout; the second of a name gets _2."""
        *first, last = (_BETWEEN.sub("_", word).strip("_").lower() for word in words)
        # The last word, what is watched, is kept whole; some characters are left for a number.
        begin = "_".join(first)[: max(0, LONGEST_ID - 6 - len(last))].strip("_")
        base = "_".join(filter(None, (begin, last)))[: LONGEST_ID - 5]
        if not base[:1].isalpha():
            base = f"x{base}"
        return self._names.take(base)


class FindingsDraft:
    """Collects the findings about one source."""

    def __init__(self, spec: SourceSpec, comment: str = "", seen: bool = True) -> None:
        self._seen = seen
        self.source = spec.name
        self.names = _SignalNames()
        self.sources = [FoundSource(spec.name, spec.kind, spec.options, comment)]
        self.signals: list[FoundSignal] = []
        self.items: list[FoundItem] = []
        self.missing: list[NotFound] = []
        self.links: list[FoundLink] = []
        self.uses: list[FoundUse] = []

    def watch(
        self,
        named: tuple[str, ...],
        title: str,
        section: str,
        probe: str,
        args: Any = None,
        passing: str = "",
        *,
        item: tuple[str, str, str] | None = None,
        hold: str = "",
        **more: Any,
    ) -> str:
        """Add a signal, and its checklist item (phase, section, title); return the name of the signal."""
        name = self.names.take(*named)
        source = more.pop("source", self.source)
        self.signals.append(
            FoundSignal(name, title, source, probe, args, passing, section=section, seen=self._seen, **more)
        )
        if item:
            phase, heading, text = item
            self.items.append(FoundItem(text, heading, phase, name, hold=hold))
        return name

    def manual(self, phase: str, section: str, title: str, comment: str = "") -> None:
        """Add an item that a person ticks."""
        self.items.append(FoundItem(title, section, phase, comment=comment))

    def leave_out(self, section: str, what: str, reason: str) -> None:
        """Add something that gets no signal, with the reason."""
        self.missing.append(NotFound(section, what, reason))

    def first(
        self, found: list[Found], most: int, section: str, noun: str, name: Callable[[Found], str]
    ) -> list[Found]:
        """Return the first `most` of some objects, and leave out the others."""
        for other in found[most:]:
            self.leave_out(section, f"{noun} {name(other)}", f"only the first {most} have signals of their own")
        return found[:most]

    def add(self, other: "FindingsDraft") -> None:
        """Add the findings about another source, whose names are unique here."""
        self.sources += other.sources
        self.signals += other.signals
        self.items += other.items
        self.missing += other.missing

    def findings(self, requests: int = 0) -> Findings:
        """Return everything that was collected; what was left out for the same reason together."""
        together: dict[tuple[str, str], list[str]] = {}
        for one in self.missing:
            together.setdefault((one.section, one.reason), []).append(one.what)
        return Findings(
            tuple(self.sources),
            tuple(self.signals),
            tuple(self.items),
            tuple(NotFound(section, ", ".join(what), reason) for (section, reason), what in together.items()),
            requests,
            tuple(self.links),
            tuple(self.uses),
        )
