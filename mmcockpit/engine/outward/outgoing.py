"""What a channel sends, and what every kind of channel does."""

from typing import NamedTuple, Protocol

from mmcockpit.core.text import clean
from mmcockpit.sources.common.secrets import Secrets

WITHIN_S = 10.0
"""Seconds that sending one message may take."""


class Outgoing(NamedTuple):
    """One message: its text, its time in Unix seconds, and what it is about, as `on:` names it."""

    text: str
    wall: float
    about: tuple[str, ...] = ()


class ChannelCheck(NamedTuple):
    """What is known of a channel without a message: why none would arrive (empty if nothing shows that).

    `found` is what was checked, `unchecked` what only a message would show.
    """

    fault: str
    found: str
    unchecked: str


class MessageSender(Protocol):
    """Sends messages through one channel, each once."""

    async def check(self) -> ChannelCheck:
        """Check the channel as far as that is possible without a message."""
        ...

    async def send(self, message: Outgoing) -> str:
        """Return why the message did not arrive, without secrets; empty if it did."""
        ...


def escaped(text: str, secrets: Secrets) -> str:
    """Return a text without secrets, mentions and hidden links.

    Slack interprets `<!channel>` and `<http://…|label>`, Grafana shows HTML.
    """
    text = clean(secrets.redact(text))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
