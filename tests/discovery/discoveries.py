"""Runs one discoverer against a real server, and polls what it found as a session does."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.words.verdicts import verdict_reason
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection, Discoverer
from mmcockpit.discovery.findings import Findings, FoundSignal
from mmcockpit.engine.survey import Survey
from mmcockpit.sources.common.request_limit import limited
from mmcockpit.sources.common.secrets import Secrets


class Result(NamedTuple):
    """The verdict on one signal."""

    level: Level
    reason: str


class Discovery(NamedTuple):
    """What a discoverer found, and how many requests it sent."""

    spec: SourceSpec
    findings: Findings
    used: int

    @property
    def signals(self) -> dict[str, FoundSignal]:
        """The signals by name."""
        return {signal.name: signal for signal in self.findings.signals}

    @property
    def missing(self) -> dict[str, str]:
        """What was left out, to the reason."""
        return {one.what: one.reason for one in self.findings.missing}

    @property
    def items(self) -> dict[str, str]:
        """The titles of the items, to their signals."""
        return {item.title: item.signal for item in self.findings.items}

    async def results(self, folder: Path) -> dict[str, Result]:
        """Write the findings as a cockpit file, poll every signal once, and return the verdicts by name."""
        path = folder / "cockpit.yaml"
        path.write_text(json.dumps(self._cockpit()))
        survey = Survey(load_cockpit(path, sources).cockpit, Secrets())
        await survey.run()
        return {
            name: Result(one.verdict.level, verdict_reason(one.verdict))
            for name, one in survey.polls.items()
            if name in self.signals
        }

    def _cockpit(self) -> dict[str, Any]:
        specs = [(source.name, source.kind, source.options) for source in self.findings.sources]
        return {
            "name": "found",
            "environment": "staging",
            "sources": {name: {"kind": kind, **options, "timeout": "60s"} for name, kind, options in specs},
            "use": [{"pack": use.pack, **use.options, "only": ["signals"]} for use in self.findings.uses],
            "signals": {signal.name: _written(signal) for signal in self.findings.signals},
        }


def _written(signal: FoundSignal) -> dict[str, Any]:
    rules = {"pass": signal.passing, "warn": signal.warn, "unit": signal.unit}
    return {
        "title": signal.title,
        f"{signal.source}.{signal.probe}": signal.args,
        **{key: text for key, text in rules.items() if text},
        **signal.more,
    }


async def discover(
    discoverer: Discoverer, name: str, kind: str, budget: Budget | None = None, **options: Any
) -> Discovery:
    """Open a source and run its discoverer within a budget."""
    spec = SourceSpec(name, kind, options)
    budget = budget or Budget()
    source = sources.open_source(spec, Secrets())
    try:
        with limited(budget):
            findings = await discoverer(Connection(spec, source), budget)
    finally:
        await source.close()
    return Discovery(spec, findings, budget.used)
