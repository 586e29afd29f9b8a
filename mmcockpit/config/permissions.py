"""What a cockpit file allows, and warnings about signals that it gives no source or permission."""

from collections import Counter
from collections.abc import Iterable, Mapping

from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.loader import Part
from mmcockpit.config.models.cockpit import AllowEntry
from mmcockpit.core.model.cockpit import Allowed, SourceSpec
from mmcockpit.core.model.signal import BUILT_IN, Signal
from mmcockpit.core.words.amounts import counted


def resolve_permissions(entry: AllowEntry, known: KnownSignals, part: Part) -> Allowed:
    """Return what the cockpit file allows (`part`: its `allow` key); signals in it must exist and be active."""
    for n, name in enumerate(entry.active):
        place = part.at("active", n)
        if known.take(name, place, judged=False) and not known.signals[name].active:
            place.error(f"signal '{name}' is not active, so it needs no permission; remove it here")
    return Allowed(entry.procedures, entry.probe_commands, entry.active)


def warn_of_inactive(allow: Allowed, known: KnownSignals, acting: Mapping[str, str], part: Part) -> None:
    """Warn about active signals that are not allowed (`part`: the `allow` key; `acting`: why a signal is active)."""
    names = [name for name, signal in known.signals.items() if signal.active and name not in allow.active]
    if names:
        listed = ", ".join(f"{name} ({acting[name]})" if name in acting else name for name in names)
        verb = "is" if len(names) == 1 else "are"
        part.warn(
            f"{counted(len(names), 'active signal')} {verb} not in allow.active and never polled: {listed}", key=True
        )


def warn_of_unpolled(
    signals: Iterable[Signal], sources: Mapping[str, SourceSpec], allow: Allowed, cockpit: Part
) -> None:
    """Warn about signals that can never be polled: their source is missing, or their program is not allowed."""
    unsourced = Counter(signal.source for signal in signals if signal.source not in (*sources, *BUILT_IN))
    programs = Counter(
        program
        for signal in signals
        if signal.source in sources and sources[signal.source].kind == "command"
        if (program := _program(signal)) not in allow.probe_commands
    )
    if unsourced:
        way_out = "add each source under sources:, or switch off its signals"
        message = f"{_signals(unsourced)} no data, because the source is missing: {_listed(unsourced)}; {way_out}"
        cockpit.at("sources").warn(message, key=True)
    if programs:
        way_out = "add each program to allow.probe_commands, or switch off its signals"
        message = f"{_signals(programs)} no data, because the program is not allowed: {_listed(programs)}; {way_out}"
        cockpit.at("allow", "probe_commands").warn(message, key=True)


def _program(signal: Signal) -> str:
    words = signal.args.get("argv") or ("",)
    return str(words[0])


def _signals(counts: Counter[str]) -> str:
    return f"{counted(counts.total(), 'signal')} {'has' if counts.total() == 1 else 'have'}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
