"""The actions that move a replay."""

from collections.abc import Callable

from mmcockpit.core.feed import Transport
from mmcockpit.core.words.numbers import speed_words
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import DialogQuestion

Act = Callable[[Desk], None]

MOMENTS = "14:03:22Z, T+11m, 50%, #418"


def _moving(move: Callable[[Transport], object]) -> Act:
    def act(desk: Desk) -> None:
        if desk.transport is not None:
            move(desk.transport)
            # The message of an earlier action is over, such as the speed of a replay that is paused.
            desk.say("")
            # Draw at once instead of with the next frame, so that a held key shows where it goes.
            desk.frame()

    return act


play = _moving(lambda transport: transport.play())


def skip(seconds: float) -> Act:
    """Return the action that moves by seconds of the session."""
    return _within(lambda transport: transport.skip(seconds), seconds > 0)


def step(by: int) -> Act:
    """Return the action that moves by a number of facts."""
    return _within(lambda transport: transport.step(by), by > 0)


def _within(move: Callable[[Transport], object], forward: bool) -> Act:
    """Return an action that moves, with a message where the session ends."""
    moving = _moving(move)

    def act(desk: Desk) -> None:
        before = desk.transport.state if desk.transport is not None else None
        moving(desk)
        if before is not None and desk.transport is not None:
            after = desk.transport.state
            if (after.position, after.seq) == (before.position, before.seq):
                edge = "latest fact" if after.growing and forward else "end" if forward else "start"
                desk.say(f"this is the {edge} of the session")

    return act


def quicken(steps: int) -> Act:
    """Return the action that changes the speed by steps."""
    return _moving(lambda transport: transport.quicken(steps))


def jump(kind: str, by: int) -> Act:
    """Return the action that jumps to the next (+1) or previous (-1) landmark of a kind."""

    def act(desk: Desk) -> None:
        if desk.transport is not None and not desk.transport.jump(kind, by):
            desk.say(f"no {kind} {'after' if by > 0 else 'before'} this time")
        desk.frame()

    return act


def skip_idle(desk: Desk) -> None:
    """Skip stretches without facts, or play them again."""
    if desk.transport is not None:
        desk.transport.skip_idle()
        skips = desk.transport.state.skips_idle
        desk.say("idle time is skipped" if skips else "idle time is played")


def ask_seek(desk: Desk) -> None:
    """Prompt for a moment to seek to."""
    desk.ask(DialogQuestion(f"seek to ({MOMENTS}):", lambda text, chosen: _complain(desk, seek(desk, text))))


def seek(desk: Desk, text: str) -> str:
    """Seek to a moment; return an error text, or an empty one."""
    if desk.transport is None:
        return "works in a replay only"
    sought = desk.transport.seek(text)
    desk.frame()
    # Without a note this removes the one of an earlier seek.
    desk.say(sought.note, "warn")
    return sought.error


def speed(desk: Desk, text: str) -> str:
    """Play at the available speed nearest to the given factor; return an error text, or an empty one."""
    if desk.transport is None:
        return "works in a replay only"
    top, _, bottom = text.strip().lower().removesuffix("x").partition("/")
    try:
        wanted = float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return f"{text!r} is not a speed: write 1/4, 1 or 64"
    transport = desk.transport
    for by in (1, -1):
        while (wanted - transport.state.speed) * by > 0:
            before = transport.state.speed
            transport.quicken(by)
            if transport.state.speed == before:
                break
    desk.say(f"playing at {speed_words(transport.state.speed)}")
    return ""


def _complain(desk: Desk, wrong: str) -> None:
    if wrong:
        desk.say(wrong, "warn")
