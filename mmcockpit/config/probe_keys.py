"""Keys of a signal that hold its probe: `SOURCE.PROBE`, and `slo` and `compare`, short for a probe of Prometheus."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mmcockpit.config.catalog import CUSTOMARY, DescribedProbe
from mmcockpit.config.definitions import SHORT_KEYS, SignalDraft, Written
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.cockpit import SourceSpec


class ProbeAddress(NamedTuple):
    """The source and the probe that a key means, and its arguments as written, without `source`."""

    source: str
    probe: str
    value: Any


def addressed(draft: SignalDraft, sources: Mapping[str, SourceSpec]) -> ProbeAddress | None:
    """Return what the key of a signal's probe means; None if a short key means no source, which is reported."""
    key = draft.query
    value = draft.keys[key].value
    if key not in SHORT_KEYS:
        source, _, probe = key.partition(".")
        return ProbeAddress(source, probe, value)
    chosen = _source(draft, key, sources)
    rest = {name: part for name, part in value.items() if name != "source"} if isinstance(value, Mapping) else value
    return ProbeAddress(chosen, key, rest) if chosen else None


def with_default_rule(draft: SignalDraft, probe: DescribedProbe) -> None:
    """Give a signal without a pass rule the rule of its probe, if that has one."""
    passes, warns = getattr(probe, "default_rule", ("", ""))
    if not passes or "pass" in draft.keys:
        return
    draft.keys["pass"] = Written(passes, draft.home)
    draft.keys.setdefault("warn", Written(warns, draft.home))


def _source(draft: SignalDraft, key: str, sources: Mapping[str, SourceSpec]) -> str:
    """Return the source of a short key: the one that its `source` names, or the only one of its kind."""
    kind, part = SHORT_KEYS[key], draft.keys[key].part
    value = draft.keys[key].value
    known = [name for name, spec in sources.items() if spec.kind == kind]
    required = part.loader.complete and draft.own
    if isinstance(value, Mapping) and "source" in value:
        named = str(value["source"])
        if named in known or not required:
            return named
        hint = did_you_mean(named, known) or (f"; known: {', '.join(known)}" if known else "")
        part.at("source").error(f"unknown {kind} source '{named}'{hint}")
        return ""
    if len(known) > 1:
        part.error(f"several {kind} sources; add `source:` with one of {', '.join(known)}", key=True)
        return ""
    if not known and required:
        part.error(f"signals.{draft.name}.{key} needs a source of kind {kind}; add one under sources:", key=True)
        return ""
    return known[0] if known else next(name for name, customary in CUSTOMARY.items() if customary == kind)
