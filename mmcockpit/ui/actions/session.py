"""Leaving and ending the session."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import still_running
from mmcockpit.core.model.seat import Via
from mmcockpit.core.model.sharing import ends_with_store
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import DialogQuestion, Way, always


def leave(desk: Desk) -> None:
    """Ask whether to leave, end or stay; without an operator, or in an ended session, close the screen at once."""
    if not desk.operator or desk.session.closed is not None:
        desk.leave("closed", at_once=True)
        return
    seated = desk.sharing is not None and desk.sharing.seat.via is not Via.TERMINAL
    ways = [Way("s", "stay", "continue"), Way("l", "leave", _what_leaving_means(desk, seated))]
    if has_controls(desk.session, desk.sharing):
        ways.append(Way("e", "end", "end the session; asks for its outcome"))

    def answered(word: str | None) -> None:
        if word == "leave" and seated:
            desk.leave("closed", at_once=True)
        elif word == "leave" and not _kept(desk):
            desk.submit(commands.LeaveSession)
            desk.leave("left")
        elif word == "end":
            desk.ask(DialogQuestion("outcome:", lambda outcome, chosen: end(desk, outcome), settles=always))

    desk.choose("Leave this go-live?", ways, answered)


def _what_leaving_means(desk: Desk, seated: bool) -> str:
    """Return what becomes of the session when this seat, or its driver, leaves."""
    if seated:
        return "your seat closes; the session continues"
    opened = desk.session.opened
    if opened is not None and ends_with_store(desk.session.cockpit, opened.mode):
        return "polling stops until another seat takes over; the demo cannot be resumed later"
    return "polling stops until `mmcockpit resume`"


def end(desk: Desk, outcome: str) -> None:
    """End the session with its outcome, and close the screen once that is recorded."""
    if _kept(desk):
        return
    desk.submit(lambda by: commands.EndSession(by, outcome))
    desk.leave("ended")


def _kept(desk: Desk) -> bool:
    """Whether a running command keeps the operator from leaving; if so, shows a message."""
    refusal = still_running(desk.session)
    if refusal is not None:
        desk.say(refusal_words(refusal, desk.lens.keys), "warn")
    return refusal is not None
