"""What comes next: the handover, the work that can start, the settle times of the open phase, the overrides."""

from collections.abc import Hashable, Iterator

from rich.cells import cell_len

from mmcockpit.core.facts.event import ItemMarked
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.handover import SettleTime
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.rules.handovers.settle_times import settle_times
from mmcockpit.core.rules.handovers.times import next_handover
from mmcockpit.core.rules.items.marked import marked_items
from mmcockpit.core.rules.plans.work_plan import work_plan
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic
from mmcockpit.core.words.durations import age, duration
from mmcockpit.core.words.times import day
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, pad, plain
from mmcockpit.ui.render.work import work_rows
from mmcockpit.ui.widgets.panel import Panel

BAR = 10
"""Cells of the bar of a settle time."""

WIDE = 64
"""Columns from which on a settle time has a bar."""

SHORTEST = 12
"""Cells that a title keeps."""

SOON_S = 3600.0
"""From this long before its end on, an override is drawn as a warning."""


class UpcomingPanel(Panel):
    """The next handover, the work that can start, the settle times of the open phase, the overrides by their end."""

    title = "Upcoming"

    @property
    def watches(self) -> frozenset[Topic]:
        """The session, its items, and the signals that let them settle."""
        return frozenset({SESSION, ITEMS, SIGNALS})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the rows, with a heading above each part."""
        lines: list[tuple[Hashable, Line]] = [(("handover",), self._handover(session, now))]
        lines += work_rows(work_plan(session, now), now, width)
        times = settle_times(session)
        if times:
            lines.append((("head", "settle"), ((" Settle times", "accent"),)))
        for one in times:
            lines += self._settling(one, now, width)
        overrides = marked_items(session, State.OVERRIDDEN)
        if overrides:
            lines.append((("head", "override"), ((" Overrides", "accent"),)))
        lines += [(("item", one.item.id), self._override(one, mark, now, width)) for one, mark in overrides]
        return Rows.of(lines)

    def summary(self, session: Session, now: Stamp) -> Line:
        """How much of the settle times is over."""
        times = settle_times(session)
        done = sum(one.state in SATISFIED for one in times)
        return ((f"{done}/{len(times)} settled", "pass" if done == len(times) else "muted"),) if times else ()

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the item of a row."""
        match key:
            case ("item" | "why", str(name)):
                return RowSubject("item", name)
        return None

    def _handover(self, session: Session, now: Stamp) -> Line:
        at = next_handover(session, now)
        if at is None:
            return ((" Next handover  ", "accent"), ("not planned", "muted"))
        return (
            (" Next handover  ", "accent"),
            (self._moment(at, now), "strong"),
            (f"  in {age(at - now.wall)}", "text"),
        )

    def _moment(self, wall: float, now: Stamp) -> str:
        """Return a moment by the chosen clock, with its day if that is another one."""
        time = self.lens.narrow(wall) + ("Z" if self.lens.clock == "utc" else "")
        return time if day(wall) == day(now.wall) or self.lens.clock == "t" else f"{day(wall)[5:]} {time}"

    def _settling(self, one: SettleTime, now: Stamp, width: int) -> Iterator[tuple[Hashable, Line]]:
        state = State.UNKNOWN if self.lens.out_of_date and one.state is State.HOLDING else one.state
        role = STATE_ROLE[state]
        bar = f"  {_bar(one)}" if width >= WIDE else ""
        text = f"  {self._progress(one, now)}"
        head = f" [{state}] {one.number} "
        name = _shortened(one.title, width - len(head) - len(bar) - len(text))
        yield ("item", one.id), ((head, role), (name, "text"), (bar, role), (text, _tone(one)))
        if one.text:
            yield ("why", one.id), ((f"     {plain(one.text, 200)}", "muted"),)

    def _progress(self, one: SettleTime, now: Stamp) -> str:
        if one.full_s is None:
            return f"{duration(one.settled_s)}, its settle time cannot be evaluated"
        if one.state in SATISFIED:
            return f"{duration(one.full_s)} done"
        left = one.left_s
        if left is None:
            return f"0 of {duration(one.full_s)}"
        end = f", over {self._moment(now.wall + left, now)} in {age(left)}" if left > 0 else ""
        return f"{age(one.settled_s)} of {duration(one.full_s)}{end}"

    def _override(self, state: ItemState, mark: ItemMarked, now: Stamp, width: int) -> Line:
        left = mark.expires - now.at
        head, by = f" [{State.OVERRIDDEN}] {state.item.number} ", f", by {plain(mark.by, 20)}"
        until = f"  expires {self._moment(now.wall + left, now)} in {age(left)}" if mark.expires else "  until undone"
        role: Role = "warn" if mark.expires and left < SOON_S else "muted"
        room = width - len(head) - len(until)
        name = _shortened(plain(state.item.title, 60), room - len(by) if room >= len(by) + SHORTEST else room)
        return ((head, "warn"), (name, "text"), (until, role), (by, "muted"))


def _shortened(title: str, room: int) -> str:
    """Return a title in the cells that are left, but never in fewer than SHORTEST."""
    cells = cell_len(title)
    return title if cells <= room else pad(title, min(cells, max(SHORTEST, room)))


def _bar(one: SettleTime) -> str:
    share = 1.0 if one.state in SATISFIED else one.settled_s / one.full_s if one.full_s else 0.0
    full = int(BAR * min(max(share, 0.0), 1.0))
    return "▓" * full + "░" * (BAR - full)


def _tone(one: SettleTime) -> Role:
    return "text" if one.state is State.HOLDING else STATE_ROLE[one.state]


PANEL = UpcomingPanel
