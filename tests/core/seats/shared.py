"""A session that several people share, each at a seat of their own: a rollback whose dangerous step needs approval."""

from itertools import count

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import WITHOUT_ID, Request, decide_request
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.cockpit import Allowed, Cockpit, Person, Share
from mmcockpit.core.model.procedure import Cluster, Procedure
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.words.refusals import refusal_words
from tests.core.rollbacks import HISTORY, TELL, UNDO
from tests.core.sessions import Story, manual, number, plan, sensed

ANA = Seat("a1", "unix:ana", "ana", "conductor", Right.DRIVER, Via.TERMINAL, "edge-1", 1)
BO = Seat("b1", "unix:bo", "bo", "database", Right.OPERATOR, Via.SOCKET, "edge-1", 2)
EVE = Seat("e1", "postgres:eve", "eve", "database", Right.DRIVER, Via.DATABASE, "edge-2", 3)
CARLA = Seat("c1", "unix:carla", "carla", "", Right.VIEWER, Via.SOCKET, "edge-1", 4)
ANA_AGAIN = msgspec.structs.replace(ANA, id="a2", right=Right.OPERATOR, via=Via.SOCKET, process=5)
"""A joined seat of the driver's own user."""

SEATS = (ANA, BO, EVE, CARLA, ANA_AGAIN)
PEOPLE = (Person("ana", "conductor", "ana"), Person("bo", "database", "bo"), Person("eve", "database", "", "eve"))
APPROVED = msgspec.structs.replace(UNDO, approve="Database")
BACK = Procedure("back", "Back", (HISTORY, APPROVED, TELL), aborts=("errors",))
POLL = ("conductor", "database", "network")
PAY, AUDIT = "ready/s/pay", "ready/s/audit"
WHERE = "https://api"


def shared_cockpit() -> Cockpit:
    return plan(
        *(manual("audit"), manual("pay", approvals=2), sensed("errors")),
        signals=(number("errors"),),
        procedures=(BACK,),
        allow=Allowed(procedures=True),
        cluster=Cluster("kube", "prod", WHERE),
        people=PEOPLE,
        share=Share(),
        poll=POLL,
    )


class SharedStory(Story):
    """A shared session under test: seats send requests, each of which has an id of its own."""

    def __init__(self, *seats: Seat) -> None:
        super().__init__(shared_cockpit())
        self.ids = (f"{number:032x}" for number in count(1))
        self.tell(*map(facts.SeatJoined, seats or SEATS))

    def request(self, command: commands.AnyCommand, saw: int | None = None, id_: str = "") -> Request:
        return Request(id_ or next(self.ids), command, self.session.seq if saw is None else saw)

    def send(self, seat: Seat, request: Request) -> list[AnyBody]:
        """Decide a request and make its facts true, as the engine does."""
        self.settle()
        bodies = decide_request(self.session, request, seat, self.now)
        for body in bodies:
            named = not (isinstance(body, facts.Refused) and body.refusal.code in WITHOUT_ID)
            self.record(body, seat.identity, request.id if named else "")
        self.settle()
        self.wait(1)
        return bodies

    def record(self, body: AnyBody, identity: str, command_id: str) -> None:
        event = Event(self.session.seq + 1, self.now, body, True, identity, command_id)
        self.events.append(event)
        evolve(self.session, event)

    def ask(self, seat: Seat, command: commands.AnyCommand, saw: int | None = None) -> AnyBody:
        """Send a command that has one fact, or is refused."""
        self.settle()
        (body,) = self.send(seat, self.request(command, saw))
        return body

    def refused(self, seat: Seat, command: commands.AnyCommand, saw: int | None = None) -> Refusal:
        """Send a command that has to be refused."""
        body = self.ask(seat, command, saw)
        assert isinstance(body, facts.Refused), body
        assert body.by == seat.person
        return body.refusal

    def sentence(self, seat: Seat, command: commands.AnyCommand, saw: int | None = None) -> str:
        return refusal_words(self.refused(seat, command, saw))

    def ready(self) -> None:
        """Open the rollback and choose a revision, so that its dangerous step is ready."""
        self.ask(ANA, commands.OpenProcedure("", "back"))
        self.ask(ANA, commands.RunStep("", "back", "history", ("list", "prod"), WHERE))
        found: dict[str, tuple[str, ...]] = {"revision": ("40", "41")}
        self.tell(facts.StepChanged("back", "history", facts.StepState.OK, exit=0, found=found))
        self.ask(ANA, commands.ChooseValue("", "back", "revision", "40"))


def undo(argv: tuple[str, ...] = ("undo", "40"), where: str = WHERE) -> commands.RunStep:
    return commands.RunStep("", "back", "undo", argv, where, ("muxer",))


def approve(argv: tuple[str, ...] = ("undo", "40"), where: str = WHERE, for_s: float = 600.0) -> commands.ApproveStep:
    return commands.ApproveStep("", "back", "undo", argv, where, for_s)
