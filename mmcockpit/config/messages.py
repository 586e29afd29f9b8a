"""Message templates and the webhook that they are posted to, as written in files."""

from collections.abc import Mapping
from typing import Any

from mmcockpit.config.loader import Part
from mmcockpit.config.models.procedure import MessageEntry, WebhookSecret
from mmcockpit.core.model.procedure import Message

WEBHOOK = "webhook"
"""A key of `messages:` that is not a message."""


def read_messages(values: Mapping[str, Any], part: Part) -> dict[str, Message]:
    """Return the messages below `messages:`, by id."""
    messages: dict[str, Message] = {}
    for name, value in values.items():
        if name != WEBHOOK:
            entry = part.at(name).validate(MessageEntry, value)
            if entry is not None:
                messages[name] = Message(name, entry.title, entry.text.strip())
    return messages


def read_webhook(values: Mapping[str, Any], part: Part) -> dict[str, str]:
    """Return the reference to the address that messages are posted to, or an empty dict; never the address itself."""
    value = values.get(WEBHOOK)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        part.at(WEBHOOK).error("messages.webhook is a secret; write a reference: {env: NAME} or {file: PATH}")
        return {}
    entry = part.at(WEBHOOK).validate(WebhookSecret, value)
    return entry.model_dump(exclude_none=True) if entry is not None else {}


def refuse_webhook(values: Mapping[str, Any], part: Part) -> None:
    """Report a webhook that a checklist defines."""
    if WEBHOOK in values:
        message = "a checklist cannot define a webhook; define messages.webhook in the cockpit file"
        part.at(WEBHOOK).error(message, key=True)
