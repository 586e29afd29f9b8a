"""The two lines at the top: where we are, and the worst thing first."""

from mmcockpit.core.event import SessionMode, State
from mmcockpit.core.session import Session
from mmcockpit.core.signals import SignalState
from mmcockpit.core.verdict import Level
from mmcockpit.ui.canvas import Canvas
from mmcockpit.ui.lens import Lens, offset
from mmcockpit.ui.sight import Sight
from mmcockpit.ui.text import WORD, Line, Span, age, fit, plain, spread, width_of
from mmcockpit.ui.themes import Paint
from mmcockpit.ui.values import agreement, last_value, needs, reason

SHORT = {"production": "PROD", "prod": "PROD"}


class Header(Canvas):
    """Mode and environment stand at the far left, always; the second line says what is worst."""

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
        """Draw in the width there is."""
        width = self.size.width
        if width:
            place = _place(self._sight, self._lens, self._operator, self._replay, width)
            self.put([(place, "bar"), (_worst(self._sight, self._lens, width), "base")])


def _place(sight: Sight, lens: Lens, operator: str, replay: bool, width: int) -> Line:
    session, now = sight.session, sight.now
    if session.opened is None:
        return fit(((" STARTING ", "badge"),), width)
    cockpit = session.cockpit
    badge = _badge(session, replay)
    clock: Span = (f"  {lens.time(now.wall)}" if lens.clock != "t" else f"  {Lens().time(now.wall)}", "text")
    phases = cockpit.checklist.phases
    phase = phases[session.phase] if session.phase < len(phases) else None
    done = sum(state.state in (State.DONE, State.GOOD) for state in session.items.values())
    # In the order in which they give way on a narrow terminal, the last one first.
    parts: list[tuple[int, Span]] = [(0, badge)]
    parts.append((3, (f"  {plain(cockpit.target, 40)}", "strong")))
    if session.t0 is not None:
        parts.append((1, (f"  {offset(now.wall - session.t0)}", "accent")))
    if phase is not None:
        parts.append((2, (f"  {plain(phase.title, 30).upper()} {session.phase + 1}/{len(phases)}", "text")))
    parts.append((4, (f"  {done}/{len(session.items)} done", "muted")))
    right: list[tuple[int, Span]] = [(1, clock), (5, (f"  {plain(operator, 20)} ", "text"))]
    for least in (4, 5, 3, 2, 1):
        if width_of([span for _, span in (*parts, *right)]) <= width:
            break
        parts = [part for part in parts if part[0] != least]
        right = [part for part in right if part[0] != least]
    return fit(spread(tuple(span for _, span in parts), tuple(span for _, span in right), width), width)


def _badge(session: Session, replay: bool) -> Span:
    assert session.opened is not None
    environment = plain(session.cockpit.environment, 20)
    name = SHORT.get(environment.casefold(), environment.upper())
    mode = "REPLAY" if replay else session.opened.mode.value.upper()
    words = mode if name == mode else f"{mode} {name}"
    production = name == "PROD" and session.opened.mode is SessionMode.LIVE and not replay
    return f" {words} ", "live" if production else "badge"


def _worst(sight: Sight, lens: Lens, width: int) -> Line:
    session = sight.session
    spans: list[Span] = []
    if sight.stalled_s:
        spans += [(f" ENGINE STALLED {age(sight.stalled_s)} ", "fail-badge"), (" no verdict can be trusted ", "fail")]
    if sight.not_recording:
        spans += [(" NOT RECORDING ", "fail-badge"), (f" {plain(sight.not_recording, 60)} ", "fail")]
    if sight.frozen_at is not None:
        since = age(sight.now.at - sight.frozen_at.at)
        spans += [(f" FROZEN {since} ", "warn-badge"), (f" {sight.waiting} facts wait, p goes on ", "warn")]
    if session.closed is not None:
        spans += [(" ENDED ", "badge"), (f" {plain(session.closed.outcome, 60)} ", "strong")]
    return fit((*spans, *_verdicts(session, sight, lens)), width)


def _verdicts(session: Session, sight: Sight, lens: Lens) -> Line:
    judged = [state for state in session.signals.values() if state.signal.judged]
    levels = {level: [state for state in judged if state.asked_at and lens.level(state) is level] for level in Level}
    silent = sum(state.asked_at is None for state in judged)
    regressed = sum(state.state is State.REGRESSED for state in session.items.values())
    spans: list[Span] = []
    for level, role in ((Level.FAIL, "fail"), (Level.UNKNOWN, "unknown"), (Level.WARN, "warn")):
        if levels[level]:
            spans.append((f" {WORD[level].upper()} {len(levels[level])} ", f"{role}-badge"))
    if regressed:
        spans.append((f" REGRESSED {regressed} ", "fail-badge"))
    worst = next((levels[one] for one in (Level.FAIL, Level.UNKNOWN, Level.WARN) if levels[one]), None)
    if worst and not sight.stalled_s:
        state = max(worst, key=lambda one: one.since.at if one.since else 0.0)
        return (*spans, (" ", "text"), *_sentence(state, lens, sight))
    if worst:
        return tuple(spans)
    said = f" no signal fails: {len(levels[Level.PASS])} pass"
    return ((f"{said}, {silent} not asked yet" if silent else said, "pass" if levels[Level.PASS] else "muted"),)


def _sentence(state: SignalState, lens: Lens, sight: Sight) -> Line:
    level = lens.level(state)
    since = f" since {lens.narrow(state.since.wall)}" if state.since else ""
    title = plain(state.signal.title, 60)
    if level is Level.UNKNOWN:
        return (f"{title} ", "strong"), (reason(state), "unknown"), (since, "muted")
    rule = state.signal.rule.passes
    agree = agreement(state)
    return (
        (f"{title} ", "strong"),
        (last_value(state), str(level)),
        (f" wants {needs(rule, state.signal)}", "text"),
        (f" {agree}" if agree else "", "muted"),
        (since, "muted"),
    )
