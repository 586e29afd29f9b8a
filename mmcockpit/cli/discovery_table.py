"""What a discovery found, as a short table for each source."""

from collections.abc import Iterator, Mapping, Sequence

from mmcockpit.cli.discovery_sources import host
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.values import joined_names, value_line
from mmcockpit.core.words.verdicts import result_words
from mmcockpit.discovery.budget import MOST_REQUESTS
from mmcockpit.discovery.discover import Discovered
from mmcockpit.discovery.findings import Findings, FoundSignal, NotFound
from mmcockpit.engine.survey import Poll

WIDTH = 240
LONGEST_NAMES = 160
"""Most characters of the names that are missing for one reason."""
NOT_POLLED = "has data; no request was left for its value, `doctor --signals` shows it"


def table(found: Sequence[Discovered], findings: Findings, polls: Mapping[str, Poll], requests: int) -> Iterator[str]:
    """Yield the lines: for each source its signals with their state, and what was not found with the reason."""
    for each in found:
        own = {each.connection.name, *(source.name for source in each.findings.sources)}
        signals = [signal for signal in findings.signals if signal.source in own]
        answering = sum(not signal.unanswered for signal in signals)
        some = each.fault or f"{counted(len(signals), 'signal')}, {answering} with data"
        yield f"{'DOWN' if each.fault else 'OK':8}   {plain(f'{_system(each)}: {some}', WIDTH)}"
        for signal in signals:
            state = _state(signal, polls)
            title = f"{signal.title}: {NOT_POLLED}" if state == "found" else _value(signal, polls)
            yield _row(state, signal.name, signal.unanswered or title)
        for use in each.findings.uses:
            yield _row("pack", use.pack, use.comment)
        if not each.fault:
            yield from _missing(each.findings.missing)
    yield f"{requests} of {MOST_REQUESTS} requests"


def _system(each: Discovered) -> str:
    """Return the name of a source and what it points to, such as `cache (redis 127.0.0.1:6379)`."""
    spec = each.connection.spec
    target = host(spec)
    return f"{spec.name} ({target if target.startswith(spec.kind) else f'{spec.kind} {target}'})"


def _missing(missing: Sequence[NotFound]) -> Iterator[str]:
    """Yield a line for each reason, with all that is missing for it."""
    grouped = dict[str, list[str]]()
    for each in missing:
        grouped.setdefault(each.reason, []).append(each.what)
    for reason, what in grouped.items():
        yield f"  {'missing':8} {plain(_names(what), WIDTH)}: {plain(reason, WIDTH)}"


def _names(what: Sequence[str]) -> str:
    """Return the names, as many as fit in a line, and how many more there are."""
    names = ", ".join(what).split(", ")
    kept = len(names)
    while kept > 1 and len(", ".join(names[:kept])) > LONGEST_NAMES:
        kept -= 1
    return joined_names(names[:kept], len(names))


def _row(state: str, name: str, text: str) -> str:
    return f"  {state:8} {plain(name, 80):32} {plain(text, WIDTH)}"


def _state(signal: FoundSignal, polls: Mapping[str, Poll]) -> str:
    if signal.unanswered:
        return "no data"
    poll = polls.get(signal.name)
    if poll is None:
        return "found"
    if not poll.signal.judged:
        return "read"
    return str(poll.verdict.level)


def _value(signal: FoundSignal, polls: Mapping[str, Poll]) -> str:
    """Return the present value of a signal, and why it does not pass if it does not."""
    poll = polls.get(signal.name)
    if poll is None or isinstance(poll.answer, Fault):
        return signal.title
    value = value_line(poll.answer.value, poll.signal)
    if poll.signal.judged and poll.verdict.level in (Level.FAIL, Level.WARN):
        return result_words(value, poll.verdict)
    return value
