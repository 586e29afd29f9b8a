"""`mmcockpit doctor --signals`: prints every signal's value, its fields, its verdict and how long the poll took."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import result_words, verdict_reason
from mmcockpit.engine.survey import WITHIN_S, Poll, Survey
from mmcockpit.sources.common.secrets import Secrets

MOST_FIELDS = 24
"""Maximum number of fields of a value that are printed."""
DEPTH = 3
WIDTH = 60


def survey(cockpit: Cockpit, secrets: Secrets) -> bool:
    """Poll every signal that is not active once and print the results; return whether none fails or is unknown."""
    if not cockpit.signals:
        print("no signals")
        return True
    polling = Survey(cockpit, secrets)
    passive = sum(not signal.active for signal in cockpit.signals)
    print(
        f"polling {passive} of {counted(len(cockpit.signals), 'signal')} once, for {duration(WITHIN_S)} at most",
        file=sys.stderr,
    )
    asyncio.run(polling.run())
    for signal in cockpit.signals:
        if signal.active:
            allowed = signal.name in cockpit.allow.active
            hint = f"`:sense {signal.name}` in a session runs it" if allowed else "not in allow.active"
            print(f"{'ACTIVE':8} {signal.name:24} not run: {hint}")
            continue
        poll = polling.polls.get(signal.name)
        for line in _lines(poll) if poll else [_late(signal)]:
            print(secrets.redact(line))
    counts = _counts(cockpit, polling)
    print(", ".join(f"{count} {word}" for word, count in counts.items() if count))
    return not (counts["fail"] or counts["unknown"])


def _counts(cockpit: Cockpit, polling: Survey) -> dict[str, int]:
    """Return the number of signals per verdict; one without a rule counts as read or unknown."""
    counts = {"pass": 0, "warn": 0, "fail": 0, "unknown": 0, "read, without a rule": 0, "active, not run": 0}
    for signal in cockpit.signals:
        poll = polling.polls.get(signal.name)
        if signal.active:
            counts["active, not run"] += 1
        elif poll is None or (not signal.judged and isinstance(poll.answer, Fault)):
            counts["unknown"] += 1
        elif not signal.judged:
            counts["read, without a rule"] += 1
        else:
            counts[str(poll.verdict.level)] += 1
    return counts


def _late(signal: Signal) -> str:
    return f"{'UNKNOWN':8} {signal.name:24} not polled within {duration(WITHIN_S)}"


def _lines(poll: Poll) -> Iterator[str]:
    """Yield the line of a signal, and below it the fields of its value and the remark on its result."""
    signal, answer, verdict = poll.signal, poll.answer, poll.verdict
    level = "READ" if not signal.judged and not isinstance(answer, Fault) else str(verdict.level).upper()
    value = "" if isinstance(answer, Fault) else value_line(answer.value, signal)
    because = verdict_reason(verdict) if signal.judged or verdict.level is not Level.UNKNOWN or not value else ""
    what = result_words(value, verdict) if because else value
    yield f"{level:8} {signal.name:24} {poll.ms:6.0f} ms  {plain(what, 400)}".rstrip()
    if isinstance(answer, Fault):
        return
    fields = list(_fields(answer.value, "value", 0))
    more = f", and {len(fields) - MOST_FIELDS} more" if len(fields) > MOST_FIELDS else ""
    if fields and isinstance(answer.value, dict | list):
        yield f"{'':9}{plain(', '.join(fields[:MOST_FIELDS]) + more, 2000)}"
    if answer.remark:
        yield f"{'':9}remark: {plain(answer.remark, 400)}"


def _fields(value: Any, path: str, depth: int) -> Iterator[str]:
    """Yield `path = value` of every field as a rule refers to it; of a list only its first entry."""
    if isinstance(value, dict) and value and depth < DEPTH:
        for key, part in value.items():
            yield from _fields(part, f"{path}.{key}" if str(key).isidentifier() else f'{path}["{key}"]', depth + 1)
    elif isinstance(value, list) and value and depth < DEPTH:
        yield f"size({path}) = {len(value)}"
        yield from _fields(value[0], f"{path}[0]", depth + 1)
    else:
        # As a rule writes it.
        shown = "null" if value is None else str(value).lower() if isinstance(value, bool) else value
        yield f"{path} = {plain(str(shown), WIDTH)}"
