"""What a report finds first, and what was left open, as text."""

from collections.abc import Sequence

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Reason
from mmcockpit.core.model.checklist import Item, Phase
from mmcockpit.core.model.states import STATE_WORD, Advice, State
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.times import full
from mmcockpit.core.words.verdicts import advice_word

NAMED = 5
"""The most signals that one finding names."""

NOT_ENDED = "the session has not ended: `mmcockpit resume` continues it"
NOT_RESUMABLE = "the session has not ended; a demo for several people cannot be resumed"
NO_OPENING = "the opening fact of this session is missing"


def held_text(held: facts.Held) -> str:
    """Return that a hold never ended."""
    return f"still on hold by {held.by}: {held.reason}"


def poll_text(poll: facts.PollOpened) -> str:
    """Return that a poll was never decided."""
    return f"the poll that {poll.by} opened was never decided"


def last_advice_text(advice: Advice, dismissed: bool, accepted: bool) -> str:
    """Return the advice at the end, and whether an operator decided on it."""
    word = "dismissed" if dismissed else "accepted" if accepted else "no operator decided on it"
    return f"the advice is still {advice_word(advice)}; {word}"


def never_ended_text(procedure: str) -> str:
    """Return that a procedure never ended."""
    return f"the procedure {procedure} was started and never ended"


def unknown_outcome_text(procedure: str, step: str) -> str:
    """Return that the outcome of a step is not known."""
    return f"{procedure}: outcome of {step} unknown"


def not_started_text(procedure: str, reason: Reason) -> str:
    """Return that a procedure was called for and never started."""
    return f"{procedure} was called for and not started: {reason_text(reason)}"


def in_effect_text(mark: facts.ItemMarked, item: str) -> str:
    """Return that a mark is still in effect."""
    return f"{mark.mark} of {item} by {mark.by} is still in effect"


def open_item_text(item: Item, state: State, because: str) -> str:
    """Return an item that is not satisfied at the end."""
    return f"[{state}] {item.number} {item.title}, {STATE_WORD[state]}{f': {because}' if because else ''}"


def never_reached_text(phases: Sequence[Phase]) -> str:
    """Return the phases that never opened."""
    count = sum(1 for phase in phases for _ in phase.items)
    return f"never reached: {', '.join(one.title for one in phases)} ({counted(count, 'item')})"


def damage_text(count: int, line: int, what: str) -> str:
    """Return how the journal is damaged."""
    return f"the journal is damaged: {counted(count, 'problem')}, first line {line}: {what}"


def unread_text(count: int) -> str:
    """Return how many facts a later version wrote."""
    return f"{counted(count, 'fact')} of kinds that this version cannot read"


def unfinished_text(wall: float) -> str:
    """Return that a journal ends without an outcome, at Unix seconds."""
    return f"UNFINISHED: the journal ends at {full(wall)} without an outcome"


def advised_text(advice: Advice, total_s: float, stretches: int, first: str, reason: str, more: int) -> str:
    """Return how long an advice was given, first when, and why; `more` is the number of further reasons."""
    often = f" in {stretches} stretches" if stretches > 1 else ""
    why = reason + (f" and {counted(more, 'more reason')}" if more else "")
    return f"{advice_word(advice)} advised for {duration(total_s)}{often}, first at {first}: {why}"


def forced_text(heading: str, by: str, reason: str) -> str:
    """Return a gate that was overridden, by whom and why."""
    return f"{heading} by {by}: {reason}"


def regressions_text(count: int) -> str:
    """Return how often an item regressed."""
    return f"{counted(count, 'regression')}: an item was satisfied and then was not"


def overrides_text(count: int, in_effect: int) -> str:
    """Return how many overrides there were."""
    return f"overrides: {count}, still in effect at the end: {in_effect}"


def holds_text(count: int, total_s: float) -> str:
    """Return how many holds there were, and their total."""
    return f"holds: {count}, {duration(total_s)} in all"


def without_record_text(what: str, total_s: float, count: int) -> str:
    """Return how long polling or recording stopped, and how often."""
    return f"{what} for {duration(total_s)}, {counted(count, 'time')}"


def signals_text(failing: bool, times: Sequence[tuple[str, float]]) -> str:
    """Return the signals that failed, or had no data, with their seconds; the longest of them by name."""
    named = [f"{title} {duration(seconds)}" for title, seconds in times[:NAMED]]
    more = [f"{len(times) - NAMED} more"] if times[NAMED:] else []
    return f"{'signals that failed' if failing else 'signals without data'}: {', '.join([*named, *more])}"


def troubles_text(count: int) -> str:
    """Return how many problems the cockpit recorded about itself."""
    return f"{counted(count, 'problem')} of the cockpit or of a message channel: trouble in the timeline"
