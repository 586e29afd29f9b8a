"""Resolves signals from drafts, in a checklist and in the cockpit file on top of it, to signals of the core."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mmcockpit.config.catalog import CUSTOMARY, EVERY_S, DescribedProbe, known_kind
from mmcockpit.config.definitions import SHORT_KEYS, SignalDraft, holds_probe
from mmcockpit.config.loader import Loader
from mmcockpit.config.models.signal import PersistEntry, SignalEntry
from mmcockpit.config.probe_keys import ProbeAddress, addressed, with_default_rule
from mmcockpit.config.rules.expressions import accepts_expression, warn_of_nested_loop
from mmcockpit.config.text.document import Place
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.config.text.validation import validated
from mmcockpit.core.model.cockpit import BaselinePlan, SourceSpec
from mmcockpit.core.model.shape import UNDECLARED, Shape
from mmcockpit.core.model.signal import BUILT_IN, Rule, Signal
from mmcockpit.core.rules.baseline import reads_baseline
from mmcockpit.core.rules.cel.checks import ExpressionKind
from mmcockpit.core.rules.cel.fields import fields_of_value
from mmcockpit.core.rules.workloads import PERSIST

_KEYS = frozenset(field.alias or name for name, field in SignalEntry.model_fields.items())


class Arguments(NamedTuple):
    """The validated arguments of a probe, the shape of its value, and why it may change something.

    `numeric` is whether its value is a number; `fields` are all fields that its value has, empty if they are not known.
    """

    args: dict[str, Any]
    numeric: bool = False
    acts: str = ""
    shape: Shape = UNDECLARED
    fields: frozenset[str] = frozenset()
    statistical: bool = False


class SignalResolver:
    """Checks signals against the sources of the cockpit file and the loader's catalog of kinds.

    For a checklist on its own, no source is configured, and customary names determine the kind.
    """

    def __init__(self, loader: Loader, sources: Mapping[str, SourceSpec]) -> None:
        self._loader = loader
        self._sources = sources
        self.acting: dict[str, str] = {}
        """Signals that may change something, and why: they are active, whatever their file contains."""

    def signal(self, draft: SignalDraft) -> Signal | None:
        """Return the signal of a draft, or None if it has mistakes."""
        before = len(self._loader.errors)
        queries = [key for key in draft.keys if holds_probe(key)]
        if len(queries) != 1:
            self._wrong_query(draft, queries)
            return None
        address = addressed(draft, self._sources)
        if address is None:
            return None
        described = self._described(draft, address)
        if described is not None:
            with_default_rule(draft, described)
        values = {key: written.value for key, written in draft.keys.items() if key not in queries}
        label: Place = ("signals", draft.name)
        entry = validated(SignalEntry, values, draft.report, label=label, also=["SOURCE.PROBE", *SHORT_KEYS])
        arguments = self._checked(draft, address, described)
        if entry is not None:
            self._rules(draft, entry, arguments)
        if entry is None or len(self._loader.errors) > before:
            return None
        if arguments.acts:
            self._acts(draft, arguments.acts)
        return self._resolved(draft, address, entry, arguments)

    def _acts(self, draft: SignalDraft, why: str) -> None:
        self.acting[draft.name] = why
        active = draft.keys.get("active")
        if active is not None and active.value is False:
            active.part.warn(f"`active: false` has no effect on signal '{draft.name}': {why}")

    def _resolved(self, draft: SignalDraft, address: ProbeAddress, entry: SignalEntry, arguments: Arguments) -> Signal:
        source, probe = address.source, address.probe
        kind = CUSTOMARY.get(source, "")
        spec = self._sources.get(source) or SourceSpec(source, kind, every=EVERY_S.get(kind, 5.0))
        workload = _reads_workload(spec.kind, probe, arguments.args)
        usual = workload and "persist" not in entry.model_fields_set
        persist = PersistEntry(agree=PERSIST, of=PERSIST) if usual else entry.persist
        return Signal(
            name=draft.name,
            title=self._title(entry.title or draft.title or draft.name, source),
            source=source,
            probe=probe,
            args=arguments.args,
            rule=_rule(entry, persist, arguments.numeric),
            unit=entry.unit,
            every=entry.every or spec.every,
            timeout=entry.timeout or spec.timeout,
            stale_after=entry.stale_after,
            fresh=entry.fresh.strip(),
            may_be_absent=tuple(entry.may_be_absent),
            saturates_at=entry.saturates_at,
            active=entry.active or bool(arguments.acts),
            informational=entry.informational,
            tags=tuple(dict.fromkeys(entry.tags)),
            first_in_cockpit=draft.first_in_cockpit,
            valid_for=entry.valid_for,
            workload=workload,
            about=entry.about.strip(),
            impact=entry.impact.strip(),
            effect=entry.effect.strip(),
            shape=arguments.shape,
            statistical=arguments.statistical,
        )

    def _title(self, title: str, source: str) -> str:
        """Return a title, after the name of its cluster if there are several and it does not name it itself."""
        clusters = [name for name, spec in self._sources.items() if spec.kind == "kubernetes"]
        named = source not in clusters or re.search(rf"\b{re.escape(source)}\b", title, re.IGNORECASE)
        return title if named or len(clusters) < 2 else f"{source}: {title}"

    def _wrong_query(self, draft: SignalDraft, queries: list[str]) -> None:
        """Report a signal with several probes, or with none."""
        if queries:
            draft.at(queries[1]).error(f"signal '{draft.name}' has two probes; remove one", key=True)
            return
        unknown = next((key for key in draft.keys if key not in _KEYS), "")
        if unknown:
            hint = self._as_probe(unknown) or did_you_mean(unknown, {*_KEYS, *SHORT_KEYS})
            draft.at(unknown).error(f"unknown key '{unknown}' in signals.{draft.name}{hint}", key=True)
        else:
            draft.home.error(f"signal '{draft.name}' has no probe; add SOURCE.PROBE, such as `prometheus.query: up`")

    def _described(self, draft: SignalDraft, address: ProbeAddress) -> DescribedProbe | None:
        """Return the probe of a signal; None if its source or the probe is unknown, which is reported."""
        source, probe = address.source, address.probe
        part = draft.keys[draft.query].part
        if source not in (*self._sources, *BUILT_IN) and self._loader.complete and draft.own:
            part.error(f"unknown source '{source}'{did_you_mean(source, self._sources)}", key=True)
            return None
        kind_name = self._kind_name(source)
        probes = self._probes(kind_name)
        if probes is None:
            return None
        if probe not in probes:
            hint = did_you_mean(probe, probes)
            part.error(f"unknown probe '{probe}' of {kind_name} source '{source}'{hint}", key=True)
            return None
        found: DescribedProbe = probes[probe]
        return found

    def _as_probe(self, name: str) -> str:
        """Return the hint for the name of a probe without its source, such as `all_of`; empty for any other name."""
        named = (
            source for source in (*self._sources, "session") if name in (self._probes(self._kind_name(source)) or ())
        )
        source = next(named, "")
        return f"; did you mean '{source}.{name}'?" if source else ""

    def _kind_name(self, source: str) -> str:
        return self._sources[source].kind if source in self._sources else CUSTOMARY.get(source, "")

    def _probes(self, kind_name: str) -> Mapping[str, Any] | None:
        assert self._loader.catalog is not None
        kind = known_kind(self._loader.catalog, kind_name) if kind_name else None
        return kind.probes if kind is not None else None

    def _checked(self, draft: SignalDraft, address: ProbeAddress, probe: DescribedProbe | None) -> Arguments:
        query, part, value = draft.query, draft.keys[draft.query].part, address.value
        if probe is None:
            return Arguments(dict(value) if isinstance(value, Mapping) else {})
        model: Any = probe.args
        if value is None:
            value = {}
        elif not isinstance(value, Mapping):
            if not model.shorthand:
                key = next((name for name, field in model.model_fields.items() if field.is_required()), "...")
                part.error(f"{query} requires named arguments; write {query}: {{{key}: ...}}")
                return Arguments({})
            value = {model.shorthand: value.strip() if isinstance(value, str) else value}
        args = part.validate(model, value, label=("signals", draft.name, query))
        if args is None:
            return Arguments({})
        self._doubt(draft, query, args)
        written = args.model_dump(mode="json", by_alias=True, exclude_unset=True)
        numeric, acts = bool(getattr(args, "numeric", False)), str(getattr(args, "acts", ""))
        statistical = bool(getattr(probe, "statistical", False))
        return Arguments(written, numeric, acts, probe.shape(args), probe.fields(args), statistical)

    def _doubt(self, draft: SignalDraft, query: str, args: Any) -> None:
        """Warn about every possible mistake inside a text of the arguments, at its place."""
        fresh = draft.keys["fresh"].value if "fresh" in draft.keys else ""
        for name, line, column, why in args.doubts(fresh if isinstance(fresh, str) else ""):
            part = draft.at(query, name) if isinstance(draft.keys[query].value, Mapping) else draft.at(query)
            part = draft.at("fresh") if name == "fresh" else part
            part.warn_inside(line, column, f"signals.{draft.name}.{name}: {why}")

    def _rules(self, draft: SignalDraft, entry: SignalEntry, arguments: Arguments) -> None:
        numeric = arguments.numeric
        rule = ExpressionKind.NUMERIC_RULE if numeric else ExpressionKind.RULE
        message = ExpressionKind.NUMERIC_MESSAGE if numeric else ExpressionKind.MESSAGE
        for key, text, kind in (
            ("applies", entry.applies.strip(), rule),
            ("pass", entry.passes.strip(), rule),
            ("warn", entry.warns.strip(), rule),
            ("message", entry.message.strip(), message),
        ):
            if text and accepts_expression(draft.at(key), text, kind, f"signals.{draft.name}.{key}"):
                self._loops(draft, key, text)
                self._fields(draft, key, text, arguments.fields)

    def _fields(self, draft: SignalDraft, key: str, text: str, known: frozenset[str]) -> None:
        """Report a field that the value of the probe never has: its rule could never be decided."""
        unknown = next((read for read in fields_of_value(text) if known and read.name not in known), None)
        if unknown is not None:
            hint = did_you_mean(unknown.name, known)
            message = f"signals.{draft.name}.{key}: unknown field '{unknown.name}' of the value of {draft.query}{hint}"
            draft.at(key).error_inside(unknown.line, unknown.column, message)

    def _loops(self, draft: SignalDraft, key: str, text: str) -> None:
        """Warn about a rule whose work grows with the product of two lists, unless its probe is `kubernetes.get`."""
        source, _, probe = draft.query.partition(".")
        if (self._kind_name(source), probe) != ("kubernetes", "get"):
            warn_of_nested_loop(draft.at(key), text, f"signals.{draft.name}.{key}")


_PODS = frozenset({"pod", "endpoints", "endpointslice"})
_WORKLOADS = _PODS | {"deployment", "statefulset", "daemonset", "replicaset"}
"""Kinds of Kubernetes objects that change with every restart of a pod."""


def _rule(entry: SignalEntry, persist: PersistEntry, numeric: bool) -> Rule:
    return Rule(
        passes=entry.passes.strip(),
        warns=entry.warns.strip(),
        agree=persist.agree,
        of=persist.of,
        empty=entry.empty,
        numeric=numeric,
        applies=entry.applies.strip(),
        message=entry.message.strip(),
    )


def _reads_workload(kind: str, probe: str, args: Mapping[str, Any]) -> bool:
    """Return whether a signal reads pods or a workload: a single passing poll of these proves nothing."""
    if kind != "kubernetes":
        return False
    kinds = {"get": _WORKLOADS, "list": _PODS}.get(probe, frozenset())
    return probe in ("pods", "rollout", "argo_rollout", "flagger_canary") or args.get("kind") in kinds


def compares_without_baseline(signals: Iterable[Signal], baseline: BaselinePlan) -> list[tuple[str, str]]:
    """Return (signal, key) of every rule that compares with a baseline that is never recorded."""
    names = []
    for signal in signals:
        rules = {"pass": signal.rule.passes, "warn": signal.rule.warns, "applies": signal.rule.applies}
        if signal.name not in baseline.signals:
            names += [(signal.name, key) for key, text in rules.items() if reads_baseline(text)]
    return names
