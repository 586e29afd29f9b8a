"""The layout of a cockpit file that names none: made from its signals, its checklist and its procedures."""

from collections.abc import Iterator, Mapping, Sequence

from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.core.model.signal import Signal

NAME = "automatic"

TAG_ORDER = ("headline", "errors", "latency", "traffic", "saturation")
"""Signals with one of these tags come before all others, in this order."""

_GROUPS: tuple[tuple[str, frozenset[str]], ...] = (
    ("rollout", frozenset({"kubernetes.rollout", "kubernetes.argo_rollout", "kubernetes.flagger_canary"})),
    ("pods", frozenset({"kubernetes.pods"})),
    ("alerts", frozenset({"alertmanager.alerts", "alertmanager.silences"})),
    ("redis", frozenset({"redis"})),
    ("postgres", frozenset({"postgres"})),
    ("endpoints", frozenset({"http", "dns"})),
)
"""Panel kinds, and the source kinds or probes (`kind.probe`) whose signals each one shows."""

_DELIVERY = frozenset({"kubernetes.argo_application", "kubernetes.argo_analysis", "kubernetes.flux", "kubernetes.helm"})
"""Probes whose signals share one table: what Argo, Flux and Helm deliver."""

_WIDE = ("rollout", "delivery", "pods", "alerts")
"""The panels of signals that have a place in the widest arrangement; the others are opened by number."""


def automatic_layout(
    checklist: Checklist, signals: Sequence[Signal], aborts: Sequence[Abort], kinds: Mapping[str, str]
) -> Layout:
    """Return a layout in which every signal has a place; `kinds` are the kinds of the sources by name.

    The signals of abort rules come first and are charted, then the others by tag and by source.
    """
    ordered = by_importance(signals, aborts)
    charted = _charted(ordered, aborts)
    panels = [PanelSpec("checklist", "checklist")] if checklist.phases else []
    if ordered:
        panels.append(PanelSpec("signals", "stat", signals=tuple(signal.name for signal in ordered)))
        panels.append(PanelSpec("chart", "chart", signals=charted[:1], follow=True))
    panels += [PanelSpec("detail", "detail"), PanelSpec("decision", "decision"), PanelSpec("log", "log")]
    panels += [PanelSpec("aborts", "chart", "Abort signals", charted)] if len(charted) > 1 else []
    panels += _groups(ordered, kinds)
    panels += [PanelSpec("links", "links")] if checklist.contacts or checklist.links else []
    panels += [PanelSpec("procedures", "procedures")] if checklist.procedures else []
    return Layout(NAME, tuple(panels), tuple(_arrangements({panel.id for panel in panels})))


def by_importance(signals: Sequence[Signal], aborts: Sequence[Abort]) -> list[Signal]:
    """Return the signals of abort rules, then the tagged ones in the order of TAG_ORDER, then the others by source."""
    rules = {abort.signal: n for n, abort in reversed(list(enumerate(aborts)))}
    sources = {name: n for n, name in enumerate(dict.fromkeys(signal.source for signal in signals))}
    # Combinations repeat what their members show.
    sources["session"] = len(sources)
    sources["procedures"] = len(sources)

    def rank(signal: Signal) -> tuple[int, int, int]:
        tags = [TAG_ORDER.index(tag) for tag in signal.tags if tag in TAG_ORDER]
        tag = min(tags) if tags else len(TAG_ORDER) + (not signal.tags)
        return rules.get(signal.name, len(rules) + 1), tag, sources[signal.source]

    return sorted(signals, key=rank)


def _charted(ordered: Sequence[Signal], aborts: Sequence[Abort]) -> tuple[str, ...]:
    """Return the signals that are charted: those of abort rules; without any, the first one that is a number."""
    rules = {abort.signal for abort in aborts}
    numbers = [one for one in ordered if one.rule.numeric]
    chosen = [one for one in ordered if one.name in rules] or numbers[:1] or ordered[:1]
    return tuple(one.name for one in chosen)


def _groups(ordered: Sequence[Signal], kinds: Mapping[str, str]) -> Iterator[PanelSpec]:
    grouped: set[str] = set()
    for kind, wanted in _GROUPS:
        names = tuple(signal.name for signal in ordered if wanted & _probe(signal, kinds))
        grouped.update(names)
        if names:
            yield PanelSpec(kind, kind, signals=names)
    delivered = tuple(signal.name for signal in ordered if _DELIVERY & _probe(signal, kinds))
    if delivered:
        yield PanelSpec("delivery", "table", "Delivery", delivered)
    lists = tuple(signal.name for signal in ordered if signal.shape.listed and signal.name not in grouped)
    if lists:
        yield PanelSpec("lists", "table", "Lists", lists)


def _probe(signal: Signal, kinds: Mapping[str, str]) -> frozenset[str]:
    kind = kinds.get(signal.source, signal.source)
    return frozenset({kind, f"{kind}.{signal.probe}"})


def _arrangements(panels: set[str]) -> Iterator[Arrangement]:
    """Yield the arrangements from small to large, of the panels that exist."""

    def columns(*wanted: tuple[int, list[Slot]]) -> tuple[LayoutColumn, ...]:
        placed = [(share, tuple(slot for slot in slots if slot.panel in panels)) for share, slots in wanted]
        return tuple(LayoutColumn(slots, share) for share, slots in placed if slots)

    first = "checklist" if "checklist" in panels else "signals" if "signals" in panels else "log"
    under = Slot("detail", rows=5)
    yield Arrangement(0, columns((1, [Slot(first)])))
    yield Arrangement(40, columns((1, [Slot(first)])), 16, (under,))
    signals = [Slot("signals", 1)] if first == "checklist" else [Slot("chart", 1)]
    log = (Slot("log", rows=3),) if first != "log" else ()
    yield Arrangement(80, columns((1, [Slot(first)]), (1, [*signals, Slot("detail", 1)])), 20, log)
    beside = [*([Slot("signals", 4)] if first == "checklist" else []), Slot("chart", 4), Slot("detail", 3)]
    log = (Slot("log", rows=6),) if first != "log" else ()
    yield Arrangement(120, columns((1, [Slot(first)]), (1, beside)), 30, log)
    left = [Slot(first, 2), Slot("detail", 1)]
    middle = [Slot("chart", 4), Slot("aborts", 3), *([Slot("log", 3)] if first != "log" else [])]
    right = [
        *([Slot("signals", 3)] if first == "checklist" else []),
        *(Slot(name, 2) for name in _WIDE),
        Slot("decision", 2),
    ]
    yield Arrangement(160, columns((3, left), (3, middle), (3, right)), 40)
