"""Parts of the detail panel: an item's marks, what it waits for, and the recent values of its signal."""

from collections.abc import Iterator

from mmcockpit.core.facts.event import ItemMarked
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import SATISFIED, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.render.item_status import held
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.plot import GHOST, buckets, plot, scale
from mmcockpit.ui.render.readings import SPARK_OVER_S
from mmcockpit.ui.render.text import Line, Role, age
from mmcockpit.ui.render.values import last_value, limits, needs, verdict_words

Told = tuple[str, str, Role]
"""A label, a text and its role."""

CHART_ROWS = 4

PASSES: dict[State, str] = {
    State.BLOCKED: "u by the person who blocked it",
    State.WAITING: "another person: V",
}


def history(session: Session, state: ItemState, now: Stamp, lens: Lens) -> Iterator[Told]:
    """Yield what would satisfy the item, its settle time, and every mark on it with the evidence of that moment."""
    yield "to pass", _missing(session, state), "accent"
    yield "hold", held(state, session), "text"
    yield "claimed", f"by {state.claimed_by}" if state.claimed_by else "", "text"
    wanted = state.item.approvals
    agreed = ", ".join(state.approved)
    yield "people", f"needs {wanted}{f', agreed: {agreed}' if agreed else ''}" if wanted > 1 else "", "text"
    for event in session.log:
        body = event.body
        if isinstance(body, ItemMarked) and body.item == state.item.id:
            yield from _mark(body, event.stamp, now, lens)


def _mark(body: ItemMarked, stamp: Stamp, now: Stamp, lens: Lens) -> Iterator[Told]:
    witnessed = " (witnessed, same terminal)" if body.witnessed else ""
    left = body.expires - now.at
    ends = f", {age(left)} left" if left > 0 else ", expired" if body.expires else ""
    why = f": {body.reason}" if body.reason else ""
    role: Role = "warn" if body.mark in (Mark.OVERRIDE, Mark.BLOCK) else "text"
    yield "mark", f"{lens.time(stamp.wall)} {body.by} {body.mark}{witnessed}{ends}{why}", role
    if body.evidence is not None:
        evidence = body.evidence
        sampled = f", sampled {lens.time(evidence.sampled)}" if evidence.sampled is not None else ""
        rule = f" ({evidence.rule})" if evidence.rule else ""
        yield "evidence", f"{evidence.signal} {evidence.level}: {evidence.value}{rule}{sampled}", "muted"


def _missing(session: Session, state: ItemState) -> str:
    """Return what would satisfy the item; empty if it is satisfied."""
    if state.state in SATISFIED:
        return ""
    if state.state in PASSES:
        return PASSES[state.state]
    if session.phase_of(state.item.id) > session.phase:
        return "its phase has to open first"
    signal = session.signal_of(state.item)
    if state.item.mode is Mode.MANUAL or signal is None:
        return "a manual tick: Space"
    limit = needs(signal.signal.rule.passes, signal.signal)
    rule = f"{signal.signal.title} {limit or 'must pass'}"
    hand = ", then a manual tick: Space" if state.item.mode is Mode.ATTESTED else ""
    if state.state is State.HOLDING:
        return f"{rule} for the rest of its hold{hand}"
    level = signal.verdict.level
    now = last_value(signal) if limit or level is Level.PASS else verdict_words(signal, level)
    return f"{rule}; it is {now}{hand}"


def curves(state: SignalState, ghost: float | None, now: Stamp, cells: int) -> list[Line]:
    """Return a signal's recent values as a chart with its limits and baseline; empty if there are no numbers."""
    values = buckets(state.points, now.wall, SPARK_OVER_S, cells * 2)
    seen = [value for value in values if value is not None]
    if cells < 8 or not seen:
        return []
    bounds = limits(state.signal)
    lines = [(limit.value, str(limit.beyond)) for limit in reversed(bounds)]
    ghosts = [] if ghost is None else [ghost]
    ends = scale([*seen, *ghosts], [limit.value for limit in bounds])

    def role(value: float) -> Role:
        return next((str(limit.beyond) for limit in bounds if limit.broken(value)), "accent")

    return plot(values, CHART_ROWS, ends, role, [*((one, GHOST) for one in ghosts), *lines])
