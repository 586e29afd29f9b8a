"""What keeps a gate closed as text: `52 of 78 open: 35 need your tick, 17 no data (7 sources missing)`."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import NoDataCause, NoDataGroup
from mmcockpit.core.model.open_items import OpenItems
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.item_status import tick_by
from mmcockpit.core.words.no_data import cause_text, failing_source_text


def open_items_texts(given: OpenItems, now: Stamp | None = None) -> tuple[str, ...]:
    """Return it in lines of decreasing length: whole, without the causes of missing data, without what only settles.

    In each, the most important part is first; a failing source is one phrase at its beginning.
    """
    failing = next((one for one in given.groups if one.cause is NoDataCause.SOURCE_FAILING), None)
    opening = f"{failing_source_text(failing, given.failing_sources, now)}; " if failing is not None else ""
    counts = f"{given.open} of {given.total} open"
    lines: list[str] = []
    for causes, all_ in ((True, True), (False, True), (False, False)):
        parts = [*filter(None, _parts(given, failing, causes))]
        lines.append(opening + counts + (f": {', '.join(parts if all_ else parts[:3])}" if parts else ""))
    return *lines, opening.removesuffix("; ") or counts


def _parts(given: OpenItems, failing: NoDataGroup | None, causes: bool) -> tuple[str, ...]:
    why = _why([one for one in given.groups if one is not failing]) if causes else ""
    others = given.no_data - (len(failing.items) if failing is not None else 0)
    return (
        f"{given.failing} failing" if given.failing else "",
        _need(given.ticks, "your tick"),
        _need(given.other_ticks, tick_by(given.tickers or ("others",))),
        _need(given.approvals, "a second person"),
        f"{others} no data{why}" if others else "",
        f"{given.settling} settling" if given.settling else "",
        counted(given.warnings, "warning") if given.warnings else "",
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
