"""Resolves signals from drafts, in a checklist and in the cockpit file on top of it, to signals of the core."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from mmcockpit.config.catalog import CUSTOMARY, EVERY_S, SESSION, Catalog, known_kind
from mmcockpit.config.drafts import Draft
from mmcockpit.config.models.signal import PersistEntry, SignalEntry
from mmcockpit.config.text.document import Place
from mmcockpit.config.text.error import FileError, FileWarning, did_you_mean
from mmcockpit.config.text.validation import Within, validate
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.cel import RuleError, compile_rule, compile_text
from mmcockpit.core.rules.cel_loops import LOOPS_WARNING, nested_loop
from mmcockpit.core.rules.workloads import PERSIST

_KEYS = frozenset(field.alias or name for name, field in SignalEntry.model_fields.items())


class Arguments(NamedTuple):
    """The validated arguments of a probe, whether its result is a number, and why it may change something."""

    args: dict[str, Any]
    numeric: bool = False
    acts: str = ""


class Asking:
    """Checks signals against the sources of the cockpit file and the catalog of kinds.

    `complete` is false for a checklist on its own: then no source is configured, and customary names determine the
    kind. `warnings` collects possible mistakes that do not stop anything.
    """

    def __init__(
        self,
        sources: Mapping[str, SourceSpec],
        catalog: Catalog,
        errors: list[FileError],
        warnings: list[FileWarning],
        complete: bool = True,
    ) -> None:
        self._sources = sources
        self._catalog = catalog
        self._errors = errors
        self._warnings = warnings
        self._complete = complete
        self.acting: dict[str, str] = {}
        """Signals that may change something, and why: they are active, whatever their file contains."""

    def signal(self, made: Draft) -> Signal | None:
        """Return the signal of a draft, or None if it has mistakes."""
        before = len(self._errors)
        questions = [key for key in made.keys if "." in key]
        if len(questions) != 1:
            self._errors.append(self._no_question(made, questions))
            return None
        values = {key: value for key, (value, _, _) in made.keys.items() if key not in questions}
        entry = validate(SignalEntry, values, made, self._errors, label=("signals", made.name), also=["SOURCE.PROBE"])
        arguments = self._args(made, questions[0])
        if entry is not None:
            self._rules(made, entry, arguments.numeric)
        if entry is None or len(self._errors) > before:
            return None
        if arguments.acts:
            self._acts(made, arguments.acts)
        return self._made(made, entry, arguments)

    def _acts(self, made: Draft, why: str) -> None:
        self.acting[made.name] = why
        if made.keys.get("active", (None,))[0] is False:
            message = f"`active: false` has no effect on signal '{made.name}': {why}"
            self._warnings.append(FileWarning(made.error(("active",), message)))

    def _made(self, made: Draft, entry: SignalEntry, arguments: Arguments) -> Signal:
        source, _, probe = made.question.partition(".")
        kind = CUSTOMARY.get(source, "")
        spec = self._sources.get(source) or SourceSpec(source, kind, every=EVERY_S.get(kind, 5.0))
        workload = _reads_workload(spec.kind, probe, arguments.args)
        silent = "persist" not in entry.model_fields_set
        persist = PersistEntry(agree=PERSIST, of=PERSIST) if workload and silent else entry.persist
        return Signal(
            name=made.name,
            title=entry.title or made.title or made.name,
            source=source,
            probe=probe,
            args=arguments.args,
            rule=Rule(
                passes=entry.passes.strip(),
                warns=entry.warns.strip(),
                agree=persist.agree,
                of=persist.of,
                empty=entry.empty,
                numeric=arguments.numeric,
                applies=entry.applies.strip(),
                message=entry.message.strip(),
            ),
            unit=entry.unit,
            every=entry.every or spec.every,
            timeout=entry.timeout or spec.timeout,
            stale_after=entry.stale_after,
            fresh=entry.fresh.strip(),
            may_be_absent=tuple(entry.may_be_absent),
            saturates_at=entry.saturates_at,
            active=entry.active or bool(arguments.acts),
            informational=entry.informational,
            first_in_cockpit=made.first_in_cockpit,
            valid_for=entry.valid_for,
            workload=workload,
            about=entry.about.strip(),
            effect=entry.effect.strip(),
        )

    def _no_question(self, made: Draft, questions: list[str]) -> FileError:
        if questions:
            return made.error((questions[1],), f"signal {made.name} asks two questions; keep one", key=True)
        unknown = next((key for key in made.keys if key not in _KEYS), "")
        if unknown:
            hint = did_you_mean(unknown, _KEYS)
            return made.error((unknown,), f"unknown key '{unknown}' in signals.{made.name}{hint}", key=True)
        return made.error((), f"signal {made.name} asks nothing; add SOURCE.PROBE: such as `prometheus.query: up`")

    def _args(self, made: Draft, question: str) -> Arguments:
        source, _, probe = question.partition(".")
        written = made.keys[question][0]
        bare = dict(written) if isinstance(written, Mapping) else {}
        if source not in (*self._sources, SESSION) and self._complete and made.own:
            hint = did_you_mean(source, self._sources)
            self._errors.append(made.error((question,), f"no source is named '{source}'{hint}", key=True))
            return Arguments(bare)
        kind_name = self._sources[source].kind if source in self._sources else CUSTOMARY.get(source, "")
        probes = self._probes(kind_name)
        if probes is None:
            return Arguments(bare)
        if probe not in probes:
            hint = did_you_mean(probe, probes)
            message = f"{source} is a {kind_name} source and has no probe '{probe}'{hint}"
            self._errors.append(made.error((question,), message, key=True))
            return Arguments(bare)
        return self._checked(made, question, probes[probe].args)

    def _probes(self, kind_name: str) -> Mapping[str, Any] | None:
        found = known_kind(self._catalog, kind_name) if kind_name else None
        return found.probes if found is not None else None

    def _checked(self, made: Draft, question: str, model: Any) -> Arguments:
        value, document, place = made.keys[question]
        label: Place = ("signals", made.name, question)
        if value is None:
            value = {}
        elif not isinstance(value, Mapping):
            if not model.shorthand:
                self._errors.append(document.error(place, f"{question} takes named arguments: {question}: {{...}}"))
                return Arguments({})
            value = {model.shorthand: value.strip() if isinstance(value, str) else value}
        args = validate(model, value, Within(document, place), self._errors, label=label)
        if args is None:
            return Arguments({})
        self._doubt(made, question, args)
        written = args.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return Arguments(written, bool(getattr(args, "numeric", False)), str(getattr(args, "acts", "")))

    def _doubt(self, made: Draft, question: str, args: Any) -> None:
        """Add a warning for every possible mistake inside a text of the arguments, at its place."""
        fresh = made.keys["fresh"][0] if "fresh" in made.keys else ""
        for name, line, column, why in args.doubts(fresh if isinstance(fresh, str) else ""):
            place: Place = (question, name) if isinstance(made.keys[question][0], Mapping) else (question,)
            message = f"signals.{made.name}.{name}: {why}"
            error = made.error_inside(("fresh",) if name == "fresh" else place, line, column, message)
            self._warnings.append(FileWarning(error))

    def _rules(self, made: Draft, entry: SignalEntry, numeric: bool) -> None:
        rules = (("applies", entry.applies), ("pass", entry.passes), ("warn", entry.warns), ("message", entry.message))
        for key, text in rules:
            if not text.strip():
                continue
            try:
                (compile_text if key == "message" else compile_rule)(text.strip(), numeric)
            except RuleError as error:
                said = error.message.partition(" expecting {")[0].removesuffix(" (in container '')")
                message = f"signals.{made.name}.{key}: {said}; a rule is CEL over `value`"
                self._errors.append(made.error_inside((key,), error.line, error.column, message))
            else:
                self._loops(made, key, text.strip())

    def _loops(self, made: Draft, key: str, text: str) -> None:
        """Warn about a rule whose work grows with the product of two lists, unless its probe is `kubernetes.get`."""
        source, _, probe = made.question.partition(".")
        kind = self._sources[source].kind if source in self._sources else CUSTOMARY.get(source, "")
        place = nested_loop(text)
        if place is not None and (kind, probe) != ("kubernetes", "get"):
            message = f"signals.{made.name}.{key}: {LOOPS_WARNING}"
            self._warnings.append(FileWarning(made.error_inside((key,), *place, message)))


_PODS = frozenset({"pod", "endpoints", "endpointslice"})
_WORKLOADS = _PODS | {"deployment", "statefulset", "daemonset", "replicaset"}
"""Kinds of Kubernetes objects that change with every restart of a pod."""


def _reads_workload(kind: str, probe: str, args: Mapping[str, Any]) -> bool:
    """Return whether a signal reads pods or a workload: a single passing poll of these proves nothing."""
    if kind != "kubernetes":
        return False
    kinds = {"get": _WORKLOADS, "list": _PODS}.get(probe, frozenset())
    return probe in ("pods", "rollout") or args.get("kind") in kinds


def of_present(
    signals: list[Signal], drafts: Mapping[str, Draft], off: set[str], errors: list[FileError]
) -> tuple[Signal, ...]:
    """Return the signals; combinations lose their switched-off members.

    A combination whose members are all switched off is switched off too and added to `off`.
    """
    groups = {
        one.name: tuple(one.args["signals"]) for one in signals if one.source == SESSION and "signals" in one.args
    }
    kept: dict[str, Signal] = {}
    for signal in signals:
        if signal.name not in groups:
            kept[signal.name] = signal
            continue
        made = drafts[signal.name]
        place: Place = (made.question, "signals")
        for n, name in enumerate(groups[signal.name]):
            if name == signal.name:
                errors.append(made.error((*place, n), f"signal '{name}' cannot rest on itself"))
            elif name not in drafts and name not in off:
                hint = did_you_mean(name, set(drafts) - {signal.name})
                errors.append(made.error((*place, n), f"no signal is named '{name}'{hint}"))
            elif _rests_on(name, signal.name, groups):
                message = f"signal '{signal.name}' cannot rest on '{name}', which rests on '{signal.name}'"
                errors.append(made.error((*place, n), message))
        left = [name for name in groups[signal.name] if name not in off]
        if left:
            kept[signal.name] = msgspec.structs.replace(signal, args={**signal.args, "signals": left})
        else:
            off.add(signal.name)
    return tuple(kept.values())


def _rests_on(name: str, other: str, groups: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether a combination contains another signal, directly or through its members."""
    queue, seen = [name], set[str]()
    while queue:
        one = queue.pop()
        if one == other:
            return True
        if one not in seen:
            seen.add(one)
            queue += groups.get(one, ())
    return False
