"""NEXT: the one action that helps most, as a pure function of the session; it is shown and recorded nowhere."""

from collections.abc import Callable

from mmcockpit.core.facts.go_live import PollOpened
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.next_action import Next, NextKind, Viewpoint
from mmcockpit.core.model.people import VIEWER, conductors, same
from mmcockpit.core.rules.advice import crossed_only_in_words
from mmcockpit.core.rules.baseline import new_production, without_baseline
from mmcockpit.core.rules.next import data, handovers, items, people, steps
from mmcockpit.core.rules.next.situation import Situation
from mmcockpit.core.state.session import Session


def next_action(session: Session, now: Stamp, seat: Viewpoint | None = None) -> Next:
    """Return the one action that helps most at this moment; what cannot be done at this seat has no action.

    The order is that of `_ORDER`: what makes the screen itself unreliable, the open procedures and the advised
    rollback, what fails, what has no data, what waits for people, what waits for time, the gate.
    """
    seat = seat or Viewpoint()
    if session.opened is None:
        return Next(NextKind.STARTING)
    if session.closed is not None:
        return Next(NextKind.ENDED, "back_or_leave", text=session.closed.outcome)
    at = Situation(session, now, seat)
    first = next((action for rule in _ORDER if (action := rule(at)) is not None), Next(NextKind.NOTHING))
    return people.with_holder(first, at)


def _unreliable(at: Situation) -> Next | None:
    """What comes before everything else: nothing that the screen shows can be relied on, or nothing is recorded."""
    if at.seat.lost:
        return Next(NextKind.NOT_FOLLOWED, "back_or_leave")
    if at.seat.gone:
        return people.without_driver(at)
    if silent := people.driver_silent(at):
        return silent
    if at.seat.stalled_s:
        return Next(NextKind.STALLED, seconds=at.seat.stalled_s)
    return Next(NextKind.NOT_RECORDING, "accept") if at.seat.unrecorded and not at.seat.accepted else None


def _on_hold(at: Situation) -> Next | None:
    held, since = at.session.held, at.session.held_since
    if held is None or since is None:
        return None
    return Next(NextKind.ON_HOLD, "hold", text=held.reason, people=(held.by,), seconds=at.now.at - since.at)


def _poll(at: Situation) -> Next | None:
    session = at.session
    if not isinstance(session.poll, PollOpened):
        return None
    roles = session.cockpit.poll
    open_roles = [role for role in roles if role not in session.votes]
    if open_roles and at.seat.sharing is not None:
        return people.vote(at, open_roles)
    if open_roles:
        return Next(NextKind.POLL, "poll", open_roles[0], count=len(roles) - len(open_roles), total=len(roles))
    deciding = tuple(conductors(session.cockpit.people))
    may = any(same(at.operator, name) for name in deciding) if deciding else at.operator != VIEWER
    return Next(NextKind.POLL, "poll" if may else "", people=deciding, count=len(roles), total=len(roles))


def _contacts(at: Situation) -> Next | None:
    if not at.gate.unfilled:
        return None
    first, *others = at.gate.unfilled
    return Next(NextKind.CONTACTS, "contacts", first, others=len(others))


def _baseline(at: Situation) -> Next | None:
    """The baseline is easier to record before the new production runs than afterwards."""
    missing = without_baseline(at.session) if new_production(at.session) is None else ()
    if not missing or not at.gate.no_baseline:
        return None
    following = next(one for one in at.session.cockpit.checklist.phases if one.id == at.gate.next)
    return Next(NextKind.BASELINE, "baseline", missing[0], others=len(missing) - 1, title=following.title)


def _gate(at: Situation) -> Next | None:
    phases = at.session.cockpit.checklist.phases
    if not phases or not at.gate.open:
        return None
    if at.gate.next is None:
        return Next(NextKind.FINISH, "end", phases[at.session.phase].id, title=phases[at.session.phase].title)
    if at.seat.unrecorded:
        return Next(NextKind.NOT_RECORDING)
    unproven = crossed_only_in_words(at.session)
    if unproven:
        item = unproven[0].item
        return Next(NextKind.NOT_PROVEN, "go!", item.id, others=len(unproven) - 1, number=item.number, title=item.title)
    following = phases[at.session.phase + 1]
    return Next(NextKind.GATE, "go", following.id, title=following.title, text=phases[at.session.phase].title)


_ORDER: tuple[Callable[[Situation], Next | None], ...] = (
    _unreliable,
    people.approval,
    steps.outcome_unknown,
    steps.rollback,
    steps.fix_forward,
    steps.decide,
    steps.on_fail,
    steps.failed,
    steps.running,
    steps.ready,
    steps.called,
    steps.after_stop,
    people.controls_requested,
    items.baseline_fails,
    items.procedure,
    items.failing,
    items.blocked,
    _on_hold,
    _poll,
    handovers.handover,
    data.lost,
    items.approval,
    items.tick,
    items.tick_by_role,
    items.advance,
    items.warning,
    data.active_check,
    items.baseline_warns,
    _baseline,
    data.baseline,
    _contacts,
    data.lost_earlier,
    data.configure,
    data.first_results,
    handovers.watch_layout,
    items.settling,
    _gate,
    items.open_item,
)
"""The rules of NEXT, the most urgent first; the first one with an answer decides."""
