"""The checklist: phases, sections and items, with its procedures, contacts and links."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property

import msgspec

from mmcockpit.core.model.procedure import Procedure


class Mode(StrEnum):
    """Who decides an item: an operator, a signal, or both."""

    MANUAL = "manual"
    SENSED = "sensed"
    ATTESTED = "attested"


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """Settle time of an item in seconds: `first` opens the gate, `full` makes the item done.

    `rule` is a CEL expression that returns a duration and replaces both where it is given. `workload` makes both at
    least the minReadySeconds of the workload that the signal reads.
    """

    first: float = 0.0
    full: float = 0.0
    rule: str = ""
    workload: bool = False


class ItemStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of the work on an item: what to do, and a shell line to copy, which is never run."""

    text: str = ""
    command: str = ""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that has to be true; `id` is `phase/section/title` as slugs, `number` counts through the checklist."""

    id: str
    number: int
    title: str
    text: str = ""
    mode: Mode = Mode.MANUAL
    signal: str = ""
    required: bool = True
    role: str = ""
    links: tuple[str, ...] = ()
    caveat: str = ""
    """What a pass of the signal does not prove."""
    hold: Hold = Hold()
    until_gate: bool = False
    """Judged only until its phase is closed: the age of a backup may grow later."""
    approvals: int = 1
    """Number of people who have to agree to a tick, or to any other mark that satisfies the item."""
    evidence_required: bool = False
    """A tick requires a reason with the place of the evidence."""
    warning_accepted: bool = False
    """An attested item can also be ticked while its signal warns; this requires a reason."""
    no_return: bool = False
    """Once this is satisfied, no rollback is possible: ROLLBACK becomes FIX FORWARD."""
    estimate: float = 0.0
    """How many seconds its work usually takes; 0 if that is not known."""
    procedure: str = ""
    """The id of the procedure that does its work."""
    steps: tuple[ItemStep, ...] = ()
    assignee: str = ""
    """The person who does it."""
    needs: tuple[str, ...] = ()
    """The ids of the items that have to be satisfied before it."""


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group of items; in an ordered one the next item cannot be ticked first."""

    id: str
    title: str
    items: tuple[Item, ...] = ()
    ordered: bool = False


class Phase(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of the go-live, closed by a gate; `estimate` is its planned time in seconds, 0 if it has none."""

    id: str
    title: str
    sections: tuple[Section, ...] = ()
    estimate: float = 0.0
    targets: tuple[str, ...] = ()
    """The sources of kind kubernetes for which it is still to be repeated."""
    wave: str = ""
    """The id of the phase as written, where it is repeated for several targets."""
    target: str = ""
    """The source of kind kubernetes that it is about, where it is repeated for several targets."""

    @property
    def items(self) -> Iterator[Item]:
        """Items of the phase, in order."""
        return (item for section in self.sections for item in section.items)


class Contact(msgspec.Struct, frozen=True):
    """A contact person by role; `name` may still be a placeholder in square brackets."""

    role: str
    name: str

    @property
    def placeholder(self) -> bool:
        """Whether the name is empty or a placeholder."""
        return not self.name.strip() or self.name.lstrip().startswith("[")


class Link(msgspec.Struct, frozen=True):
    """A link to a page that operators may need."""

    title: str
    url: str


class Checklist(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """Everything that has to be true for one go-live, in order; what is computed from it is kept with it."""

    name: str
    title: str
    phases: tuple[Phase, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    contacts: tuple[Contact, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def items(self) -> Iterator[Item]:
        """All items, in order."""
        return (item for phase in self.phases for item in phase.items)

    @cached_property
    def phase_of(self) -> Mapping[str, int]:
        """Index of the phase of each item, by the item's id: a journal may have ids that do not begin with it."""
        return {item.id: index for index, phase in enumerate(self.phases) for item in phase.items}

    @cached_property
    def predecessors(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the items directly before each item, by its id; unknown ids are left out."""
        before = {item.id: tuple(need for need in item.needs if need in self.phase_of) for item in self.items}
        for section in (section for phase in self.phases for section in phase.sections if section.ordered):
            for earlier, item in zip(section.items, section.items[1:], strict=False):
                if earlier.id not in before[item.id]:
                    before[item.id] += (earlier.id,)
        return before

    @cached_property
    def needed(self) -> frozenset[str]:
        """The ids of the items that are before others."""
        return frozenset(one for some in self.predecessors.values() for one in some)

    @cached_property
    def assigns_work(self) -> bool:
        """Whether it has a work plan: an item with an assignee, or one that needs another."""
        return any(item.assignee or item.needs for item in self.items)
