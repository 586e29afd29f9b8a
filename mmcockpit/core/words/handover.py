"""The page of a handover as text: for the dialog, the `handover` command and the report alike; times are in UTC."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mmcockpit.core.model.handover import (
    HandoverAlert,
    HandoverPage,
    MarkedItem,
    OpenItem,
    RecordedBaseline,
    RunningProcedure,
    SettlingItem,
)
from mmcockpit.core.model.needs import Need
from mmcockpit.core.model.states import State
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age, duration
from mmcockpit.core.words.times import day, minute
from mmcockpit.core.words.verdicts import advice_word

_NEEDS = {Need.FAILING: "failing", Need.YOU: "to do", Need.NO_DATA: "no data"}


class PagePart(NamedTuple):
    """A part of the page: its heading, and its lines; a part without lines has `none` in its heading."""

    heading: str
    lines: tuple[str, ...] = ()


def page_title(page: HandoverPage) -> str:
    """Return what is handed over, and when the page was made."""
    place = f" in {page.environment}" if page.environment else ""
    return f"{page.target}{place}, {moment(page.at)}"


def page_lead(page: HandoverPage) -> tuple[str, ...]:
    """Return the situation in a few lines: the phase, the advice, the hold, the next handover."""
    advice = advice_word(page.advice) if page.advice is not None else "no advice yet"
    why = f": {page.reason}" if page.reason else ""
    lines = [f"Phase {page.number} of {page.phases}, {page.phase}"] if page.phases else []
    lines.append(f"{advice}{why}")
    if page.past_return:
        lines.append("The point of no return is passed: no rollback is possible")
    if page.held is not None:
        lines.append(f"On hold by {page.held.by} for {age(page.at - page.held.since)}: {page.held.reason}")
    if page.next_handover is not None:
        lines.append(f"Next handover {moment(page.next_handover)}, in {age(page.next_handover - page.at)}")
    return tuple(lines)


def page_parts(page: HandoverPage) -> tuple[PagePart, ...]:
    """Return the parts of the page in order; every part is there, so that nothing has to be assumed."""
    return (
        _part(page, "open_items", "Open items", [_item(one) for one in page.open_items]),
        _part(
            page,
            "regressions",
            "Regressions that no person has acknowledged",
            [_item(one, page.at) for one in page.regressions],
        ),
        _part(page, "settling", "Settle times", [_settling(one, page.at) for one in page.settling]),
        _part(page, "overrides", "Overrides", [_override(one, page.at) for one in page.overrides]),
        _part(page, "deferred", "Deferred", [_deferred(one) for one in page.deferred]),
        _alerts(page),
        _procedures(page),
        _baseline(page),
    )


def page_text(page: HandoverPage) -> Iterator[str]:
    """Yield the whole page, line by line."""
    yield page_title(page)
    yield from page_lead(page)
    for part in page_parts(page):
        yield ""
        yield part.heading
        yield from (f"  {line}" for line in part.lines)


def moment(wall: float) -> str:
    """Return Unix seconds with their day: `2026-12-06 08:00Z`."""
    return f"{day(wall)} {minute(wall)}Z"


def summary_text(page: HandoverPage) -> str:
    """Return what is on the page in one line: `3 open items, 1 override, 2 alerts firing`."""
    amounts = (
        (_count(page, "open_items", page.open_items), "open item", ""),
        (_count(page, "regressions", page.regressions), "regression", ""),
        (_count(page, "settling", page.settling), "settling", "settling"),
        (_count(page, "overrides", page.overrides), "override", ""),
        (_count(page, "deferred", page.deferred), "deferred item", ""),
        (_count(page, "alerts", page.alerts), "alert firing", "alerts firing"),
        (_count(page, "procedures", page.procedures), "open procedure", ""),
    )
    texts = [counted(count, one, many) for count, one, many in amounts if count]
    held = [f"on hold by {page.held.by}"] if page.held is not None else []
    return ", ".join([*held, *texts]) or "nothing open"


def _count(page: HandoverPage, name: str, rows: Sequence[object]) -> int:
    return page.counts.get(name, len(rows))


def _part(page: HandoverPage, name: str, title: str, lines: list[str]) -> PagePart:
    count = _count(page, name, lines)
    if not count:
        return PagePart(f"{title}: none")
    more = [f"and {count - len(lines)} more"] if count > len(lines) else []
    return PagePart(f"{title}: {count}", (*lines, *more))


def _item(one: OpenItem, at: float | None = None) -> str:
    """Return an open item in one line; with `at`, since when it is so."""
    since = f" for {age(at - one.since)}" if at is not None and one.since is not None else ""
    claimed = f", claimed by {one.claimed_by}" if one.claimed_by and one.claimed_by not in one.text else ""
    why = f": {one.text}" if one.text and one.text != "manual" else ""
    optional = "" if one.required else " (optional)"
    need = f", {_NEEDS[one.need]}" if one.state is State.OPEN and one.need in _NEEDS else ""
    return f"[{one.state}] {one.number} {one.title}{optional}{need}{since}{why}{claimed}"


def _settling(one: SettlingItem, at: float) -> str:
    head = f"[{State.HOLDING}] {one.number} {one.title}"
    tick = ", then needs a tick" if one.ticks else ""
    left_s = one.left_s
    if left_s is None or one.settle_s is None:
        return f"{head}: {duration(one.settled_s)}, its settle time cannot be evaluated{tick}"
    done = f", over at {moment(at + left_s)} at the earliest" if left_s > 0 else ""
    return f"{head}: {duration(one.settled_s)} of {duration(one.settle_s)}{done}{tick}"


def _override(one: MarkedItem, at: float) -> str:
    if one.until is None:
        until = "until it is undone"
    elif one.until > at:
        until = f"until {moment(one.until)} ({age(one.until - at)} left)"
    else:
        until = f"expired {moment(one.until)}"
    return f"{one.number} {one.title}: {until}, by {one.by}: {one.reason}"


def _deferred(one: MarkedItem) -> str:
    return f"{one.number} {one.title}: by {one.by}: {one.reason}"


def _alerts(page: HandoverPage) -> PagePart:
    """Return the alerts; `unknown` instead of `none` without a signal for them, or without its data."""
    part = _part(page, "alerts", "Alerts firing", [_alert(one) for one in page.alerts])
    if not page.alert_signals:
        return PagePart("Alerts firing: unknown, no signal polls alerts")
    if not page.alerts_unknown:
        return part
    unknown = f"no data from {', '.join(page.alerts_unknown)}"
    if not part.lines:
        return PagePart(f"Alerts firing: unknown, {unknown}")
    return PagePart(part.heading, (*part.lines, f"{unknown}: there may be more"))


def _alert(one: HandoverAlert) -> str:
    severity = f", {one.severity}" if one.severity else ""
    since = f", since {one.since}" if one.since else ""
    return f"{one.name or 'without a name'}{severity}{since}"


def _procedures(page: HandoverPage) -> PagePart:
    part = _part(page, "procedures", "Open procedures", [_procedure(one, page.at) for one in page.procedures])
    called = tuple(f"{title}: called for, not started" for title in page.queued)
    return PagePart(part.heading, (*part.lines, *called))


def _procedure(one: RunningProcedure, at: float) -> str:
    if one.state is None:
        return f"{one.title}: all {counted(one.total, 'step')} over, started by {one.by}"
    since = f" for {age(at - one.since)}" if one.since is not None else ""
    return f"{one.title}: step {one.number} of {one.total}, {one.step}, {one.state}{since}; started by {one.by}"


def _baseline(page: HandoverPage) -> PagePart:
    lacks = f"no value of {', '.join(page.no_baseline)}" if page.no_baseline else ""
    recorded = page.baseline
    if recorded is None:
        return PagePart("Baseline: not recorded", tuple(filter(None, [lacks])))
    heading = f"Baseline: recorded by {recorded.by}, {moment(recorded.start)} to {moment(recorded.end)}"
    return PagePart(heading, tuple(filter(None, [*_values(recorded), lacks])))


def _values(recorded: RecordedBaseline) -> Iterator[str]:
    yield from (f"{title} {value}" for title, value in recorded.values)
    if recorded.missing:
        yield f"missing: {', '.join(recorded.missing)}"
