"""The messenger of a session: what goes to which channel, and what is recorded about channels that fail."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from mmcockpit.core.facts.event import AnyBody, Escalated, Event, MessageDelivered, MessageSent, Trouble
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.messages.channels import CLIPBOARD, WEBHOOK, ChannelKind, DeliveryResult, MessageChannel
from mmcockpit.core.rules.messages.announcements import Announcement, Announcements
from mmcockpit.core.rules.messages.escalations import alarm_over
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.messages.channels import channel_failed
from mmcockpit.engine.outward.delivery import Delivery
from mmcockpit.engine.outward.outgoing import MessageSender, Outgoing
from mmcockpit.sources.common.secrets import Secrets

LEAVE_S = 2.0
"""Seconds that messages may still take when the cockpit ends."""

ESCALATION = "escalation"


class Messenger:
    """Sends what operators send, and what facts announce, through the channels of a session.

    A failed announcement is recorded once until the channel works again; a failed message of an operator always.
    Announcements begin with `announce`: a session that only evaluates, as for `gate`, makes none.
    """

    def __init__(self, session: Session, publish: Callable[[AnyBody], None], secrets: Secrets) -> None:
        self._session = session
        self._publish = publish
        self._secrets = secrets
        self._deliveries: dict[str, Delivery] = {}
        self._failing: set[str] = set()
        self._announcements: Announcements | None = None
        self._alarm = session.alarm
        self._leaving = False

    def announce(self) -> None:
        """Announce what happens from now on."""
        self._announcements = Announcements(self._session)
        self._alarm = self._session.alarm

    def stop(self) -> None:
        """Announce nothing any more: another driver has the session."""
        self._announcements = None

    def record(self, event: Event) -> None:
        """Send what a recorded fact is about; the session already includes it."""
        match event.body:
            case MessageSent(to=to, text=text, failed="") if to != CLIPBOARD:
                self._put(to, Outgoing(text, event.stamp.wall), partial(self._sent, event))
            case Escalated(to=channels, text=text):
                self._alert(channels, text, event)
        if (over := alarm_over(self._alarm, self._session, event)) is not None:
            self._alert(over.to, over.text, event, over=True)
        self._alarm = self._session.alarm
        if self._announcements is not None:
            self._send(self._announcements.of(event))

    def tick(self, now: Stamp) -> None:
        """Send what the time announces; called once a second."""
        if self._announcements is not None:
            self._send(self._announcements.at(now))

    async def close(self) -> None:
        """Wait up to LEAVE_S for messages on their way, then record the others as failed."""
        running = [task for one in self._deliveries.values() if (task := one.running) is not None]
        if running:
            _, late = await asyncio.wait(running, timeout=LEAVE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._leaving = True
        for delivery in self._deliveries.values():
            delivery.give_up()

    def _alert(self, channels: Iterable[str], text: str, event: Event, over: bool = False) -> None:
        """Send what an alarm does to its contacts, because of this fact, unless this session announces nothing."""
        for name in channels if self._announcements is not None else ():
            message = Outgoing(text, event.stamp.wall, (ESCALATION,))
            self._put(name, message, partial(self._over if over else self._alerted, event.seq, name))

    def _alerted(self, number: int, name: str, failed: str) -> None:
        self._announced(name, failed)
        self._record_result(number, name, failed)

    def _over(self, number: int, name: str, failed: str) -> None:
        self._announced(name, failed)
        self._publish(MessageDelivered(number, name, self._result(failed), over=True))

    def _record_result(self, number: int, name: str, failed: str) -> None:
        """Record what became of a message, where that is not recorded yet."""
        sending = next((one for one in self._session.sending if (one.number, one.to) == (number, name)), None)
        if sending is not None:
            self._publish(MessageDelivered(number, name, self._result(failed), sending.message))

    def _result(self, failed: str) -> DeliveryResult:
        if not failed:
            return DeliveryResult.SENT
        # Whether a message arrived whose response was not waited for is not known.
        return DeliveryResult.UNKNOWN if self._leaving else DeliveryResult.FAILED

    def _send(self, announcements: Iterable[Announcement]) -> None:
        opened = self._session.opened
        for one in announcements:
            for channel in self._session.cockpit.channels:
                about = tuple(kind for kind in one.kinds if kind in channel.on)
                if about and opened is not None and channel.speaks_in(opened.mode):
                    message = Outgoing(one.text, one.at.wall, about)
                    self._put(channel.name, message, partial(self._announced, channel.name))

    def _put(self, name: str, message: Outgoing, ended: Callable[[str], None]) -> None:
        if name not in self._deliveries:
            sender = self._sender(name)
            if sender is None:
                ended("the cockpit file does not have this channel any more")
                return
            self._deliveries[name] = Delivery(sender)
        self._deliveries[name].put(message, ended)

    def _sender(self, name: str) -> MessageSender | None:
        channel = next((one for one in channels_of(self._session.cockpit) if one.name == name), None)
        return None if channel is None else sender_of(channel, self._secrets)

    def _sent(self, event: Event, failed: str) -> None:
        assert isinstance(event.body, MessageSent)
        if failed:
            self._publish(msgspec.structs.replace(event.body, failed=self._cleaned(failed)))
        else:
            self._failing.discard(event.body.to)
        self._record_result(event.seq, event.body.to, failed)

    def _announced(self, name: str, failed: str) -> None:
        if not failed:
            self._failing.discard(name)
        elif name not in self._failing:
            self._failing.add(name)
            self._publish(Trouble(f"channel {name}", channel_failed(self._cleaned(failed))))

    def _cleaned(self, failed: str) -> str:
        return plain(self._secrets.redact(failed), 200)


def channels_of(cockpit: Cockpit) -> tuple[MessageChannel, ...]:
    """Return every channel of a cockpit file, with the one that `messages.webhook` defines."""
    if not cockpit.webhook or any(one.name == WEBHOOK for one in cockpit.channels):
        return cockpit.channels
    return (*cockpit.channels, MessageChannel(WEBHOOK, ChannelKind.WEBHOOK, cockpit.webhook))


def sender_of(channel: MessageChannel, secrets: Secrets) -> MessageSender:
    """Return what sends the messages of a channel."""
    # Imported with the first message: no start of a session waits for them.
    match channel.kind:
        case ChannelKind.WEBHOOK:
            from mmcockpit.engine.outward.webhook import WebhookSender

            return WebhookSender(secrets, channel.secret)
        case ChannelKind.APPRISE:
            from mmcockpit.engine.outward.apprise import AppriseSender

            return AppriseSender(secrets, channel.secret)
        case ChannelKind.GRAFANA:
            from mmcockpit.engine.outward.grafana import GrafanaSender

            return GrafanaSender(secrets, channel)
