"""The actions on the controls: request them, grant them, take over."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.next_action import NextKind
from mmcockpit.core.model.seat import Via
from mmcockpit.core.model.sharing import LEASE_S, can_take_over
from mmcockpit.core.rules.seats.holder import drives_next
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.sharing import takeover_reason
from mmcockpit.ui.desk import Desk

USAGE = ":control request asks for the controls; :control grant NAME passes them on"


def control(desk: Desk, text: str) -> str:
    """Request the controls, or grant them to a person who is here."""
    word, _, name = text.partition(" ")
    name = name.strip()
    if word == "request" and not name:
        desk.submit(commands.RequestControls)
    elif word == "grant" and name:
        desk.submit(lambda by: commands.GrantControls(by, name))
    else:
        return USAGE
    return ""


def take_over(desk: Desk, reason: str) -> str:
    """Become the driver of a session whose driver is silent; else take the controls of a person who has left."""
    sharing = desk.sharing
    silent = desk.following is not None and desk.following.kind is NextKind.DRIVER_SILENT
    if sharing is None or not (silent or drives_next(desk.session, sharing)):
        desk.submit(lambda by: commands.TakeControls(by, reason))
        return ""
    if sharing.seat.via is Via.SOCKET:
        who = f"only {sharing.driver} can resume it" if sharing.driver else "`mmcockpit resume` continues"
        return f"the driver on this machine is silent: {who}, once its process has ended"
    if not can_take_over(sharing):
        return f"this seat cannot take over: {takeover_reason(sharing)}"
    if not drives_next(desk.session, sharing):
        left_s = max(LEASE_S - sharing.silent_s, 1.0)
        return f"the lease of the driver has not ended: try again in {duration(left_s)}"
    desk.become_driver(reason)
    return ""


def people(desk: Desk) -> None:
    """Show who is here, or go back."""
    if not (desk.pane.kind == "people" and desk.away and desk.go_back()):
        desk.open_panel("people", alone=True)
