"""How the cockpit gets the attention of the person at a terminal."""

from enum import StrEnum

import msgspec


class NotificationForm(StrEnum):
    """The escape sequences of desktop notifications; terminals know one of them or both."""

    OFF = "off"
    BOTH = "both"
    OSC9 = "osc9"
    OSC777 = "osc777"


class AttentionSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the bell rings, which desktop notifications are sent, and whether the window title shows the state."""

    bell: bool = True
    notification: NotificationForm = NotificationForm.OFF
    title: bool = True
