"""Reads other rules for a recorded session: a file with `signals:` and `abort:`, applied to its recorded cockpit."""

from pathlib import Path

import msgspec

from mmcockpit.config.definitions import Written
from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.loader import Loader, Part
from mmcockpit.config.models.rejudge_rules import RuleEntry, RulesFile
from mmcockpit.config.rollback_rules import resolve_rollback_rules
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.cel.evaluation import RuleError, compile_rule


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
        if name not in signals:
            part.error(f"unknown signal '{name}' in this session{did_you_mean(name, signals)}", key=True)
            continue
        signals[name] = msgspec.structs.replace(signals[name], rule=_rule(signals[name], written, part))
    aborts = cockpit.aborts
    if entry.abort is not None:
        rules = {"abort": Written(entry.abort, file.at("abort"))}
        aborts = resolve_rollback_rules(rules, cockpit.checklist, KnownSignals(signals, signals)).aborts
    loader.throw()
    return msgspec.structs.replace(cockpit, signals=tuple(signals.values()), aborts=aborts)


def _rule(signal: Signal, entry: RuleEntry, part: Part) -> Rule:
    changes: dict[str, object] = {}
    for key, field, text in (
        ("applies", "applies", entry.applies),
        ("pass", "passes", entry.passes),
        ("warn", "warns", entry.warns),
    ):
        if text is None:
            continue
        changes[field] = text.strip()
        try:
            _ = text.strip() and compile_rule(text.strip(), signal.rule.numeric)
        except RuleError as error:
            message = f"signals.{signal.name}.{key}: {error.message}; a rule is a CEL expression over `value`"
            part.at(key).error_inside(error.line, error.column, message)
    if entry.persist is not None:
        changes |= {"agree": entry.persist.agree, "of": entry.persist.of}
    if entry.empty is not None:
        changes["empty"] = entry.empty
    return msgspec.structs.replace(signal.rule, **changes)
