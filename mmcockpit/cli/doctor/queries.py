"""Checks the queries of Prometheus sources for `doctor`: rejected ones, and metrics that do not exist."""

import asyncio

from mmcockpit import sources
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.text import clean
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.contract import Question, Source
from mmcockpit.sources.common.secrets import Secrets

AT_ONCE = 4
PATIENCE_S = 60.0
"""How long all queries of a source may take in total."""
_MISTAKES = {FaultKind.CONFIGURATION, FaultKind.QUERY, FaultKind.NO_DATA}
_PROBES = ("query", "range")


async def mistaken_queries(cockpit: Cockpit, secrets: Secrets) -> list[str]:
    """Return a line for every query that its server rejects or that selects nothing."""
    specs = [spec for spec in cockpit.sources if spec.kind == "prometheus"]
    of_sources = await asyncio.gather(*(_of_source(spec, cockpit, secrets) for spec in specs))
    return [line for lines in of_sources for line in lines]


async def _of_source(spec: SourceSpec, cockpit: Cockpit, secrets: Secrets) -> list[str]:
    signals = [one for one in cockpit.signals if one.source == spec.name and one.probe in _PROBES and not one.active]
    await secrets.prepare(spec.options)
    try:
        source = sources.open_source(spec, secrets)
    except ProbeError:
        # The line of the source reports this.
        return []
    slots = asyncio.Semaphore(AT_ONCE)
    try:
        async with asyncio.timeout(PATIENCE_S):
            mistakes = await asyncio.gather(*(_of_signal(one, spec, source, slots) for one in signals))
    except TimeoutError:
        return [clean(f"{'QUERY':8} {spec.name:12} its queries took more than {duration(PATIENCE_S)} together", 400)]
    finally:
        await source.close()
    return [line for line in mistakes if line]


async def _of_signal(signal: Signal, spec: SourceSpec, source: Source, slots: asyncio.Semaphore) -> str:
    kind = sources.kind(spec.kind).probes[signal.probe]
    args = kind.args.model_validate(signal.args)
    limits = (signal.timeout, signal.stale_after, signal.fresh)
    empty = signal.rule.empty == "value"
    probe = kind.make(
        source,
        Question(args, *limits, may_be_absent=signal.may_be_absent, judged=signal.judged, empty_is_value=empty),
    )
    async with slots:
        try:
            await probe.read()
        except ProbeError as error:
            return clean(f"{'QUERY':8} {signal.name:12} {error.message}", 400) if error.kind in _MISTAKES else ""
        finally:
            await probe.close()
    return ""
