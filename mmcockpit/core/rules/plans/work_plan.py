"""The work plan: which items can start now, who is late and who is idle, and the critical path.

An assignee does one item at a time, in the order of the checklist; an item without an assignee waits for no person.
The critical path is that of the critical path method: the longest chain of items that come after each other, by their
estimates and settle times. The items of a phase come after those of the phases before it. An item settles after the
work on it, in which its assignee is free for the next one; the time for which its signal passes already counts. What is
planned to take longer than the window, such as a day of observation, is not part of the path: it ends after the window.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import inf, isfinite
from typing import NamedTuple

import msgspec

from mmcockpit.core.model.checklist import Checklist, Item, Mode, Phase
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import folded
from mmcockpit.core.model.states import State
from mmcockpit.core.model.work_plan import PersonWork as PersonWork
from mmcockpit.core.model.work_plan import Work as Work
from mmcockpit.core.model.work_plan import WorkPlan as WorkPlan
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.items.needs import open_before
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.per_fact import per_change, per_fact
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session

_STOPPED = frozenset({State.BLOCKED, State.WAITING})
"""States of open items on which the assignee cannot work: one is blocked, the other needs a second person."""


@per_fact
def work_plan(session: Session, now: Stamp) -> WorkPlan:
    """Return the work plan at this moment; empty for a checklist without assignees and needs.

    Raises ValueError before the session was opened.
    """
    checklist = session.cockpit.checklist
    if not checklist.assigns_work:
        return WorkPlan()
    closed = session.closed is not None and session.last is not None and session.last.at < now.at
    at = session.last.at if closed and session.last is not None else now.at
    works = {work.item: work for work in _timed(session, _works(session), at)}
    path_s, path = _path(session, works, at)
    ordered = tuple(works[item.id] for item in checklist.items if item.id in works)
    return WorkPlan(ordered, _people(ordered), path, path_s)


@per_change
def _works(session: Session) -> tuple[Work, ...]:
    """Return all work without its times."""
    return tuple(_work(session, *one) for one in _people_do(session.cockpit.checklist))


def _people_do(checklist: Checklist) -> Iterator[tuple[int, Item]]:
    """Return the work of people and procedures, each item with the index of its phase.

    A sensed item without an assignee, a procedure and an estimate satisfies itself.
    """
    for index, phase in enumerate(checklist.phases):
        for item in phase.items:
            if item.mode is not Mode.SENSED or item.assignee or item.procedure or item.estimate:
                yield index, item


def _work(session: Session, phase: int, item: Item) -> Work:
    state = session.items[item.id]
    before = open_before(session, item.id)
    ready_at = None
    if phase < len(session.opened_at) and not before:
        ready_at = max([session.opened_at[phase].at, *_finished(session, item)])
    done = satisfied(session, state)
    return Work(
        item=item.id,
        number=item.number,
        title=item.title,
        assignee=item.assignee,
        estimate_s=item.estimate,
        settle_s=_settle_s(session, item),
        done=done,
        can_start=not done and ready_at is not None and phase <= session.phase and state.state not in _STOPPED,
        before=before,
        ready_at=ready_at,
        waits=tuple(f"{session.items[one].item.number} {session.items[one].item.title}" for one in before),
        phase=session.cockpit.checklist.phases[phase].title if phase > session.phase else "",
    )


def _finished(session: Session, item: Item) -> list[float]:
    """Return when the items directly before this one were done."""
    before = session.cockpit.checklist.predecessors[item.id]
    return [state.since.at for state in (session.items[one] for one in before) if state.since is not None]


def _timed(session: Session, works: Iterable[Work], now: float) -> Iterator[Work]:
    """Return the works with their due times: done ones as they were done, then the others as they will be.

    A person begins with an item once it is ready and the item before it is done, so that lateness counts once.
    """
    free: dict[str, float] = {}

    def timed(work: Work, end: float) -> Work:
        person = folded(work.assignee)
        if work.ready_at is None:
            return work
        begun = max(work.ready_at, free.get(person, 0.0))
        worked, due = begun + work.estimate_s, begun + work.estimate_s + work.settle_s
        if person and work.done:
            free[person] = max(end - work.settle_s, begun)
        elif person and work.can_start:
            free[person] = worked if _settles(session.items[work.item]) else max(worked, now)
        took = max(end - begun, 0.0) if work.done else None
        if not work.estimate_s or not (work.done or work.can_start):
            return msgspec.structs.replace(work, took_s=took)
        return msgspec.structs.replace(work, due=due, late_s=max(end - due, 0.0), took_s=took)

    done = [(work, _done_at(session.items[work.item])) for work in works if work.done]
    for work, end in sorted(done, key=lambda one: one[1]):
        yield timed(work, end)
    for work in works:
        if not work.done:
            yield timed(work, now)


def _done_at(state: ItemState) -> float:
    """Return when an item was done; a mark counts when it was set, a settling one from its latest change."""
    return state.since.at if state.since is not None else 0.0


def _people(works: Iterable[Work]) -> tuple[PersonWork, ...]:
    """Return the assignees in the order of their first item."""
    names: dict[str, str] = {}
    theirs: dict[str, list[Work]] = {}
    for work in works:
        if work.assignee:
            names.setdefault(folded(work.assignee), work.assignee)
            theirs.setdefault(folded(work.assignee), []).append(work)
    return tuple(
        PersonWork(
            names[person],
            tuple(one for one in own if one.can_start),
            tuple(one for one in own if not one.done and not one.can_start),
            sum(one.done for one in own),
        )
        for person, own in theirs.items()
    )


class _PhaseChain(NamedTuple):
    """Whether items of a phase are left, and the seconds and the items of their longest chain."""

    left: bool
    length: float
    chain: tuple[str, ...]


def _path(session: Session, works: Mapping[str, Work], now: float) -> tuple[float | None, tuple[str, ...]]:
    """Return how long the critical path still takes and its items; None where nothing that is left has an estimate."""
    later = _later_chains(session)
    known, total, path = False, 0.0, list[str]()
    for index, phase in enumerate(session.cockpit.checklist.phases):
        if phase.estimate > _window_s(session):
            continue
        left, length, chain = later.get(index) or _chain(session, phase, works, now)
        estimated = any(item.estimate for item in phase.items)
        if estimated or not phase.estimate:
            known = known or estimated
            total, path = total + length, [*path, *chain]
        elif index >= session.phase and (left or index > session.phase):
            known = True
            total += max(phase.estimate - _elapsed(session, index, phase, now), length)
    return (total if known else None), tuple(path)


@per_change
def _later_chains(session: Session) -> dict[int, _PhaseChain]:
    """Return the chains of the later phases by index: no item of them can start, so that no time has passed on it."""
    works = {work.item: work for work in _works(session)}
    later = list(enumerate(session.cockpit.checklist.phases))[session.phase + 1 :]
    return {index: _chain(session, phase, works, 0.0) for index, phase in later}


def _chain(session: Session, phase: Phase, works: Mapping[str, Work], now: float) -> _PhaseChain:
    checklist = session.cockpit.checklist
    required = (item for item in phase.items if item.required or item.id in checklist.needed)
    open_ = [item for item in required if not _done(session, works.get(item.id), item)]
    left = {item.id: _left_s(session, works.get(item.id), item, now) for item in open_}
    return _PhaseChain(bool(left), *longest_chain(left, checklist.predecessors))


def _done(session: Session, work: Work | None, item: Item) -> bool:
    return work.done if work is not None else satisfied(session, session.items[item.id])


def _elapsed(session: Session, index: int, phase: Phase, now: float) -> float:
    return now - session.opened_at[index].at if index < len(session.opened_at) else 0.0


def _left_s(session: Session, work: Work | None, item: Item, now: float) -> float:
    """Return the seconds that an open item still takes: the rest of the work on it, then that of its settle time."""
    settle, state = work.settle_s if work is not None else _settle_s(session, item), session.items[item.id]
    if _settles(state) and item.mode is Mode.SENSED:
        return max(settle - session.served(item), 0.0)
    left = item.estimate
    if work is not None and work.can_start and work.ready_at is not None:
        begun = (work.due - work.estimate_s - work.settle_s) if work.due is not None else work.ready_at
        left = max(item.estimate - max(now - begun, 0.0), 0.0)
    return max(left, settle - session.served(item)) if _settles(state) else left + settle


def _settles(state: ItemState) -> bool:
    return state.state is State.HOLDING


def _settle_s(session: Session, item: Item) -> float:
    """Return the settle time for the gate; 0 for one that cannot be evaluated yet, or is longer than the window."""
    settle = hold_of(item, session)[0] if item.signal else 0.0
    return settle if isfinite(settle) and settle <= _window_s(session) else 0.0


def _window_s(session: Session) -> float:
    window = session.cockpit.window
    return inf if window is None else window.end - window.start


def longest_chain(left: Mapping[str, float], before: Mapping[str, tuple[str, ...]]) -> tuple[float, tuple[str, ...]]:
    """Return the length and the items of the longest chain in `left` (seconds by id), in which `before` come first.

    A circle, which no file can have, is cut where it closes.
    """
    ends: dict[str, tuple[float, str]] = {}

    def visit(first: str) -> None:
        stack, entered = [first], {first}
        while stack:
            item = stack[-1]
            missing = [one for one in before.get(item, ()) if one in left and one not in ends and one not in entered]
            if missing:
                entered.update(missing[:1])
                stack.append(missing[0])
                continue
            stack.pop()
            earlier = [(ends[one][0], one) for one in before.get(item, ()) if one in ends and one in left]
            length, previous = max(earlier, key=lambda one: one[0], default=(0.0, ""))
            ends[item] = (length + left[item], previous)

    for item in left:
        if item in ends:
            continue
        if any(one in left for one in before.get(item, ())):
            visit(item)
        else:
            ends[item] = left[item], ""
    last = max(ends, key=lambda one: ends[one][0], default="")
    length, chain = (ends[last][0] if last else 0.0), []
    while last and ends[last][0] > 0:
        chain.append(last)
        last = ends[last][1]
    return length, tuple(reversed(chain))
