"""What a discovery found, as a short table for each source."""

from collections.abc import Iterator, Mapping, Sequence

from mmcockpit.cli.discovery_sources import host
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.verdicts import verdict_reason
from mmcockpit.discovery.budget import MOST_REQUESTS
from mmcockpit.discovery.discover import Discovered
from mmcockpit.discovery.findings import Findings, FoundSignal
from mmcockpit.engine.survey import Poll

WIDTH = 240


def table(found: Sequence[Discovered], findings: Findings, polls: Mapping[str, Poll], requests: int) -> Iterator[str]:
    """Yield the lines: for each source its signals with their state, and what was not found with the reason."""
    for each in found:
        spec = each.connection.spec
        signals = [signal for signal in findings.signals if signal.source == spec.name]
        answering = sum(not signal.unanswered for signal in signals)
        state = "DOWN" if each.fault else "OK"
        some = f"{counted(len(signals), 'signal')}, {answering} with data"
        yield plain(f"{state:8} {spec.name} ({spec.kind} {host(spec)}): {each.fault or some}", WIDTH)
        for signal in signals:
            yield _row(_state(signal, polls), signal.name, signal.unanswered or _why(signal, polls) or signal.title)
        for missing in each.findings.missing:
            if not each.fault:
                yield _row("missing", missing.what, missing.reason)
    yield f"{requests} of {MOST_REQUESTS} requests"


def _row(state: str, name: str, text: str) -> str:
    return f"  {state:8} {plain(name, 40):32} {plain(text, WIDTH)}"


def _state(signal: FoundSignal, polls: Mapping[str, Poll]) -> str:
    if signal.unanswered:
        return "no data"
    poll = polls.get(signal.name)
    if poll is None:
        return "found"
    if not poll.signal.judged:
        return "read"
    return str(poll.verdict.level)


def _why(signal: FoundSignal, polls: Mapping[str, Poll]) -> str:
    poll = polls.get(signal.name)
    failing = poll is not None and poll.signal.judged and poll.verdict.level in (Level.FAIL, Level.WARN)
    return verdict_reason(poll.verdict) if failing and poll is not None else ""
