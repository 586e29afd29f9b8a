"""Reads other rules for a recorded session: a file with `signals:` and `abort:`, applied to its recorded cockpit."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from mmcockpit.config.checklist.target_copy import plain_name
from mmcockpit.config.definitions import Written
from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.loader import Loader, Part
from mmcockpit.config.models.rejudge_rules import RuleEntry, RulesFile
from mmcockpit.config.models.rollback_rules import AbortEntry
from mmcockpit.config.rules.expressions import accepts_expression
from mmcockpit.config.rules.rollback_rules import AddedRules, resolve_rollback_rules
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.cel.checks import ExpressionKind


def with_rules(path: Path, cockpit: Cockpit) -> Cockpit:
    """Return a recorded cockpit with the rules of a file; FileError holds every mistake in it."""
    loader = Loader()
    file = loader.open(path, main=True)
    entry = file.validate(RulesFile, file.document.value)
    loader.throw()
    assert entry is not None
    signals = {signal.name: signal for signal in cockpit.signals}
    for name, written in entry.signals.items():
        part = file.at("signals", name)
        named = _named(name, signals.values())
        if not named:
            part.error(f"unknown signal '{name}' in this session{did_you_mean(name, signals)}", key=True)
        for signal in named:
            signals[signal.name] = msgspec.structs.replace(signal, rule=_rule(signal, written, part))
    aborts = cockpit.aborts
    if entry.abort is not None:
        part = file.at("abort")
        rules = [Written(one, part.at(n)) for n, each in enumerate(entry.abort) for one in _aborts(each, cockpit)]
        known = KnownSignals(signals, signals)
        aborts = resolve_rollback_rules({}, cockpit.checklist, known, AddedRules(aborts=tuple(rules))).aborts
    loader.throw()
    return msgspec.structs.replace(cockpit, signals=tuple(signals.values()), aborts=aborts)


def _named(name: str, signals: Iterable[Signal]) -> list[Signal]:
    """Return the signals that a name as written means: of a wave, those of all targets."""
    return [signal for signal in signals if name in (signal.name, plain_name(signal))]


def _aborts(entry: AbortEntry, cockpit: Cockpit) -> Iterator[AbortEntry]:
    """Yield a rule as it is, or of a wave that of each target, from the phase of the target."""
    named = _named(entry.signal, cockpit.signals)
    if not named:
        yield entry
    for signal in named:
        waves = (one for one in cockpit.checklist.phases if one.target == signal.target and one.target)
        phase = next((one.id for one in waves if one.wave in (entry.phase, slug(entry.phase))), entry.phase)
        yield entry.model_copy(update={"signal": signal.name, "phase": phase})


def _rule(signal: Signal, entry: RuleEntry, part: Part) -> Rule:
    changes: dict[str, object] = {}
    kind = ExpressionKind.NUMERIC_RULE if signal.rule.numeric else ExpressionKind.RULE
    for key, field, text in (
        ("applies", "applies", entry.applies),
        ("pass", "passes", entry.passes),
        ("warn", "warns", entry.warns),
    ):
        if text is None:
            continue
        changes[field] = text.strip()
        if text.strip():
            accepts_expression(part.at(key), text.strip(), kind, f"signals.{signal.name}.{key}")
    if entry.persist is not None:
        changes |= {"agree": entry.persist.agree, "of": entry.persist.of}
    if entry.empty is not None:
        changes["empty"] = entry.empty
    return msgspec.structs.replace(signal.rule, **changes)
