"""How long the abort rule of a reason has failed by now; a reason is recorded once, and its rule continues to fail."""

import msgspec

from mmcockpit.core.facts.reasons import Reason, ReasonKind
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.rules.advice import advised_after_abort, failed_s
from mmcockpit.core.state.session import Session

OF_ABORTS = frozenset({ReasonKind.ABORT, ReasonKind.ABORT_PENDING})
"""The kinds of reasons of failing abort rules."""


def refreshed(given: Reason, session: Session) -> Reason:
    """Return the reason of a failing abort rule with how long it has failed by now."""
    abort = next((one for one in session.cockpit.aborts if _rules(one, given)), None)
    failed = (failed_s(session, abort) if abort else None) or 0.0
    if abort is None or failed >= abort.for_s:
        return msgspec.structs.replace(given, kind=ReasonKind.ABORT, failed_s=failed, leads_to=None)
    leads_to = advised_after_abort(session, session.signals[abort.signal].signal.target)
    return msgspec.structs.replace(given, kind=ReasonKind.ABORT_PENDING, failed_s=failed, leads_to=leads_to)


def _rules(abort: Abort, given: Reason) -> bool:
    return (abort.signal, abort.phase, abort.for_s) == (given.subject, given.phase, given.for_s)
