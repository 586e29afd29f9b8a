"""Turns input from outside the engine into fact content: results of probes, and bugs."""

import traceback
from collections.abc import Callable

from mmcockpit.core.facts.event import Trouble
from mmcockpit.core.model.reading import Answer, Fault, ProbeError, Reading, normalise
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
    return Reading(value, sampled, defect, plain(redact(answer.remark), 400))


def trouble(where: str, error: BaseException) -> Trouble:
    """Return the fact that records an internal error of the cockpit."""
    detail = clean("".join(traceback.format_exception(error, limit=-8)))
    return Trouble(where, plain(f"{type(error).__name__}: {error}", 400), detail)
