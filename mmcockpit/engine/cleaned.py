"""Turns input from outside the engine into fact content, without secrets: results of probes, bugs, texts."""

import traceback
from collections.abc import Callable

import msgspec

from mmcockpit.core.facts.event import AnyBody, HandoverPrepared, Observed, Refused, Trouble
from mmcockpit.core.facts.free_text import without_secrets
from mmcockpit.core.model.reading import Answer, Fault, ProbeError, Reading, normalise
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.text import clean, plain


def cleaned(answer: Answer, redact: Callable[[str], str]) -> Answer:
    """Return a result without secrets, control characters and non-finite numbers."""
    if isinstance(answer, Fault):
        return Fault(answer.kind, plain(redact(answer.message), 400))
    try:
        value, defect = normalise(answer.value, redact)
    except ProbeError as error:
        return Fault(error.kind, plain(error.message, 400))
    sampled = None if answer.sampled is None else round(answer.sampled, 3)
    return Reading(value, sampled, defect, answer.remark and plain(redact(answer.remark), 400))


def trouble(where: str, error: BaseException) -> Trouble:
    """Return the fact that records an internal error of the cockpit."""
    detail = clean("".join(traceback.format_exception(error, limit=-8)))
    return Trouble(where, plain(f"{type(error).__name__}: {error}", 400), detail)


def redacted(body: AnyBody, redact: Callable[[str], str]) -> AnyBody:
    """Return a fact with secrets struck out of its free text; readings are redacted before they are judged."""
    if isinstance(body, Observed):
        return body
    if isinstance(body, Trouble):
        # The text of an exception may quote what a server sent.
        return Trouble(body.where, plain(redact(body.summary), 400), clean(redact(body.detail)), body.harmless)
    if isinstance(body, Refused):
        return Refused(plain(redact(body.command)), _refusal(body.refusal, redact), plain(redact(body.by)))
    if isinstance(body, HandoverPrepared):
        # The receiver may be a name that was typed.
        return msgspec.structs.replace(body, to=plain(redact(body.to)))
    return without_secrets(body, redact)


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
