"""Asks a probe as the engine does: a source opened from its spec, a probe made from checked arguments."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Probe, ProbeError, Reading, normalise
from mmcockpit.sources import kind, open_source
from mmcockpit.sources.common.contract import Question, Source
from mmcockpit.sources.common.secrets import Secrets
from tests.servers.wait import PATIENCE_S

_DECLARED: dict[int, tuple[Probe, Any]] = {}
"""The probes that were made (kept, so that no other object gets the id), and what they declare."""


@asynccontextmanager
async def opened(kind_: str, **options: Any) -> AsyncIterator[Source]:
    """Give a source of this kind, closed at the end."""
    source = open_source(SourceSpec("under-test", kind_, options), Secrets())
    try:
        yield source
    finally:
        await source.close()


def probe(
    kind_: str,
    source: Source,
    name: str,
    args: dict[str, Any],
    *,
    timeout: float = 30.0,
    fresh: str = "",
    stale_after: float = 60.0,
) -> Probe:
    """Make a probe of an open source."""
    described = kind(kind_).probes[name]
    checked = described.args.model_validate(args)
    made = described.make(source, Question(checked, timeout, stale_after, fresh))
    _DECLARED[id(made)] = made, described.declared(checked)
    return made


async def answer(probe: Probe) -> Answer:
    """Read once; a ProbeError is the fault that the engine makes of it. The value must fit its declaration."""
    try:
        reading = await probe.read()
    except ProbeError as error:
        return Fault(error.kind, error.message)
    if id(probe) in _DECLARED:
        value, defect = normalise(reading.value)
        if not defect:
            msgspec.convert(_without_nulls(value), _DECLARED[id(probe)][1], strict=True)
    return reading


def _without_nulls(value: Any) -> Any:
    """Return a value without the fields that are null: no rule may judge these."""
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


async def value(probe: Probe) -> Any:
    """Read once and return the value; a fault fails the test with its message."""
    read = await answer(probe)
    assert isinstance(read, Reading), read
    return read.value


async def fault(probe: Probe) -> Fault:
    """Read once and return the fault; a reading fails the test."""
    read = await answer(probe)
    assert isinstance(read, Fault), read
    return read


async def poll_until(probe: Probe, condition: Callable[[Any], bool], within_s: float = PATIENCE_S) -> Reading:
    """Poll until the value meets a condition; return that reading. Errors: TimeoutError with the last answer."""
    read = await answer_until(probe, lambda read: isinstance(read, Reading) and condition(read.value), within_s)
    assert isinstance(read, Reading)
    return read


async def answer_until(probe: Probe, condition: Callable[[Answer], bool], within_s: float = PATIENCE_S) -> Answer:
    """Poll until the answer, a reading or a fault, meets a condition; return it. Errors: TimeoutError with the last."""
    read: Answer | None = None
    try:
        async with asyncio.timeout(within_s):
            while True:
                read = await answer(probe)
                if condition(read):
                    return read
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise TimeoutError(f"not in {within_s:g} s; the last answer was {read}") from None


async def in_time(probe: Probe) -> Answer:
    """Poll until the machine gave a poll its time: a fault of time otherwise proves nothing about the server."""
    return await answer_until(probe, lambda read: not (isinstance(read, Fault) and read.kind is FaultKind.TIMEOUT))
