"""What is wrong with a channel, and how far an alarm has escalated, as text."""

from mmcockpit.core.model.messages.alarms import Alarm
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration

APPRISE_MISSING = "apprise is not installed: pip install 'mmcockpit[apprise]'"

LEFT_TOO_EARLY = "the cockpit ended before a response: the message may have arrived"


def queue_full(most: int) -> str:
    """Return that a message was dropped because so many wait already."""
    return f"{counted(most, 'message')} wait already"


def channel_failed(why: str) -> str:
    """Return that a channel failed, and what happens next."""
    return f"message not delivered: {why}; later messages are tried once each, without further reports"


def escalation_text(alarm: Alarm, following: str, at: str, how: str) -> str:
    """Return how far an open alarm has escalated: `escalated to bo 02:14 · :ack acknowledges`.

    `at` is the time of the last escalation, `following` to whom it goes next and when, `how` the key that acknowledges.
    """
    done = f"escalated to {', '.join(alarm.to)} {at}" if alarm.level else ""
    done += f", not delivered to {', '.join(alarm.failed)}" if alarm.failed else ""
    done += f", not known whether it reached {', '.join(alarm.unknown)}" if alarm.unknown else ""
    return " · ".join(filter(None, (done, following, f"{how} acknowledges")))


def next_text(to: tuple[str, ...], left_s: float) -> str:
    """Return to whom an alarm goes next: `escalates to bo in 3m`."""
    return f"escalates to {', '.join(to)} {f'in {duration(left_s)}' if left_s > 0 else 'now'}"
