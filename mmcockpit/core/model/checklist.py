"""What has to be true: phases, sections, items; with the procedures, contacts and links that go with them."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from mmcockpit.core.model.procedure import Procedure


class Mode(StrEnum):
    """Who decides an item: a hand, a signal, or a signal and a hand."""

    MANUAL = "manual"
    SENSED = "sensed"
    ATTESTED = "attested"


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long a signal has to pass, in seconds: the gate wants `first`, the item is done at `full`.

    `rule` is a CEL expression that answers a duration and takes the place of both where it is given. `workload` makes
    both at least the minReadySeconds of the workload that the signal reads.
    """

    first: float = 0.0
    full: float = 0.0
    rule: str = ""
    workload: bool = False


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
    """Judged only until its phase is closed: a backup's age may grow later."""
    approvals: int = 1
    """How many people have to agree to a tick, or to any other mark that satisfies the item."""
    evidence_required: bool = False
    """A tick needs a reason that says where the evidence is."""
    warning_accepted: bool = False
    """An attested item can be ticked, with a reason, also while its signal warns."""
    no_return: bool = False
    """Once this is satisfied there is no way back: ROLLBACK reads NO-GO: FIX FORWARD."""


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group of items; in an ordered one the next item cannot be ticked first."""

    id: str
    title: str
    items: tuple[Item, ...] = ()
    ordered: bool = False


class Phase(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of the night, closed by a gate."""

    id: str
    title: str
    sections: tuple[Section, ...] = ()

    @property
    def items(self) -> Iterator[Item]:
        """The phase's items in order."""
        return (item for section in self.sections for item in section.items)


class Contact(msgspec.Struct, frozen=True):
    """Whom to call, by role; `name` may still be a placeholder in square brackets."""

    role: str
    name: str

    @property
    def placeholder(self) -> bool:
        """Whether nobody is named yet."""
        return not self.name.strip() or self.name.lstrip().startswith("[")


class Link(msgspec.Struct, frozen=True):
    """Where to look."""

    title: str
    url: str


class Checklist(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that has to be true for one go-live, in the order of the night."""

    name: str
    title: str
    phases: tuple[Phase, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    contacts: tuple[Contact, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def items(self) -> Iterator[Item]:
        """Every item, in order."""
        return (item for phase in self.phases for item in phase.items)
