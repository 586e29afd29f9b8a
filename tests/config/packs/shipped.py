"""The shipped packs as raw YAML, and cockpit files that use them with their required variables alone."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from mmcockpit.config.load import shipped
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.verdict import Level
from mmcockpit.engine.survey import Survey
from mmcockpit.sources.common.secrets import Secrets

PACKS: dict[str, dict[str, Any]] = {
    path.stem: yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) for path in shipped("pack")
}
OPTIONS: dict[str, dict[str, Any]] = {
    "prometheus": {"url": "http://127.0.0.1:9090"},
    "kubernetes": {"context": "none"},
    "redis": {"url": "redis://127.0.0.1"},
    "postgres": {"dsn": {"env": "PG"}},
    "http": {"url": "http://127.0.0.1"},
    "dns": {"resolvers": ["127.0.0.1"]},
}


PATIENT = {"timeout": "60s", "budget": 100}
"""Options of a source that a busy machine polls once: its first poll imports the client, too."""


def required(name: str) -> dict[str, str]:
    """Return an example for each variable of a pack that has no default."""
    declared = PACKS[name].get("vars", {})
    return {key: each["example"] for key, each in declared.items() if "default" not in each}


def uses(*names: str) -> list[dict[str, Any]]:
    """Return `use:` entries with the required variables alone."""
    return [{"pack": name, "vars": required(name)} for name in names]


def cockpit_file(
    folder: Path, entries: Iterable[Mapping[str, Any]], sources: Mapping[str, Mapping[str, Any]] | None = None
) -> Path:
    """Write a cockpit file without a checklist that uses packs; by default, with every source that they need."""
    entries = list(entries)
    if sources is None:
        needs = [need for entry in entries for need in PACKS[entry["pack"]].get("needs", {}).items()]
        sources = {source: {"kind": need["kind"], **OPTIONS[need["kind"]]} for source, need in needs}
    value = {"name": "Packs", "environment": "test", "use": entries, "sources": dict(sources)}
    path = folder / "cockpit.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")
    return path


async def levels(cockpit: Cockpit) -> dict[str, Level]:
    """Poll every signal once."""
    survey = Survey(cockpit, Secrets())
    await survey.run()
    return {name: poll.verdict.level for name, poll in survey.polls.items()}
