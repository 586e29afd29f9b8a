"""What a discoverer found: sources, signals, checklist items and links, and what is missing with the reason."""

from collections.abc import Iterable
from typing import Any

import msgspec

BEFORE, ROLLOUT, VERIFY = "before", "rollout", "verify"
"""The phases of a written checklist: before the change, the change, and the check of its effect."""


FIRING = '{0} + (size(value) == 1 ? " fires" : " and " + string(size(value) - 1) + " more fire")'
"""The message of a list of alerts, formatted with the expression of the first one's name."""


class FoundSource(msgspec.Struct, frozen=True):
    """A source of the written cockpit file; secrets in `options` are references, such as {"env": "REDIS_URL"}.

    `unanswered` is why it did not respond: it is written commented out.
    """

    name: str
    kind: str
    options: dict[str, Any] = {}
    comment: str = ""
    unanswered: str = ""


class FoundSignal(msgspec.Struct, frozen=True):
    """A signal of the written cockpit file.

    `comment` is why it has this limit, or why it has none; `more` are further keys of the signal as they are written,
    such as {"empty": "value"}. With `abort_for`, a duration, its failure advises ROLLBACK. `unanswered` is why it has
    no data now: it is written commented out. `seen` is whether the discoverer read the same data: then it is
    written even if the budget does not allow its poll.
    """

    name: str
    title: str
    source: str
    probe: str
    args: Any = None
    passing: str = ""
    warn: str = ""
    persist: int = 1
    unit: str = ""
    tags: tuple[str, ...] = ()
    informational: bool = False
    comment: str = ""
    fresh: str = ""
    section: str = ""
    more: dict[str, Any] = {}
    abort_for: str = ""
    baseline: bool = False
    unanswered: str = ""
    seen: bool = False


class FoundItem(msgspec.Struct, frozen=True):
    """An item of the written checklist, in one of the phases BEFORE, ROLLOUT and VERIFY; `hold` is a duration."""

    title: str
    section: str
    phase: str
    signal: str = ""
    comment: str = ""
    hold: str = ""


class FoundUse(msgspec.Struct, frozen=True):
    """A pack that the written cockpit file uses, with the keys of its entry beside `pack`.

    `subject` is the workload or release that it rolls back, `procedures` are the ids of those that abort rules queue.
    """

    pack: str
    options: dict[str, Any] = {}
    comment: str = ""
    subject: str = ""
    procedures: tuple[str, ...] = ()


class FoundLink(msgspec.Struct, frozen=True):
    """A link of the written checklist."""

    title: str
    url: str


class NotFound(msgspec.Struct, frozen=True):
    """Something that was not found, or may not be listed; the reason does not change from one run to the next."""

    section: str
    what: str
    reason: str


class Findings(msgspec.Struct, frozen=True):
    """All findings of one or more discoverers; `requests` is how many requests they needed."""

    sources: tuple[FoundSource, ...] = ()
    signals: tuple[FoundSignal, ...] = ()
    items: tuple[FoundItem, ...] = ()
    missing: tuple[NotFound, ...] = ()
    requests: int = 0
    links: tuple[FoundLink, ...] = ()
    uses: tuple[FoundUse, ...] = ()


def together(findings: Iterable[Findings]) -> Findings:
    """Return several findings as one; a signal whose name an earlier one has gets the name of its source, too."""
    taken = set[str]()
    parts = [_renamed(part, taken) for part in findings]
    return Findings(
        tuple(source for part in parts for source in part.sources),
        tuple(signal for part in parts for signal in part.signals),
        tuple(item for part in parts for item in part.items),
        tuple(missing for part in parts for missing in part.missing),
        sum(part.requests for part in parts),
        tuple(link for part in parts for link in part.links),
        tuple(use for part in parts for use in part.uses),
    )


def _renamed(part: Findings, taken: set[str]) -> Findings:
    names = dict[str, str]()
    for signal in part.signals:
        wanted = [
            signal.name,
            f"{signal.source}_{signal.name}",
            *(f"{signal.name}_{number}" for number in range(2, 999)),
        ]
        names[signal.name] = next(name for name in wanted if name not in taken)
        taken.add(names[signal.name])
    return msgspec.structs.replace(
        part,
        signals=tuple(msgspec.structs.replace(signal, name=names[signal.name]) for signal in part.signals),
        items=tuple(msgspec.structs.replace(item, signal=names.get(item.signal, item.signal)) for item in part.items),
    )
