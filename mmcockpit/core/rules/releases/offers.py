"""What can be done with a delivery at the moment, and the action that stops a new version that fails."""

from collections.abc import Iterable
from typing import NamedTuple

from mmcockpit.core.facts.reasons import Reason, ReasonKind
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.shape import at
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.cel.evaluation import evaluate_text, is_true
from mmcockpit.core.rules.per_fact import per_fact
from mmcockpit.core.state.open_procedures import open_runs, queue
from mmcockpit.core.state.session import Session


class OfferedAction(NamedTuple):
    """A procedure that is offered, its label (`abort the canary`), and where the delivery is (`at weight 20%`)."""

    procedure: Procedure
    label: str
    place: str
    stops: bool


@per_fact
def offered(session: Session) -> tuple[OfferedAction, ...]:
    """Return the actions that the latest results allow; none for a signal without a result, or with an old one."""
    actions = []
    for procedure in session.cockpit.checklist.procedures if session.opened is not None else ():
        offer = procedure.offer
        state = session.signals.get(offer.signal) if offer is not None else None
        if offer is None or state is None or state.reading is None or state.fault is not None:
            continue
        scope = {"value": state.value}
        if is_true(offer.when, False, scope) is True:
            label, place = (evaluate_text(text, False, scope) if text else "" for text in (offer.label, offer.place))
            if isinstance(label, str):
                actions.append(OfferedAction(procedure, label, place if isinstance(place, str) else "", offer.stops))
    return tuple(actions)


def item_procedure(session: Session, item: Item) -> str:
    """Return the procedure that helps an item: its own one until that is done, then what its delivery waits for."""
    run = session.procedures.get(item.procedure)
    if item.procedure and (run is None or not run.completed):
        return item.procedure
    advance = advancing(session, item)
    return advance.procedure.id if advance is not None else item.procedure


def advancing(session: Session, item: Item) -> OfferedAction | None:
    """Return the action by which the delivery that an item's signal shows continues; None while it needs none."""
    begun = {run.procedure.id for run in open_runs(session)}
    for one in offered(session):
        offer = one.procedure.offer
        if offer is not None and offer.advances and one.procedure.id not in begun:
            shown, own = session.signals.get(offer.signal), session.signals.get(item.signal)
            if shown is not None and own is not None and shown.signal.query == own.signal.query:
                return one
    return None


class AdvisedStop(NamedTuple):
    """The action that stops the new version, and why in one line: `5xx share 6.0% at weight 20%`."""

    action: OfferedAction
    cause: str


def stopping(session: Session, reasons: Iterable[Reason]) -> AdvisedStop | None:
    """Return the action that stops the new version for these reasons, while it is offered and not begun yet.

    In waves it is that of the target whose abort rule failed: the new version of another target is not its cause.
    """
    aborts = [one for one in reasons if one.kind is ReasonKind.ABORT]
    begun = {run.procedure.id for run in open_runs(session)}
    stops = [one for one in offered(session) if one.stops and one.procedure.id not in begun]
    for abort in aborts:
        state = session.signals.get(abort.subject)
        target = state.signal.target if state is not None else ""
        found = next((one for one in stops if target in ("", one.procedure.target)), None)
        if found is not None:
            return AdvisedStop(found, _cause(abort, found.place))
    return None


def shown_first(session: Session) -> Procedure | None:
    """Return the procedure that is shown before all others: what stops the new version, then the rollback after it."""
    advised = session.advised
    rolls_back = advised is not None and advised.advice is Advice.ROLLBACK
    stop = stopping(session, advised.reasons) if advised is not None and rolls_back else None
    return stop.action.procedure if stop is not None else after_stop(session)


def advised_rollbacks(session: Session) -> list[Procedure]:
    """Return the procedures of the advised rollback: the queued ones, else those that are queued at any moment.

    These are the ones of the failed abort rules that were never started.
    """
    advised = session.advised
    if advised is None or advised.advice is not Advice.ROLLBACK:
        return []
    failed = {one.subject for one in advised.reasons if one.kind is ReasonKind.ABORT}
    known = session.cockpit.checklist.procedures
    soon = [one for one in known if failed.intersection(one.aborts) and one.id not in session.procedures]
    return [one for one, _ in queue(session) if one.aborts] or soon


def after_stop(session: Session) -> Procedure | None:
    """Return the rollback that follows a stopped new version, until it was begun or the delivery is complete again.

    A stopped version has no traffic, but what is specified still names it. None while another procedure is open.
    """
    if any(True for _ in open_runs(session)):
        return None
    for run in session.procedures.values():
        offer = run.procedure.offer
        stopped = offer is not None and offer.stops and run.completed
        state = session.signals.get(offer.signal) if offer is not None else None
        if not stopped or state is None or at(state.value, state.signal.shape.good) is True:
            continue
        for one in session.cockpit.checklist.procedures:
            begun = session.procedures.get(one.id)
            if one.aborts and one.target == run.procedure.target and (begun is None or begun.since.at < run.since.at):
                return one
    return None


def _cause(reason: Reason, place: str) -> str:
    result = reason.result
    shown = (result.title, result.value) if result is not None else ()
    return " ".join(filter(None, (*shown, place)))
