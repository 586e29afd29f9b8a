"""The status of an item as text: the same words on its row, in the details, in the log and in the report."""

from collections.abc import Callable, Sequence
from math import isfinite

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.item_status import ItemStatus
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age


def tick_by(people: Sequence[str]) -> str:
    """Return whose tick is needed: `your tick`, or `a tick by bo` of other people."""
    return f"a tick by {' or '.join(plain(name, 20) for name in people)}" if people else "your tick"


def status_text(status: ItemStatus) -> str:
    """Return the status of an item in one line: `3 of 3 checks pass`, `settling 40s of 2m`."""
    words = _WORDS.get(status.state, _by_signal)(status)
    if not status.claimed_by or not claimable(status):
        return words
    claim = f"claimed by {plain(status.claimed_by, 20)}"
    return f"{claim}, {words}" if words and words != _MANUAL else claim


def settling_text(status: ItemStatus) -> str:
    """Return how much of the settle time has passed: `settling 40s of 2m`."""
    if not isfinite(status.settle_s):
        return f"settling {age(status.settled_s)}, its settle time cannot be evaluated"
    return f"settling {age(status.settled_s)} of {age(status.settle_s)}"


def short_texts(status: ItemStatus, grouped: bool) -> tuple[str, ...]:
    """Return the status in fewer and fewer words, for narrow rows; `grouped` is below a heading with its state."""
    text = status_text(status)
    claim = f"claimed by {plain(status.claimed_by, 20)}" if status.claimed_by and claimable(status) else ""
    if status.state is State.HOLDING:
        settling = settling_text(status)
        return text, settling, settling.removeprefix("settling ") if grouped else settling
    if claim:
        return text, claim
    if status.warns:
        return text, f"warning: {status.result}", "warns"
    if status.needs and status.state is State.OPEN and (status.mode is Mode.MANUAL or status.level is Level.PASS):
        return text, _tick_needs(status)
    if status.state is State.OPEN and status.level is Level.PASS and not status.warns:
        passes = checks_text(status)
        shorter = f"{status.passing} of {status.checks} pass" if status.checks else status.result or "passes"
        return (passes, shorter, "passes", "") if grouped else (text, passes, shorter, "passes")
    return (text,)


def claimable(status: ItemStatus) -> bool:
    """Return whether a claim still matters: the item is not satisfied yet."""
    return status.state not in SATISFIED


_MANUAL = "manual"


def _settling(status: ItemStatus) -> str:
    text = settling_text(status)
    if status.mode is Mode.ATTESTED and not status.ticked:
        return f"{text}, {'needs' if status.settled_for_gate else 'then'} {tick_by(status.tickers)}"
    return f"{text}, enough for the gate" if status.settled_for_gate else text


def _by_signal(status: ItemStatus) -> str:
    """Return the status of an item that its signal decides."""
    if status.mode is Mode.MANUAL:
        return _tick_needs(status) or _MANUAL
    if status.warns:
        return f"warning: {status.result}"
    if status.level is not Level.PASS:
        return status.result
    passes = checks_text(status)
    return (
        f"{passes}, {_tick_needs(status) or f'needs {tick_by(status.tickers)}'}"
        if status.mode is Mode.ATTESTED and not status.ticked
        else passes
    )


def _tick_needs(status: ItemStatus) -> str:
    """Return which items have to be satisfied before a tick: `needs 9 first`, `needs 9, 10 first`."""
    return f"needs {', '.join(map(str, status.needs))} first" if status.needs else ""


def checks_text(status: ItemStatus) -> str:
    """Return how many checks of a signal pass; of a single one that passes its number, if it has one."""
    if status.checks:
        return f"{status.passing} of {counted(status.checks, 'check')} pass"
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
