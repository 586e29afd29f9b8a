"""The status of an item as text: the same words on its row, in the details, in the log and in the report."""

from collections.abc import Callable
from math import isfinite

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.item_status import ItemStatus
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import age

NEEDS_TICK = "needs your tick"


def status_text(status: ItemStatus) -> str:
    """Return the status of an item in one line: `3 of 3 checks pass`, `settling 40s of 2m`."""
    words = _WORDS.get(status.state, _by_signal)(status)
    if not status.claimed_by or status.state in (State.DONE, State.GOOD):
        return words
    claim = f"claimed by {plain(status.claimed_by, 20)}"
    return f"{claim}, {words}" if words and words != _MANUAL else claim


def settling_text(status: ItemStatus) -> str:
    """Return how much of the settle time has passed: `settling 40s of 2m`."""
    if not isfinite(status.settle_s):
        return f"settling {age(status.settled_s)}, its settle time cannot be evaluated"
    return f"settling {age(status.settled_s)} of {age(status.settle_s)}"


_MANUAL = "manual"


def _settling(status: ItemStatus) -> str:
    enough = ", enough for the gate" if status.settled_for_gate and status.settled_s < status.settle_s else ""
    tick = ", then your tick" if status.mode is Mode.ATTESTED and not status.ticked else ""
    return f"{settling_text(status)}{enough}{tick}"


def _by_signal(status: ItemStatus) -> str:
    """Return the status of an item that its signal decides."""
    if status.mode is Mode.MANUAL:
        return _MANUAL
    if status.warns:
        return f"warning: {status.result}"
    if status.level is not Level.PASS:
        return status.result
    passes = checks_text(status)
    return f"{passes}, {NEEDS_TICK}" if status.mode is Mode.ATTESTED and not status.ticked else passes


def checks_text(status: ItemStatus) -> str:
    """Return how many checks of a signal pass; of a single one that passes its number, if it has one."""
    if status.checks:
        return f"{status.passing} of {status.checks} checks pass"
    return status.result or "check passes"


def _done(status: ItemStatus) -> str:
    warning = f", warning: {status.result}" if status.warns else ""
    return f"ticked by {plain(status.by, 20)}{warning}" if status.by else f"ticked{warning}"


def _override(status: ItemStatus) -> str:
    left = f", {age(status.override_left_s)} left" if status.override_left_s is not None else ""
    return f"override{left} ({plain(status.by, 20)})"


def _marked(what: str) -> Callable[[ItemStatus], str]:
    """Return the wording of a mark that needs a reason."""

    def words(status: ItemStatus) -> str:
        by = f" by {plain(status.by, 20)}" if status.by else ""
        return f"{what}{by}" + (f": {plain(status.reason, 200)}" if status.reason else "")

    return words


def _not_applicable(status: ItemStatus) -> str:
    return _marked("not applicable")(status) if status.by else "does not apply here"


_WORDS: dict[State, Callable[[ItemStatus], str]] = {
    State.WAITING: lambda status: "needs a second person",
    State.HOLDING: _settling,
    State.DONE: _done,
    State.OVERRIDDEN: _override,
    State.NOT_APPLICABLE: _not_applicable,
    State.DEFERRED: _marked("deferred"),
    State.BLOCKED: _marked("blocked"),
}
