"""What keeps a gate closed as text: `52 of 78 open: 35 need your tick, 17 no data (7 sources missing)`."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import NoDataCause, NoDataGroup
from mmcockpit.core.model.open_items import OpenItems
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.keys import NO_KEYS
from mmcockpit.core.words.no_data import cause_text, group_text


def open_items_text(given: OpenItems, now: Stamp | None = None) -> str:
    """Return it in one line, the most important part first; a failing source is one phrase at its beginning."""
    failing = next((one for one in given.groups if one.cause is NoDataCause.SOURCE_FAILING), None)
    parts = [*filter(None, _parts(given, failing))]
    counts = f"{given.open} of {given.total} open" + (f": {', '.join(parts)}" if parts else "")
    return f"{group_text(failing, NO_KEYS, now)}; {counts}" if failing is not None else counts


def _parts(given: OpenItems, failing: NoDataGroup | None) -> tuple[str, ...]:
    others = given.no_data - (len(failing.items) if failing is not None else 0)
    return (
        f"{given.failing} failing" if given.failing else "",
        _need(given.ticks, "your tick"),
        _need(given.approvals, "a second person"),
        counted(given.warnings, "warning") if given.warnings else "",
        f"{others} no data{_why([one for one in given.groups if one is not failing])}" if others else "",
        f"{given.settling} settling" if given.settling else "",
    )


def _need(count: int, what: str) -> str:
    return f"{count} {'needs' if count == 1 else 'need'} {what}" if count else ""


def _why(groups: list[NoDataGroup]) -> str:
    """Return the cause of most items in brackets; missing sources are counted."""
    if not groups:
        return ""
    missing = [one for one in groups if one.cause is NoDataCause.SOURCE_MISSING]
    if sum(len(one.items) for one in missing) >= len(groups[0].items):
        return f" ({counted(len(missing), 'source')} missing)"
    return f" ({cause_text(groups[0])})"
