"""Ready-made messages and the webhook that they are posted to, as written in files."""

from collections.abc import Mapping
from typing import Any

from mmcockpit.config.models.procedure import MessageEntry, WebhookSecret
from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError
from mmcockpit.config.text.validation import Within, validate
from mmcockpit.core.model.procedure import Message

WEBHOOK = "webhook"
"""A key of `messages:` that is not a message."""


def messages(written: Mapping[str, Any], document: Document, errors: list[FileError]) -> dict[str, Message]:
    """Return the messages of a document by id."""
    found = {}
    for name, value in written.items():
        place: Place = ("messages", name)
        if name != WEBHOOK:
            entry = validate(MessageEntry, value, Within(document, place), errors, label=place)
            if entry is not None:
                found[name] = Message(name, entry.title, entry.text.strip())
    return found


def webhook(written: Mapping[str, Any], document: Document, errors: list[FileError]) -> dict[str, str]:
    """Return the reference to the address that messages are posted to, or an empty dict; never the address itself."""
    place: Place = ("messages", WEBHOOK)
    value = written.get(WEBHOOK)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        message = "messages.webhook is a secret; give it by reference: {env: NAME} or {file: PATH}"
        errors.append(document.error(place, message))
        return {}
    entry = validate(WebhookSecret, value, Within(document, place), errors, label=place)
    return entry.model_dump(exclude_none=True) if entry is not None else {}


def refuse_webhook(written: Mapping[str, Any], document: Document, errors: list[FileError]) -> None:
    """Add an error if a checklist defines a webhook."""
    if WEBHOOK in written:
        message = "a checklist cannot send anything; write messages: {webhook: ...} in the cockpit file"
        errors.append(document.error(("messages", WEBHOOK), message, key=True))
