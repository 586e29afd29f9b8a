"""Strikes secrets out of facts before they are recorded: out of operators' text and of error details."""

from collections.abc import Callable

import msgspec

from mmcockpit.core.facts.event import AnyBody, Observed, Refused, Trouble
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.text import clean, plain

_WRITTEN = frozenset({"reason", "because", "text", "outcome", "failed"})
"""Fields that hold free text."""


def redacted(body: AnyBody, redact: Callable[[str], str]) -> AnyBody:
    """Return a fact with secrets struck out of its free text; readings are redacted before they are judged."""
    if isinstance(body, Observed):
        return body
    if isinstance(body, Trouble):
        # The text of an exception may quote what a server sent.
        return Trouble(body.where, plain(redact(body.summary), 400), clean(redact(body.detail)), body.harmless)
    if isinstance(body, Refused):
        return msgspec.structs.replace(body, refusal=_refusal(body.refusal, redact))
    changes = {}
    for name in _WRITTEN.intersection(body.__struct_fields__):
        written = getattr(body, name)
        if isinstance(written, str) and (struck := redact(written)) != written:
            changes[name] = struck
    return msgspec.structs.replace(body, **changes) if changes else body


def _refusal(refusal: Refusal, redact: Callable[[str], str]) -> Refusal:
    """Return a refusal without secrets and control characters: it may quote what an operator typed."""
    return msgspec.structs.replace(
        refusal,
        subject=plain(redact(refusal.subject)),
        other=plain(redact(refusal.other)),
        by=plain(redact(refusal.by)),
        text=plain(redact(refusal.text)),
        names=tuple(plain(redact(name)) for name in refusal.names),
        parts=tuple(_refusal(part, redact) for part in refusal.parts),
    )
