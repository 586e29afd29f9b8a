"""Verdicts as text: the value of a signal, or the reason why it does not pass."""

from mmcockpit.core.model.verdict import Verdict

QUOTED = "not "
"""Prefix of a reason in an earlier journal that quotes the broken rule."""


def result_words(value: str, verdict: Verdict) -> str:
    """Return the value of a signal while it passes, else the reason, which includes the failing value.

    The reasons of earlier journals quote the broken rule (`not value < 1`); there the value comes first.
    """
    because = verdict.because
    if not because or not value:
        return because or value
    return f"{value}: {because}" if because.startswith(QUOTED) or not verdict.applies else because


def signal_line(name: str, value: str, verdict: Verdict) -> str:
    """Return the result of a signal in one line: name, level, how many readings agree, value or reason."""
    words = result_words(value, verdict)
    return f"{name} {verdict.level} {verdict.agree}/{verdict.of}{f': {words}' if words else ''}"
