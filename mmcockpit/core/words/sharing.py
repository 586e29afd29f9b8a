"""The state of a shared session as text: the silent driver, and whether this seat can take over."""

from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Seat, Sharing
from mmcockpit.core.model.sharing import can_take_over, offers_takeover
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.keys import Keys
from mmcockpit.core.words.refusals import refusal_words


def locked_words(refusal: Refusal, keys: Keys) -> str:
    """Return why a step that needs an approval cannot run now, short enough for a dialog."""
    if refusal.code is Code.APPROVAL_MISSING:
        who = " or ".join(refusal.names) or "no person"
        return f"locked until {who} ({refusal.other}) approves it"
    return f"locked: {refusal_words(refusal, keys)}"


def driver_silent(sharing: Sharing, for_s: float) -> str:
    """Return that the driver is silent, and whether this seat can take over."""
    takeover = f"; {takeover_text(sharing)}" if offers_takeover(sharing) else ""
    return f"DRIVER SILENT {age(for_s)}: no verdict can be trusted{takeover}"


def store_away(away: str, for_s: float) -> str:
    """Return that this seat has no connection to the shared store, and why; with how long the driver seems silent."""
    why = f"to the shared store: {plain(away, 80)}; no verdict can be trusted"
    return f"DRIVER SILENT {age(for_s)}: no connection {why}" if for_s else f"NO CONNECTION {why}"


def one_identity(seat: Seat) -> str:
    """Return that a seat and another one of the same person are one identity."""
    return f"{seat.person} has another seat here: both are one identity ({seat.identity}), and count once"


def takeover_text(sharing: Sharing) -> str:
    """Return whether this seat can take over: `can take over: yes`."""
    return f"can take over: {'yes' if can_take_over(sharing) else 'no'}"


def takeover_reason(sharing: Sharing) -> str:
    """Return why this seat cannot take over; empty if it can."""
    if can_take_over(sharing):
        return ""
    return plain(sharing.takeover, 200) or f"{sharing.seat.person} has no right to drive"
