"""Message templates, the channels that they leave through, and escalation, as written in files."""

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mmcockpit.config.loader import Part
from mmcockpit.config.models.cockpit import CockpitFile
from mmcockpit.config.models.messages import MOST_CHANNELS, ChannelEntry, EscalationStepEntry
from mmcockpit.config.models.procedure import MessageEntry, WebhookSecret
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.messages.channels import (
    CLIPBOARD,
    LOOPBACK,
    WEBHOOK,
    Announced,
    ChannelKind,
    EscalationStep,
    MessageChannel,
)
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.messages.channels import APPRISE_MISSING

CHANNELS = "channels"
RESERVED = (WEBHOOK, CHANNELS)
"""Keys of `messages:` that are not messages."""

_TO_PEOPLE = (Announced.ROLLBACK, Announced.REGRESSION, Announced.PHASE, Announced.END)
_TO_CHARTS = (Announced.T0, Announced.PHASE, Announced.OVERRIDE, Announced.ROLLBACK, Announced.END)
"""What a channel announces unless it has `on:`."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class OutwardMessages(NamedTuple):
    """The messages of a cockpit file that leave the cockpit."""

    webhook: dict[str, Any]
    channels: tuple[MessageChannel, ...]
    escalation: tuple[EscalationStep, ...]


def read_messages(values: Mapping[str, Any], part: Part) -> dict[str, Message]:
    """Return the messages below `messages:`, by id."""
    messages: dict[str, Message] = {}
    for name, value in values.items():
        if name not in RESERVED:
            entry = part.at(name).validate(MessageEntry, value)
            if entry is not None:
                messages[name] = Message(name, entry.title, entry.text.strip())
    return messages


def read_outward(entry: CockpitFile, part: Part) -> OutwardMessages:
    """Return the webhook, the channels and the escalation of a cockpit file; never an address itself."""
    messages = part.at("messages")
    webhook, channels = _webhook(entry.messages, messages), _channels(entry.messages, messages.at(CHANNELS))
    senders = {one.name: one.kind for one in channels} | ({WEBHOOK: ChannelKind.WEBHOOK} if webhook else {})
    return OutwardMessages(webhook, channels, _escalation(entry.escalate, senders, part.at("escalate")))


def refuse_outward(values: Mapping[str, Any], part: Part) -> None:
    """Report a webhook or channels that a checklist defines."""
    for key, what in ((WEBHOOK, "a webhook"), (CHANNELS, "channels")):
        if key in values:
            message = f"a checklist cannot define {what}; define messages.{key} in the cockpit file"
            part.at(key).error(message, key=True)


def _webhook(values: Mapping[str, Any], part: Part) -> dict[str, Any]:
    value = values.get(WEBHOOK)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        part.at(WEBHOOK).error("messages.webhook is a secret; write a reference: {env: NAME} or {file: PATH}")
        return {}
    entry = part.at(WEBHOOK).validate(WebhookSecret, value)
    return _reference(entry) if entry is not None else {}


def _channels(values: Mapping[str, Any], part: Part) -> tuple[MessageChannel, ...]:
    written = values.get(CHANNELS) or {}
    if not isinstance(written, Mapping):
        part.error("must be channels by name: {team: {apprise: {env: NAME}}}")
        return ()
    if len(written) > MOST_CHANNELS:
        part.error(f"must have at most {MOST_CHANNELS} channels")
        return ()
    channels = [_channel(str(name), value, part.at(name)) for name, value in written.items()]
    return tuple(channel for channel in channels if channel is not None)


def _channel(name: str, value: Any, part: Part) -> MessageChannel | None:
    if name in (WEBHOOK, CLIPBOARD) or not _NAME.fullmatch(name):
        part.error(
            f"'{name}' cannot be the name of a channel; use letters, digits, - and _, such as team-mail", key=True
        )
        return None
    written = value if isinstance(value, Mapping) else {}
    for key in (ChannelKind.WEBHOOK, ChannelKind.APPRISE):
        if isinstance(written.get(key), str):
            part.at(key).error(f"the address of {key} is a secret; write a reference: {{env: NAME}} or {{file: PATH}}")
            return None
    entry = part.validate(ChannelEntry, value)
    if entry is None:
        return None
    given = None if entry.on is None else tuple(dict.fromkeys(map(Announced, entry.on)))
    if entry.grafana is not None:
        url = entry.grafana.url.rstrip("/")
        _check_grafana(url, part.at(ChannelKind.GRAFANA, "url"))
        return MessageChannel(
            name,
            ChannelKind.GRAFANA,
            _reference(entry.grafana.token),
            _TO_CHARTS if given is None else given,
            entry.rehearsal,
            url,
            entry.grafana.dashboard,
            entry.grafana.tags,
        )
    kind, secret = (ChannelKind.APPRISE, entry.apprise) if entry.apprise else (ChannelKind.WEBHOOK, entry.webhook)
    assert secret is not None, "the model has one of the kinds"
    if kind is ChannelKind.APPRISE and find_spec("apprise") is None:
        part.at(kind).error(APPRISE_MISSING)
    return MessageChannel(name, kind, _reference(secret), _TO_PEOPLE if given is None else given, entry.rehearsal)


def _check_grafana(url: str, part: Part) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return
    part.error("must begin with https://, because a token is sent to it")


def _escalation(
    steps: tuple[EscalationStepEntry, ...], senders: Mapping[str, ChannelKind], part: Part
) -> tuple[EscalationStep, ...]:
    before = 0.0
    for n, step in enumerate(steps):
        for name in step.to:
            if name not in senders:
                way_out = did_you_mean(name, senders) if senders else "; define it under messages.channels"
                part.at(n, "to").error(f"unknown channel '{name}'{way_out}")
            elif senders[name] is ChannelKind.GRAFANA:
                part.at(n, "to").error(f"'{name}' is a Grafana, which alerts no person; name another channel")
        if step.after <= before:
            part.at(n, "after").error(f"must be longer than the {duration(before)} of the step before")
        before = max(before, step.after)
    return tuple(EscalationStep(step.to, step.after) for step in steps)


def _reference(secret: WebhookSecret) -> dict[str, Any]:
    return secret.model_dump(exclude_none=True)
