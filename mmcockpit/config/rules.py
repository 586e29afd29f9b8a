"""Reads other rules for a recorded session: a file with `signals:` and `abort:`, applied to its recorded cockpit."""

from pathlib import Path

import msgspec

from mmcockpit.config.models.rules import RuleEntry, RulesFile
from mmcockpit.config.rollback_rules import KnownSignals, resolve_rollback_rules
from mmcockpit.config.text.document import Document
from mmcockpit.config.text.error import FileError, Mistakes, did_you_mean, throw
from mmcockpit.config.text.validation import Within, validate
from mmcockpit.config.text.yaml import read
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.cel import RuleError, compile_rule


def amended(path: Path, cockpit: Cockpit) -> Cockpit:
    """Return a recorded cockpit with the rules of a file; FileError holds every mistake in it."""
    document = read(path)
    errors: list[FileError] = Mistakes()
    entry = validate(RulesFile, document.value, Within(document, ()), errors)
    throw(errors)
    assert entry is not None
    signals = {signal.name: signal for signal in cockpit.signals}
    for name, written in entry.signals.items():
        if name not in signals:
            hint = did_you_mean(name, signals)
            errors.append(document.error(("signals", name), f"the session has no signal '{name}'{hint}", key=True))
            continue
        rule = _rule(signals[name], written, document, errors)
        signals[name] = msgspec.structs.replace(signals[name], rule=rule)
    aborts = cockpit.aborts
    if entry.abort is not None:
        known = KnownSignals(signals, signals, own=document)
        aborts = resolve_rollback_rules({"abort": (entry.abort, document)}, cockpit.checklist, known, errors).aborts
    throw(errors)
    return msgspec.structs.replace(cockpit, signals=tuple(signals.values()), aborts=aborts)


def _rule(signal: Signal, entry: RuleEntry, document: Document, errors: list[FileError]) -> Rule:
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
            message = f"signals.{signal.name}.{key}: {error.message}; a rule is CEL over `value`"
            place = ("signals", signal.name, key)
            errors.append(document.error_inside(place, error.line, error.column, message))
    if entry.persist is not None:
        changes |= {"agree": entry.persist.agree, "of": entry.persist.of}
    if entry.empty is not None:
        changes["empty"] = entry.empty
    return msgspec.structs.replace(signal.rule, **changes)
