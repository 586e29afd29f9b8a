"""What the facts of a shared session must never show, recomputed from the facts alone, by other means than the core."""

from collections import defaultdict

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.model.states import Mark, StepState

BY_HOLDER = (
    *(facts.PhaseChanged, facts.PollOpened, facts.PollClosed, facts.Decided, facts.BaselineRecorded),
    *(facts.ProcedureOpened, facts.StepsRepeated, facts.ValueChosen, facts.T0Changed, facts.Closed),
    *(facts.MessageSent, facts.IdentityAccepted),
)
"""Facts that only the person with the controls can cause."""


class SeatModel:
    """Follows the facts of a session that people share; asserts what must hold for each of them."""

    def __init__(self, roles: dict[str, str]) -> None:
        self.roles = roles
        self.holder = ""
        self.epoch = 0
        self.seats: dict[str, Seat] = {}
        self.people: dict[str, str] = {}
        self.rights: dict[str, set[Right]] = defaultdict(set)
        self.decided: dict[str, str] = {}
        self.approved: dict[str, facts.StepApproved] = {}
        self.agreed: dict[str, list[str]] = defaultdict(list)
        self._last = ""

    def record(self, event: Event) -> None:
        """Check one fact, and take it over."""
        body = event.body
        if event.identity:
            self._sent(event)
        self._last = event.command_id
        match body:
            case facts.Opened(operator=operator) | facts.Resumed(operator=operator):
                self.holder, self.seats, self.approved = operator, {}, {}
            case facts.DriverChanged(by=by):
                assert event.epoch >= self.epoch
                self.holder, self.seats, self.approved = by, {}, {}
            case facts.SeatJoined(seat=seat):
                self.seats[seat.id] = seat
                assert self.people.setdefault(seat.identity, seat.person) == seat.person
            case facts.SeatLeft(seat=left):
                self.seats.pop(left, None)
            case facts.ControlsGranted():
                self._granted(body)
            case facts.StepApproved():
                assert body.by != self.holder, "who would run a step does not approve it"
                assert self.roles[body.by] == body.role.casefold()
                self.approved[body.step] = body
            case facts.StepChanged(now=StepState.RUNNING, argv=argv) if argv:
                self._started(event, body)
            case facts.Voted(role=role, by=by):
                assert self.roles.get(by) == role, "a vote counts only from a person with its role"
            case facts.ItemMarked():
                self._marked(event, body)

    def _sent(self, event: Event) -> None:
        """Check who sent the command of a fact, and that it was decided once."""
        by = getattr(event.body, "by", getattr(event.body, "operator", ""))
        witnessed = getattr(event.body, "witnessed", False)
        seats = [seat for seat in self.seats.values() if seat.identity == event.identity]
        if not witnessed:
            assert by == self.people.get(event.identity, by), "a fact names the person of its identity"
        else:
            assert any(seat.via is Via.TERMINAL for seat in seats), "only the driver's terminal names a witness"
        if isinstance(event.body, facts.Refused):
            assert event.command_id not in self.decided or not event.command_id
        else:
            assert any(seat.acts for seat in seats), f"a viewer changed something: {event}"
            assert event.command_id
        if event.command_id and event.command_id != self._last:
            assert event.command_id not in self.decided, f"decided twice: {event}"
        if event.command_id:
            assert self.decided.setdefault(event.command_id, event.identity) == event.identity
        holds = isinstance(event.body, BY_HOLDER)
        holds |= isinstance(event.body, facts.StepChanged) and bool(event.body.by)
        holds |= isinstance(event.body, facts.Held) and not event.body.on
        assert not holds or by == self.holder, f"{by} has not the controls: {event}"

    def _granted(self, body: facts.ControlsGranted) -> None:
        here = {seat.person for seat in self.seats.values() if seat.acts}
        if body.by == body.to:
            assert self.holder not in here, "controls are taken only from who is gone"
        else:
            assert body.by == self.holder, "only the holder grants the controls"
        assert body.to in here
        self.holder = body.to

    def _started(self, event: Event, body: facts.StepChanged) -> None:
        if body.step != "undo":
            return
        approval = self.approved.pop(body.step, None)
        assert approval is not None, "a step that needs approval ran without it"
        assert (approval.argv, approval.where) == (body.argv, body.where)
        assert event.stamp.at <= approval.until
        assert approval.by != body.by, "a person approved their own step"
        identities = {identity for identity, person in self.people.items() if person == approval.by}
        assert event.identity not in identities, "an identity approved its own step"

    def _marked(self, event: Event, body: facts.ItemMarked) -> None:
        if body.mark in (Mark.CLAIM, Mark.UNDO):
            if body.undoes not in (None, Mark.CLAIM, Mark.VERIFY):
                self.agreed[body.item] = []
            return
        if body.mark is not Mark.VERIFY:
            self.agreed[body.item] = [body.by]
            return
        assert body.by not in self.agreed[body.item][:1], "nobody agrees with themselves"
