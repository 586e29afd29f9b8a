"""What would satisfy an item or make a signal pass, as text."""

from collections.abc import Callable

from mmcockpit.core.model.needs import NoDataCause
from mmcockpit.core.model.passing import Condition, Passing
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.item_status import tick_by
from mmcockpit.core.words.keys import Keys, key_or_command
from mmcockpit.core.words.no_data import cause_text, way_out
from mmcockpit.core.words.values import joined_names

NAMED = 3


def passing_text(passing: Passing, keys: Keys) -> str:
    """Return what has to happen in one line; empty where nothing has to."""
    first = _TEXTS[passing.condition](passing, keys)
    return f"{first}, then {_tick(passing, keys)}" if passing.then_tick else first


def _tick(passing: Passing, keys: Keys) -> str:
    words = tick_by(passing.tickers)
    return words if passing.tickers else f"{words} ({key_or_command(keys, 'tick')})"


def _members(passing: Passing) -> str:
    return f"{_named(passing) or 'its members'} must pass"


def _named(passing: Passing) -> str:
    return joined_names([plain(name, 60) for name in passing.names[:NAMED]], len(passing.names))


def _data(passing: Passing, keys: Keys) -> str:
    group = passing.group
    if group is None:
        return "a result"
    if group.cause is NoDataCause.SOURCE_MISSING:
        return f"source `{plain(group.source, 40)}` must be configured"
    if group.cause is NoDataCause.ACTIVE_NOT_RUN:
        return f"run the check ({key_or_command(keys, 'resense')})"
    if group.cause is NoDataCause.EXPIRED:
        return f"run the check again ({key_or_command(keys, 'resense')})"
    if group.cause is NoDataCause.RULE:
        return "a value that its rule can judge"
    way = way_out(group, keys)
    return f"{cause_text(group)}{f': {way}' if way else ''}"


def _settle(passing: Passing) -> str:
    if passing.first is None:
        return f"settles in {duration(passing.seconds)}"
    gate = f"in {duration(passing.first)}" if passing.first else "already"
    return f"settles in {duration(passing.seconds)}, for the gate {gate}"


_TEXTS: dict[Condition, Callable[[Passing, Keys], str]] = {
    Condition.NOTHING: lambda passing, keys: "",
    Condition.PHASE: lambda passing, keys: f"phase {plain(passing.text, 60)} must open",
    Condition.TICK: lambda passing, keys: _tick(passing, keys) + (" with a reason" if passing.needs_reason else ""),
    Condition.APPROVAL: lambda passing, keys: (
        f"{counted(passing.count, 'other person', 'other people')} must agree ({key_or_command(keys, 'verify')})"
    ),
    Condition.UNBLOCK: lambda passing, keys: f"{plain(passing.text, 40) or 'its author'} must unblock it",
    Condition.NEEDS: lambda passing, keys: f"{_named(passing)} must be satisfied",
    Condition.RULE: lambda passing, keys: passing.text,
    Condition.MEMBERS: lambda passing, keys: _members(passing),
    Condition.RESULTS: lambda passing, keys: f"{counted(passing.count, 'more passing result')}",
    Condition.SETTLE: lambda passing, keys: _settle(passing),
    Condition.DATA: _data,
    Condition.UNDEFINED: lambda passing, keys: f"signal {plain(passing.text, 60)} must be defined",
}
