"""The screen's fourth line: the phases with their progress, and the open one against its plan."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from mmcockpit.core.model.time_plan import PhaseTime
from mmcockpit.core.state.item_names import target_of_item
from mmcockpit.core.words.plans.time_plan import phase_time
from mmcockpit.ui.render.text import Line, Role, Span, fit, middle_cut, pad, plain, spread, width_of

GAP = "  "
_WHOLE = 4
"""Variants of the line with the whole name of every phase: with bars, all plans, that of the open phase, none."""

BAR = 10
"""Cells of a phase's bar."""

SHORTEST = 3
"""Cells to which the names of the other phases are shortened at most."""


class _Phase(NamedTuple):
    """What the line shows of one phase; `target` is the one that its name begins with, if it has one."""

    name: str
    target: str
    done: int
    total: int
    time: str
    late: bool


def phase_line(phases: Sequence[PhaseTime], open_: int, badges: Sequence[Sequence[Span]], width: int) -> Line:
    """Return the line in `width` cells: the open phase in brackets; names of the others are shortened to fit.

    `badges`, each in variants, are shown at its end as far as there is room.
    """
    if not phases:
        return fit((), width)
    shown = (_phase(one) for one in phases)
    return _fitted(tuple(shown), open_, tuple(map(tuple, badges)), width)


def _phase(one: PhaseTime) -> _Phase:
    target = target_of_item(one.phase)
    name = plain(one.title, 40)
    return _Phase(name, target if name.startswith(target) else "", one.done, one.total, phase_time(one), one.over_s > 0)


@lru_cache(maxsize=4)
def _fitted(phases: tuple[_Phase, ...], open_: int, badges: tuple[tuple[Span, ...], ...], width: int) -> Line:
    """Return the longest line that fits; kept, because it is asked for several times a second."""
    # Badges come before the plans of phases, and after their names.
    wanted = sum(width_of(variants[-1:]) + len(GAP) for variants in badges) + 1
    lines = [*_variants(phases, open_)]
    roomy = (line for line in lines[:_WHOLE] if width_of(line) + wanted <= width)
    drawn = next(roomy, None) or next((line for line in lines if width_of(line) <= width), None)
    if drawn is None:
        return fit(_line(phases, open_, SHORTEST, 0, 14), width)
    right: list[Span] = []
    for variants in badges:
        free = width - width_of((*drawn, *right)) - len(GAP) - 1
        right += [span for one in variants if width_of((one,)) <= free for span in ((GAP, "text"), one)][:2]
    return fit(spread(drawn, (*right, (" ", "text")) if right else (), width), width)


def _variants(phases: Sequence[_Phase], open_: int) -> Iterator[Line]:
    """Yield the line from the longest to the shortest: names, then plans, then counts of later phases give way."""
    longest = max(len(phase.name) for phase in phases)
    yield from (_line(phases, open_, longest, plans, longest) for plans in (3, 2, 1, 0))
    for plans, names in ((1, (18, 12)), (0, (18, 14, 12, 10, 8))):
        for cells in names:
            yield _line(phases, open_, min(cells, longest), plans, longest)
    for cells in (12, 9, 7):
        for counted in range(len(phases) - 1, 0, -1):
            yield _line(phases, open_, cells, 0, 24, counted)
    for cells in (6, 5, 4, SHORTEST):
        yield _line(phases, open_, cells, 0, 18, 1)


def _line(phases: Sequence[_Phase], open_: int, cells: int, plans: int, own: int, counted: int | None = None) -> Line:
    """Return the line with names of at most `cells`, the open one of `own`; `counted` phases from the open one on
    have counts, all by default; `plans`: 3 all phases against their plans with a bar each, 2 without, 1 only the open
    phase, 0 none."""
    spans: list[Span] = [(" ", "text")]
    for n, phase in enumerate(phases):
        role = _role(phase, n, open_)
        count = f" {phase.done}/{phase.total}" if counted is None or open_ <= n < open_ + counted else ""
        time = phase.time if plans >= 2 or (plans == 1 and n == open_) else ""
        bar = f" {_bar(phase)}" if plans == 3 and phase.total else ""
        name = _short(phase, own if n == open_ else cells)
        text = f"{name}{bar}{count}{f' {time}' if time else ''}"
        if n == open_:
            spans.append((f"[{text}]", role))
        else:
            spans.append((text, role))
        if n + 1 < len(phases):
            spans.append((GAP, "text"))
    return tuple(spans)


def _bar(phase: _Phase) -> str:
    full = BAR * phase.done // phase.total
    return "▓" * full + "░" * (BAR - full)


def _role(phase: _Phase, index: int, open_: int) -> Role:
    if index == open_:
        return "warn" if phase.late else "strong"
    if index < open_:
        return "pass" if phase.done == phase.total else "warn"
    return "muted"


def _short(phase: _Phase, cells: int) -> str:
    """Return a name in at most `cells`: as many of its first words as fit, else cut; that of a target in its middle."""
    name = phase.name
    if len(name) <= cells:
        return name
    if len(phase.target) > cells >= SHORTEST:
        return middle_cut(phase.target, cells)
    words = name[: cells + 1].rpartition(" ")[0].rstrip(" :,-&")
    return words if len(words) > SHORTEST else pad(name, cells + 1).rstrip("… ")
