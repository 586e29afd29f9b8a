"""The two lines at the top: the session's place and phase, and the advice."""

from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import offset
from mmcockpit.ui.render.advice import advice_line
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Line, Span, fit, plain, spread, width_of
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.widgets.canvas import Canvas

SHORT = {"production": "PROD", "prod": "PROD"}


class Header(Canvas):
    """Mode and environment are always at the far left; the second line is the advice."""

    DEFAULT_CSS = "Header { height: 2; width: 1fr; dock: top; }"

    def __init__(self, paint: Paint, sight: Sight, replay: bool) -> None:
        super().__init__(paint)
        self._sight = sight
        self._replay = replay
        self._lens = Lens()
        self._operator = ""

    def show(self, lens: Lens, operator: str) -> None:
        """Draw both lines."""
        self._lens, self._operator = lens, operator
        self.on_resize()

    def on_resize(self) -> None:
        """Draw in the new width."""
        width = self.size.width
        if width:
            place = _place(self._sight, self._lens, self._operator, self._replay, width)
            self.put([(place, "bar"), (advice_line(self._sight, self._lens, width), "base")])


def _place(sight: Sight, lens: Lens, operator: str, replay: bool, width: int) -> Line:
    session, now = sight.session, sight.now
    if session.opened is None:
        return fit(((" STARTING ", "badge"),), width)
    cockpit = session.cockpit
    badge = _badge(session, replay)
    clock: Span = (f"  {lens.time(now.wall)}" if lens.clock != "t" else f"  {Lens().time(now.wall)}", "text")
    phases = cockpit.checklist.phases
    phase = phases[session.phase] if session.phase < len(phases) else None
    done = sum(state.state in SATISFIED for state in session.items.values())
    # Each part with the number by which the loop below leaves it out on a narrow terminal.
    parts: list[tuple[int, Span]] = [(0, badge)]
    parts.append((3, (f"  {plain(cockpit.target, 40)}", "strong")))
    counted = session.count(now)
    if counted is not None:
        parts.append(
            (1, (f"  {offset(counted)}{' HELD' if session.held else ''}", "warn" if session.held else "accent"))
        )
    if phase is not None:
        parts.append((2, (f"  {plain(phase.title, 30).upper()} {session.phase + 1}/{len(phases)}", "text")))
    parts.append((4, (f"  {done}/{len(session.items)} done", "muted")))
    right: list[tuple[int, Span]] = [(1, clock), (5, (f"  {plain(operator, 20)} ", "text"))]
    if session.unverified:
        parts.append((0, (unverified(session, width), "warn")))
    if session.observers:
        right.append((6, (f" obs:{len(session.observers)} ", "accent")))
    for least in (4, 5, 3, 6, 2, 1):
        if width_of([span for _, span in (*parts, *right)]) <= width:
            break
        parts = [part for part in parts if part[0] != least]
        right = [part for part in right if part[0] != least]
    return fit(spread(tuple(span for _, span in parts), tuple(span for _, span in right), width), width)


def unverified(session: Session, width: int) -> str:
    """Return the sources whose TLS certificates are not verified; their number if the names are too long."""
    names = ", ".join(plain(name, 20) for name in session.unverified)
    room = width - 80
    return f"  TLS unverified: {names if len(names) <= room else len(session.unverified)}"


def _badge(session: Session, replay: bool) -> Span:
    assert session.opened is not None
    environment = plain(session.cockpit.environment, 20)
    name = SHORT.get(environment.casefold(), environment.upper())
    mode = "REPLAY" if replay else session.opened.mode.value.upper()
    words = mode if name == mode else f"{mode} {name}"
    production = name == "PROD" and session.opened.mode is SessionMode.LIVE and not replay
    return f" {words} ", "live" if production else "badge"
