"""The texts of announcements and escalations, for people who do not see the cockpit."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.reasons import Reason
from mmcockpit.core.model.messages.alarms import AlarmCause
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.facts.procedures import procedure_end
from mmcockpit.core.words.naming import Names
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.verdicts import advice_word

LONGEST = 700
MOST_REASONS = 3
"""Characters of one text at most, and the reasons that it gives."""


def with_head(target: str, environment: str, text: str) -> str:
    """Return a text that begins with what it is about: `shop v2 (production): …`."""
    return plain(f"{target} ({environment}): {text}", LONGEST)


def advice_text(advised: facts.Advised) -> str:
    """Return the advice with its worst reasons."""
    return f"{advice_word(advised.advice)}{_because(advised.reasons)}"


def regression_text(names: Names, causes: tuple[AlarmCause, ...], advised: facts.Advised) -> str:
    """Return which items regressed, with the advice."""
    items = ", ".join(names.item(cause.subject) for cause in causes)
    return f"regressed: {items}; {advice_text(advised)}"


def escalation_text(advised: facts.Advised, waited_s: float) -> str:
    """Return that an alarm was not acknowledged, with the advice."""
    return f"not acknowledged for {age(waited_s)}: {advice_text(advised)}"


def alarm_resolved_text(advised: facts.Advised | None, lasted_s: float) -> str:
    """Return that the causes of an escalated alarm are resolved, with the advice now."""
    now = f"; the advice is {advice_word(advised.advice)}" if advised is not None else ""
    return f"alarm over: resolved after {age(lasted_s)}{now}"


def alarm_acknowledged_text(by: str, note: str) -> str:
    """Return who acknowledged an escalated alarm, so that its other contacts know."""
    return f"alarm over: acknowledged by {by}{f': {note}' if note else ''}"


def rollback_started_text(title: str, by: str) -> str:
    """Return that a rollback was started."""
    return f"rollback started by {by}: {title}"


def rollback_ended_text(title: str, body: facts.ProcedureClosed) -> str:
    """Return how a rollback ended."""
    return f"rollback {procedure_end(body)}: {title}"


def session_ended_text(body: facts.Closed) -> str:
    """Return the outcome of the session."""
    by = f" by {body.by}" if body.by else ""
    return f"session ended{by}: {body.outcome}"


def t0_text() -> str:
    """Return that the planned start is reached."""
    return "T0: the planned start is reached"


def _because(reasons: tuple[Reason, ...]) -> str:
    if not reasons:
        return ""
    more = f" (+{len(reasons) - MOST_REASONS})" if len(reasons) > MOST_REASONS else ""
    return f": {'; '.join(map(reason_text, reasons[:MOST_REASONS]))}{more}"
