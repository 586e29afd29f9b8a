"""Channels that messages leave the cockpit through, and the contacts to whom an unacknowledged alarm escalates."""

from enum import StrEnum
from typing import Any

import msgspec

from mmcockpit.core.model.states import SessionMode

WEBHOOK, CLIPBOARD = "webhook", "clipboard"
"""The name of the channel that `messages.webhook` defines, and where a message goes that a person pastes."""


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that messages may be sent to without TLS."""


class ChannelKind(StrEnum):
    """How a channel delivers a message."""

    WEBHOOK = "webhook"
    APPRISE = "apprise"
    GRAFANA = "grafana"


class Announced(StrEnum):
    """What a channel announces by itself, as `on:` names it."""

    T0 = "t0"
    PHASE = "phase"
    OVERRIDE = "override"
    HOLD = "hold"
    NO_GO = "no-go"
    REGRESSION = "regression"
    ROLLBACK = "rollback"
    END = "end"


class DeliveryResult(StrEnum):
    """What became of a message; `unknown` if the cockpit ended before its result was recorded."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class MessageChannel(msgspec.Struct, frozen=True, omit_defaults=True):
    """A channel of the cockpit file.

    `secret` is the reference to its address, or to the token of `url`, the address of Grafana. `dashboard` is the UID
    of the dashboard that gets the annotations; empty for all of the organisation.
    """

    name: str
    kind: ChannelKind
    secret: dict[str, Any]
    on: tuple[Announced, ...] = ()
    rehearsal: bool = False
    url: str = ""
    dashboard: str = ""
    tags: tuple[str, ...] = ()

    def speaks_in(self, mode: SessionMode) -> bool:
        """Return whether anything goes to it by itself in a session of this mode."""
        return mode is SessionMode.LIVE or (mode is SessionMode.REHEARSAL and self.rehearsal)


class EscalationStep(msgspec.Struct, frozen=True):
    """The channels to which an alarm escalates after it was not acknowledged for `after_s` seconds."""

    to: tuple[str, ...]
    after_s: float
