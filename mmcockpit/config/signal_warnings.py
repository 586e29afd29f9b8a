"""Finds signals that can never be polled with this cockpit file: no source, or a program that is not allowed."""

from collections import Counter
from collections.abc import Iterable, Mapping

from mmcockpit.config.catalog import SESSION
from mmcockpit.config.text.document import Document
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.model.cockpit import Allowed, SourceSpec
from mmcockpit.core.model.signal import Signal


def unpolled(
    signals: Iterable[Signal], sources: Mapping[str, SourceSpec], allow: Allowed, document: Document
) -> list[FileWarning]:
    """Return a warning for signals without a source, and one for signals whose program is not allowed."""
    missing = Counter(one.source for one in signals if one.source not in (*sources, SESSION))
    programs = Counter(
        program
        for one in signals
        if one.source in sources and sources[one.source].kind == "command"
        if (program := _program(one)) not in allow.probe_commands
    )
    warnings = []
    if missing:
        what = "add each source under sources:, or switch its signals off"
        message = f"{_some(missing)} no source and no data: {_named(missing)}; {what}"
        warnings.append(FileWarning(document.error(("sources",), message, key=True)))
    if programs:
        what = "add each program to allow.probe_commands, or switch its signals off"
        message = f"{_some(programs)} no data because a program may not run: {_named(programs)}; {what}"
        warnings.append(FileWarning(document.error(("allow", "probe_commands"), message, key=True)))
    return warnings


def _program(signal: Signal) -> str:
    words = signal.args.get("argv") or ("",)
    return str(words[0])


def _some(found: Counter[str]) -> str:
    return "1 signal has" if found.total() == 1 else f"{found.total()} signals have"


def _named(found: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
