"""The state of an item, and the one table that decides it from its marks and its signal."""

from dataclasses import dataclass, field

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Item, Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import folded
from mmcockpit.core.model.states import STANDING, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.signals import SignalState


@dataclass(slots=True)
class ItemState:
    """The state of an item, since when and why, and the marks of operators on it.

    `marked` is the tick in force, `standing` the override, not applicable, defer or block in force, `approved` the
    other people who agreed (`witnessed`: for each of them, whether the name was only entered at the same terminal),
    `overrides` how often it was overridden. `proven` is set once it was satisfied: a failure after that is a
    regression.
    """

    item: Item
    state: State = State.OPEN
    since: Stamp | None = None
    because: str = ""
    proven: bool = False
    marked: facts.ItemMarked | None = None
    standing: facts.ItemMarked | None = None
    approved: tuple[str, ...] = ()
    witnessed: tuple[bool, ...] = ()
    claimed_by: str = ""
    overrides: int = 0
    notes: list[tuple[Stamp, facts.Noted]] = field(default_factory=list)

    @property
    def authenticated(self) -> list[str]:
        """The other people who agreed from a seat of their own."""
        return [name for name, witnessed in zip(self.approved, self.witnessed, strict=False) if not witnessed]

    def agree(self, mark: facts.ItemMarked) -> None:
        """Add another person who agreed."""
        self.approved, self.witnessed = (*self.approved, mark.by), (*self.witnessed, mark.witnessed)

    def disagree(self) -> None:
        """Remove the last person who agreed."""
        self.approved, self.witnessed = self.approved[:-1], self.witnessed[:-1]

    def forget_agreement(self) -> None:
        """Forget who agreed: the mark that they agreed to is no longer in force."""
        self.approved, self.witnessed = (), ()

    @property
    def warning_accepted(self) -> bool:
        """Whether an operator ticked the item while its signal warned."""
        evidence = self.marked.evidence if self.marked is not None else None
        return self.item.warning_accepted and evidence is not None and evidence.level == Level.WARN

    @property
    def attested(self) -> bool:
        """Whether a tick is in force, with as many people behind it as the item requires."""
        return self.marked is not None and self._agreed(self.marked)

    def _agreed(self, mark: facts.ItemMarked) -> bool:
        others = {folded(name) for name in self.approved} - {folded(mark.by)}
        return len(others) + 1 >= self.item.approvals

    def by_hand(self) -> State:
        """Return the state of the item by its marks alone, without its signal."""
        if self.standing is not None:
            agreed = self.standing.mark is Mark.BLOCK or self._agreed(self.standing)
            return STANDING[self.standing.mark] if agreed else State.WAITING
        if self.marked is None:
            return State.OPEN
        return State.DONE if self._agreed(self.marked) else State.WAITING


def next_state(state: ItemState, signal: SignalState | None, open_: bool, held: bool | None) -> State:
    """Return the state of an item by its marks and its signal.

    `held` is whether its full settle time has passed, None if that time cannot be evaluated.

    Before its phase opens, a sensed item stays open: its signal is only a preview.
    """
    by_hand = state.by_hand()
    if state.standing is not None or state.item.mode is Mode.MANUAL or signal is None:
        return by_hand
    if not open_:
        return State.OPEN
    if signal.asked_at is None:
        return State.OPEN
    if not signal.verdict.applies:
        return State.NOT_APPLICABLE
    match signal.verdict.level:
        case Level.UNKNOWN:
            return State.UNKNOWN
        case Level.FAIL:
            return State.REGRESSED if state.proven else State.BAD
        case Level.WARN if state.warning_accepted:
            return by_hand
        case Level.WARN:
            # A warning neither satisfies nor breaks: an item that was good, regressed or attested stays so.
            stays = {
                State.GOOD: True,
                State.REGRESSED: True,
                State.DONE: state.attested,
                State.WAITING: bool(state.marked),
            }
            return state.state if stays.get(state.state) else State.OPEN
        case Level.PASS:
            if held is None:
                return State.UNKNOWN
            if not held:
                return State.HOLDING
            return State.GOOD if state.item.mode is Mode.SENSED else by_hand
