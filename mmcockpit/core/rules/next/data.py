"""The rules of NEXT about missing data, by its cause: what can be done about it, and what has to be waited for."""

from mmcockpit.core.model.needs import NoDataCause, NoDataGroup
from mmcockpit.core.model.next_action import Next, NextKind
from mmcockpit.core.rules.advice import armed
from mmcockpit.core.rules.next.situation import Situation

_LOST = frozenset({NoDataCause.SOURCE_FAILING, NoDataCause.STALE, NoDataCause.OTHER, NoDataCause.RULE})
"""Causes of what was polled and has no data; the other causes are of what was not polled."""

_CONFIGURED = frozenset({NoDataCause.SOURCE_MISSING, NoDataCause.NOT_ALLOWED})
_FIRST = frozenset({NoDataCause.NOT_ASKED, NoDataCause.UNDECIDED})


def lost(at: Situation) -> Next | None:
    """What was polled has no data: its source fails, or its result is not valid."""
    groups = [one for one in _holding(at, left=False) if one.cause in _LOST]
    return _lost(at, groups) if groups else None


def lost_earlier(at: Situation) -> Next | None:
    """The same for the items that a forced gate left open."""
    groups = [one for one in _holding(at, left=True) if one.cause in _LOST]
    return _lost(at, groups) if groups else None


def active_check(at: Situation) -> Next | None:
    """An active check that has no valid result: an operator runs it."""
    groups = [one for one in _holding(at) if one.cause in (NoDataCause.ACTIVE_NOT_RUN, NoDataCause.EXPIRED)]
    names = [name for one in groups for name in one.signals if at.session.signals[name].signal.active]
    if not names:
        return None
    state = at.session.signals[names[0]]
    return _group(
        NextKind.ACTIVE_CHECK, "resense", groups[0], at, names[0], state.signal.title, len(dict.fromkeys(names)) - 1
    )


def baseline(at: Situation) -> Next | None:
    """Rules that compare with a baseline that is not recorded."""
    groups = [one for one in _holding(at) if one.cause is NoDataCause.MANUAL_VALUE]
    return _group(NextKind.BASELINE, "baseline", groups[0], at) if groups else None


def configure(at: Situation) -> Next | None:
    """What only a change of the cockpit file mends: a missing source, a check that is not allowed."""
    groups = [one for one in _holding(at) if one.cause in _CONFIGURED]
    return _group(NextKind.CONFIGURE, "", groups[0], at, others=len(groups) - 1) if groups else None


def first_results(at: Situation) -> Next | None:
    """What was not polled often enough yet."""
    groups = [one for one in _holding(at) if one.cause in _FIRST]
    return _group(NextKind.FIRST_RESULTS, "", groups[0], at, others=len(groups) - 1) if groups else None


def _lost(at: Situation, found: list[NoDataGroup]) -> Next:
    first = found[0]
    if first.cause in (NoDataCause.SOURCE_FAILING, NoDataCause.STALE):
        return _group(NextKind.NO_DATA, "resense_all", first, at, others=len(found) - 1)
    item = next((name for name in first.items if name in at.unmet), "")
    subject = item or first.signals[0]
    title = at.session.items[item].item.title if item else at.session.signals[subject].signal.title
    number = at.session.items[item].item.number if item else 0
    return _group(NextKind.NO_DATA, "details", first, at, subject, title, len(first.items) + len(found) - 2, number)


def _holding(at: Situation, left: bool | None = None) -> list[NoDataGroup]:
    """Return the groups that hold the go-live, by items that keep the gate closed or by signals of armed abort rules.

    `left` chooses between those with an item of now, and those that have only items that a forced gate left open.
    """
    aborts = {one.signal for one in at.session.cockpit.aborts if armed(at.session, one)}
    held: list[NoDataGroup] = []
    for group in at.no_data:
        items = [name for name in group.items if name in at.unmet]
        current = bool(aborts.intersection(group.signals)) or any(name not in at.left for name in items)
        if (current or items) and left is not current:
            held.append(group)
    return held


def _group(
    kind: NextKind,
    action: str,
    group: NoDataGroup,
    at: Situation,
    subject: str = "",
    title: str = "",
    others: int = 0,
    number: int = 0,
) -> Next:
    return Next(
        kind,
        action,
        subject or group.source or (group.signals or group.items)[0],
        others=max(others, 0),
        number=number,
        title=title,
        group=group,
        at=at.now,
    )
