"""A shared go-live with one screen for each seat: what a seat submits is decided as the driver's engine decides it."""

from uuid import uuid4

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request, decide_request
from mmcockpit.core.facts.event import Event, SeatJoined, StepChanged, StepOutput, StepState
from mmcockpit.core.feed import Batch, Commander
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.cockpit import Share
from mmcockpit.core.model.seat import Right, Seat, Sharing, Via
from mmcockpit.core.state.copies import copied
from mmcockpit.core.state.evolve import evolve
from mmcockpit.ui.app import CockpitApp
from tests.ui.emergencies import BAD, HISTORY, LISTING, ROLLBACK, SERVER, UNDO, argv, emergency_file
from tests.ui.go_lives import GoLive, go_live_layout

ANA = Seat("1", "unix:ana", "ana", "conductor", Right.DRIVER, Via.TERMINAL, "bastion", 4100)
BO = Seat("2", "unix:bo", "bo", "database", Right.OPERATOR, Via.SOCKET, "bastion", 4711)
CY = Seat("3", "postgres:cy", "cy", "network", Right.DRIVER, Via.DATABASE, "laptop", 815)
CARLA = Seat("4", "postgres:carla", "carla", "", Right.VIEWER, Via.DATABASE, "kiosk", 23)
"""The driver, an operator on the same machine, an operator elsewhere who may take over, and a viewer."""


class SeatFeed:
    """The facts of a go-live as one seat sees them; a viewer has no commander."""

    def __init__(self, night: GoLive, seat: Seat) -> None:
        self.night = night
        self.sharing = Sharing(seat)
        self.refused: list[str] = []
        self.operator = seat.person
        self.commands: Commander | None = self if seat.acts else None
        self.transport = None
        self.rules = ""
        self.pulse: Stamp | None = None
        self._taken = -1

    def submit(self, command: commands.AnyCommand, saw: int | None = None) -> None:
        """Let the driver decide a command of this seat."""
        night, seat = self.night, self.sharing.seat
        request = Request(uuid4().hex, command, night.session.seq if saw is None else saw)
        for body in decide_request(night.session, request, seat, night.now):
            number = len(night.events) + 1
            event = Event(number, night.now, body, identity=seat.identity, command_id=request.id, epoch=1)
            night.events.append(event)
            evolve(night.session, event)
        night.tell()

    def drain(self) -> Batch:
        """Hand over what was recorded since the last call."""
        known, self._taken = self._taken, len(self.night.events)
        base = copied(self.night.session) if known < 0 else None
        events = () if known < 0 else tuple(self.night.events[known:])
        return Batch(self.night.now, events, base, self.pulse, sharing=self.sharing)

    def wait(self, seconds: float) -> None:
        """Let the clock run, without results of signals."""
        self.night.now = Stamp(self.night.now.at + seconds, self.night.now.wall + seconds)


def shared_file() -> CockpitFile:
    """Return the cockpit file: the dangerous step of the rollback needs the approval of the database role."""
    file = emergency_file()
    undo = msgspec.structs.replace(UNDO, approve="database")
    steps = tuple(undo if step is UNDO else step for step in ROLLBACK.steps)
    rollback = msgspec.structs.replace(ROLLBACK, steps=steps)
    procedures = (rollback, *file.checklist.procedures[1:])
    checklist = msgspec.structs.replace(file.checklist, procedures=procedures)
    return msgspec.structs.replace(file, checklist=checklist, share=Share())


def shared(*seats: Seat, file: CockpitFile | None = None) -> GoLive:
    """A go-live with these people, by default all; everything is well."""
    night = GoLive(file or shared_file()).watched(60)
    return night.tell(*(SeatJoined(seat) for seat in seats or (ANA, BO, CY, CARLA)))


def waiting_for_approval() -> GoLive:
    """A rollback is open, and its dangerous step waits for the approval of the database role."""
    night = shared().watched(60, **BAD).ask(commands.OpenProcedure("ana", "rollback-kubectl"))
    night.ask(commands.RunStep("ana", "rollback-kubectl", "history", argv(HISTORY), SERVER))
    night.wait(1).tell(
        StepOutput("rollback-kubectl", "history", LISTING),
        StepChanged("rollback-kubectl", "history", StepState.OK, exit=0, found={"revision": ("39", "40", "41")}),
    )
    return night.ask(commands.ChooseValue("ana", "rollback-kubectl", "revision", "40")).watched(10, **BAD)


def screen(night: GoLive, seat: Seat) -> CockpitApp:
    """Return the screen of a seat."""
    return CockpitApp(SeatFeed(night, seat), go_live_layout())
