"""The people of a shared session: who is here, where, with what right and since when; controls, approvals, work."""

from collections.abc import Hashable, Iterator

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.model.people import same
from mmcockpit.core.model.seat import Seat, Sharing, Via
from mmcockpit.core.model.shape import ValueColumn
from mmcockpit.core.model.sharing import can_take_over, cut_off, offers_takeover, silent_s
from mmcockpit.core.rules.plans.work_plan import work_plan
from mmcockpit.core.rules.seats.present import present
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import ITEMS, SESSION, Session, Topic
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.sharing import driver_silent, store_away, takeover_reason, takeover_text
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.table import TableRow, table
from mmcockpit.ui.render.text import Line, Role, age, plain, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.work import people_rows
from mmcockpit.ui.widgets.panel import Panel

COLUMNS = (
    ValueColumn("person", "Person", rank=0),
    ValueColumn("role", "Role", rank=1),
    ValueColumn("right", "Right", rank=2),
    ValueColumn("since", "Since", rank=3),
    ValueColumn("where", "Where", rank=4),
    ValueColumn("identity", "Identity", rank=5),
)

Keyed = tuple[Hashable, Line]


class PeoplePanel(Panel):
    """One row for each seat, then who has the controls, the approvals in force, and the shared store."""

    title = "People"

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self.sharing: Sharing | None = None
        """How this process takes part; None where the session is not shared."""

    @property
    def watches(self) -> frozenset[Topic]:
        """The session with seats, controls and approvals, and the items that people work on."""
        return frozenset({SESSION, ITEMS})

    def summary(self, session: Session, now: Stamp) -> Line:
        """How many people are here, and who has the controls."""
        here = len(present(session))
        if not here:
            return ()
        has = f"{plain(session.controls, 20)} has the controls" if session.controls else "the controls are free"
        return ((f"{here} here, {has}", "muted"),)

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the rows."""
        lines: list[Keyed] = []
        if session.seats:
            lines += table(COLUMNS, list(self._seats(session, now)), width)
        else:
            lines += self._not_shared(session)
        lines += people_rows(work_plan(session, now), width)
        for n, (text, role) in enumerate(self._notes(session, now)):
            lines += [
                (("note", n, at), ((f" {line}", role),)) for at, line in enumerate(wrap(text, max(10, width - 2)))
            ]
        return Rows.of(lines)

    def _seats(self, session: Session, now: Stamp) -> Iterator[TableRow]:
        for one in present(session):
            for n, seat in enumerate(one.seats):
                person = plain(seat.person, 20) if not n else f"  {plain(seat.person, 20)}, again"
                star = "*" if one.controls and not n else ""
                cells = (
                    f"{person}{star}",
                    plain(seat.role, 30) or "-",
                    str(seat.right),
                    self._since(session, seat, now),
                )
                own = self.sharing is not None and self.sharing.seat.id == seat.id
                role = "strong" if own else "text" if seat.acts else "muted"
                yield TableRow(("seat", seat.id), (*cells, _where(seat, own), plain(seat.identity, 48)), role)

    def _since(self, session: Session, seat: Seat, now: Stamp) -> str:
        since = session.seat_since.get(seat.id)
        return f"{self.lens.narrow(since.wall)}, {age(now.at - since.at)}" if since is not None else "-"

    def _not_shared(self, session: Session) -> Iterator[Keyed]:
        yield ("none",), ((" this session is not shared: add share: to the cockpit file", "muted"),)
        for name in session.operators:
            yield ("operator", name), ((f" {plain(name, 40)}", "strong"), ("  operator", "muted"))
        for process, name in session.observers.items():
            yield ("observer", process), ((f" {plain(name, 40)}", "text"), ("  watches, name not verified", "muted"))

    def _notes(self, session: Session, now: Stamp) -> Iterator[tuple[str, Role]]:
        if not session.seats:
            return
        yield "", "text"
        if session.controls:
            gone = not any(same(seat.person, session.controls) for seat in session.seats.values())
            left = ", and has left: `:takeover REASON` takes them" if gone else ""
            yield f"* {plain(session.controls, 40)} has the controls{left}", "warn" if gone else "text"
        else:
            yield "the controls are free: `:control request` gets them", "warn"
        for name in session.control_requests:
            yield f"{plain(name, 40)} requests the controls: `:control grant {plain(name, 40)}`", "accent"
        for one in present(session):
            if len(one.seats) > 1:
                yield (
                    f"{plain(one.person, 40)} has {counted(len(one.seats), 'seat')}: one identity, counts once",
                    "warn",
                )
        names = SessionNames(session)
        for approval in (one.fact for one in session.approvals.values()):
            if approval.until > now.at:
                number, title = names.step(approval.procedure, approval.step)
                left = f"for {age(approval.until - now.at)} more"
                yield (
                    f"{number} {title}: approved by {plain(approval.by, 40)} ({plain(approval.role, 40)}), {left}",
                    "pass",
                )
        yield from self._store()

    def _store(self) -> Iterator[tuple[str, Role]]:
        sharing = self.sharing
        if sharing is None:
            return
        if away := cut_off(sharing):
            yield store_away(away, silent_s(sharing)), "fail"
        elif sharing.away:
            why = plain(sharing.away, 200)
            state = "NOT SHARED" if sharing.refused else f"SHARED BEHIND {sharing.behind}"
            yield f"{state}: {why}; recording continues on this machine", "warn"
        if (silent := silent_s(sharing)) and not away:
            yield driver_silent(sharing, silent), "fail"
        if offers_takeover(sharing):
            why = takeover_reason(sharing)
            yield f"{takeover_text(sharing)}{f': {why}' if why else ''}", "text" if can_take_over(sharing) else "warn"


def _where(seat: Seat, own: bool) -> str:
    """Return where a seat is: `this terminal`, `socket, process 4711`, `database, laptop`."""
    if own:
        return "this terminal"
    if seat.via is Via.TERMINAL:
        return f"driver on {plain(seat.host, 30)}" if seat.host else "driver"
    place = f"process {seat.process}" if seat.via is Via.SOCKET else plain(seat.host, 30)
    return f"{seat.via}, {place}" if place else str(seat.via)


PANEL = PeoplePanel
