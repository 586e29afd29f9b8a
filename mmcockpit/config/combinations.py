"""Combinations: loses members that are switched off, and reports members that do not exist or form a circle."""

from collections.abc import Mapping

import msgspec

from mmcockpit.config.catalog import SESSION
from mmcockpit.config.definitions import SignalDraft
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.reachable import reachable


def without_switched_off(signals: list[Signal], drafts: Mapping[str, SignalDraft], off: set[str]) -> tuple[Signal, ...]:
    """Return the signals; combinations lose their switched-off members, and their wrong members are reported.

    A combination whose members are all switched off is switched off too and added to `off`.
    """
    groups = {
        signal.name: tuple(signal.args["signals"])
        for signal in signals
        if signal.source == SESSION and "signals" in signal.args
    }
    kept: dict[str, Signal] = {}
    for signal in signals:
        if signal.name not in groups:
            kept[signal.name] = signal
            continue
        _check_members(drafts[signal.name], drafts, off, groups)
        left = [name for name in groups[signal.name] if name not in off]
        if left:
            kept[signal.name] = msgspec.structs.replace(signal, args={**signal.args, "signals": left})
        else:
            off.add(signal.name)
    return tuple(kept.values())


def _check_members(
    draft: SignalDraft, drafts: Mapping[str, SignalDraft], off: set[str], groups: Mapping[str, tuple[str, ...]]
) -> None:
    """Report the members of a combination that do not exist or that contain the combination itself."""
    for n, name in enumerate(groups[draft.name]):
        part = draft.at(draft.query, "signals", n)
        if name == draft.name:
            part.error(f"signal '{name}' cannot be a member of itself")
        elif name not in drafts and name not in off:
            part.error(f"unknown signal '{name}'{did_you_mean(name, set(drafts) - {draft.name})}")
        elif draft.name in reachable([name], lambda member: groups.get(member, ())):
            part.error(f"signal '{draft.name}' cannot contain '{name}', which contains '{draft.name}'")
