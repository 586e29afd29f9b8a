"""The copies of a phase, its signals and its procedures for one target."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mmcockpit.config.loader import Loader, Part
from mmcockpit.core.model.checklist import Item, Phase, Section
from mmcockpit.core.model.cockpit import CLUSTER
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.cel.step_rules import renamed_signals

VARIABLE = "target"
TARGET = "${target}"
"""The name of the target; it is replaced once the phase is repeated."""

FIRST_CELLS = 10
"""A target that a title names later than this is also written in front: a list cuts titles at their end."""


def define_target(loader: Loader, parts: Iterable[Part]) -> None:
    """Keep `${target}` in the texts of a checklist that has a phase with targets."""
    for part in parts:
        value = part.document.value
        phases = value.get("phases") if isinstance(value, dict) else None
        written = [phase for phase in phases if isinstance(phase, dict)] if isinstance(phases, list) else []
        if any("targets" in phase for phase in written):
            if loader.variables.get(VARIABLE, TARGET) != TARGET:
                message = f"{TARGET} is the name of a target here; rename the variable 'target'"
                part.at("vars", VARIABLE).error(message, key=True)
            loader.variables[VARIABLE] = TARGET


def has_waves(loader: Loader) -> bool:
    """Return whether a phase of the loaded checklist has targets."""
    return loader.variables.get(VARIABLE) == TARGET


@dataclass(frozen=True, slots=True)
class TargetCopy:
    """Makes the copies for one target: `signals` and `procedures` are those that are repeated."""

    target: str
    signals: set[str]
    procedures: set[str]
    waves: Mapping[str, tuple[str, ...]]

    def phase(self, phase: Phase) -> Phase:
        """Return the phase of the target."""
        copy: Phase = self._text(with_items(phase, self._item))
        sections = tuple(msgspec.structs.replace(each, id=self._place(each.id)) for each in copy.sections)
        return msgspec.structs.replace(
            copy,
            id=f"{phase.id}@{self.target}",
            title=self._text(self._title(phase.title)),
            sections=sections,
            targets=(),
            wave=phase.id,
            target=self.target,
        )

    def signal(self, signal: Signal) -> Signal:
        """Return the signal of the target, on its source."""
        copy: Signal = self._text(signal)
        if signal.group:
            copy = msgspec.structs.replace(copy, args={**copy.args, "signals": [*map(self._signal, signal.group)]})
        return msgspec.structs.replace(
            copy,
            name=f"{signal.name}@{self.target}",
            title=self._text(self._title(signal.title.removeprefix(f"{CLUSTER}: "))),
            source=self.target if signal.source == CLUSTER else signal.source,
            target=self.target,
        )

    def procedure(self, procedure: Procedure) -> Procedure:
        """Return the procedure of the target, for its cluster."""
        copy: Procedure = self._text(procedure)
        return msgspec.structs.replace(
            copy,
            id=self._procedure(procedure.id),
            title=self._text(self._title(procedure.title)),
            steps=tuple(map(self._step, copy.steps)),
            aborts=tuple(map(self._signal, copy.aborts)),
            after=tuple(map(self._procedure, copy.after)),
            target=self.target,
        )

    def _step(self, step: Step) -> Step:
        wait = step.wait and msgspec.structs.replace(step.wait, until=renamed_signals(step.wait.until, self._signal))
        return msgspec.structs.replace(
            step,
            signal=self._signal(step.signal),
            when=renamed_signals(step.when, self._signal),
            wait=wait,
            on_fail=self._procedure(step.on_fail),
        )

    def _item(self, item: Item) -> Item:
        return msgspec.structs.replace(
            item,
            id=self._place(item.id),
            title=self._title(item.title),
            signal=self._signal(item.signal),
            procedure=self._procedure(item.procedure),
            needs=tuple(one for need in item.needs for one in needed_ids(need, self.waves, self.target)),
        )

    def _place(self, name: str) -> str:
        phase, slash, rest = name.partition("/")
        return f"{phase}@{self.target}{slash}{rest}"

    def _signal(self, name: str) -> str:
        return f"{name}@{self.target}" if name in self.signals else name

    def _procedure(self, name: str) -> str:
        return f"{name}@{self.target}" if name in self.procedures else name

    def _title(self, title: str) -> str:
        return title if 0 <= title.find(TARGET) < FIRST_CELLS else f"{self.target}: {title}"

    def _text(self, value: Any) -> Any:
        """Return a value with the name and the cluster of the target in its texts."""
        match value:
            case str():
                text = value.replace(TARGET, self.target).replace(f"${{{CLUSTER}.", f"${{{self.target}.")
                return value if text == value else text
            case dict():
                return {key: self._text(part) for key, part in value.items()}
            case list():
                return [self._text(part) for part in value]
            case tuple():
                return tuple(self._text(part) for part in value)
            case msgspec.Struct():
                names = value.__struct_fields__
                return msgspec.structs.replace(value, **{name: self._text(getattr(value, name)) for name in names})
        return value


def plain_name(signal: Signal) -> str:
    """Return the name of a signal as written, without its target."""
    return signal.name.removesuffix(f"@{signal.target}") if signal.target else signal.name


def with_items(phase: Phase, change: Callable[[Item], Item]) -> Phase:
    """Return a phase with each of its items changed."""
    sections: list[Section] = []
    for section in phase.sections:
        sections.append(msgspec.structs.replace(section, items=tuple(map(change, section.items))))
    return msgspec.structs.replace(phase, sections=tuple(sections))


def needed_ids(need: str, waves: Mapping[str, tuple[str, ...]], target: str = "") -> list[str]:
    """Return the ids of an item that is needed: that of the target, or those of all targets where it has none."""
    phase, _, rest = need.partition("/")
    if phase not in waves:
        return [need]
    return [f"{phase}@{one}/{rest}" for one in ((target,) if target in waves[phase] else waves[phase])]
