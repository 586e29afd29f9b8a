"""What can be done with a delivery at the moment, and the action that stops a new version that fails."""

from collections.abc import Iterable
from typing import NamedTuple

from mmcockpit.core.facts.reasons import Reason, ReasonKind
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.rules.cel.evaluation import evaluate_text, is_true
from mmcockpit.core.rules.per_fact import per_fact
from mmcockpit.core.state.open_procedures import open_runs
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


def _cause(reason: Reason, place: str) -> str:
    result = reason.result
    shown = (result.title, result.value) if result is not None else ()
    return " ".join(filter(None, (*shown, place)))
