"""What the keys do that move a replay."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mmcockpit.core.feed import Transport
from mmcockpit.ui.dialogs.prompt import Question
from mmcockpit.ui.widgets.transport_bar import speed_words

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit

Act = Callable[["Cockpit"], None]

MOMENTS = "14:03:22Z, T+11m, 50%, #418"


def _moving(move: Callable[[Transport], object]) -> Act:
    def act(app: "Cockpit") -> None:
        if app.transport is not None:
            move(app.transport)
            # Without waiting for the next beat: whoever holds a key down sees where it takes them.
            app.frame()

    return act


play = _moving(lambda transport: transport.play())


def skip(seconds: float) -> Act:
    """Return the action that moves by seconds of the session."""
    return _moving(lambda transport: transport.skip(seconds))


def step(by: int) -> Act:
    """Return the action that shows one fact more or less."""
    return _moving(lambda transport: transport.step(by))


def quicken(steps: int) -> Act:
    """Return the action that plays faster or slower."""
    return _moving(lambda transport: transport.quicken(steps))


def jump(kind: str, by: int) -> Act:
    """Return the action that goes to the next or the previous landmark of a kind."""

    def act(app: "Cockpit") -> None:
        if app.transport is not None and not app.transport.jump(kind, by):
            app.say(f"there is no {kind} {'after' if by > 0 else 'before'} this moment")
        app.frame()

    return act


def skip_idle(app: "Cockpit") -> None:
    """Leave out the stretches in which nothing happened, or play them again."""
    if app.transport is not None:
        app.transport.skip_idle()
        skips = app.transport.standing.skips_idle
        app.say("stretches in which nothing happened are left out" if skips else "every stretch is played")


def ask_seek(app: "Cockpit") -> None:
    """Ask for a moment to go to."""
    app.prompt.ask(Question(f"go to ({MOMENTS}):", lambda text, chosen: _complain(app, seek(app, text))))


def seek(app: "Cockpit", text: str) -> str:
    """Go to a moment; return what is wrong with it, or nothing."""
    if app.transport is None:
        return "only a replay can be moved"
    wrong = app.transport.seek(text)
    app.frame()
    return wrong


def speed(app: "Cockpit", text: str) -> str:
    """Play as fast as the text says, as near as the speeds come; return what is wrong with it, or nothing."""
    if app.transport is None:
        return "only a replay can be moved"
    top, _, bottom = text.strip().lower().removesuffix("x").partition("/")
    try:
        wanted = float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return f"{text!r} is no speed: write 1/4, 1 or 64"
    transport = app.transport
    for by in (1, -1):
        while (wanted - transport.standing.speed) * by > 0:
            before = transport.standing.speed
            transport.quicken(by)
            if transport.standing.speed == before:
                break
    app.say(f"playing at {speed_words(transport.standing.speed)}")
    return ""


def _complain(app: "Cockpit", wrong: str) -> None:
    if wrong:
        app.say(wrong, "warn")
