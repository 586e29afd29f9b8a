"""A command of a seat for every code of a refusal that only a shared session has, with its sentence."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.model.states import StepState
from tests.core.seats.shared import ANA, ANA_AGAIN, BO, CARLA, EVE, SharedStory, approve, undo

Row = tuple[Code, str, Refusal]


class SeatRefusals:
    """Collects the refusals of a shared session with the code and the sentence that each should have."""

    def __init__(self, *seats: Seat) -> None:
        self.story = SharedStory(*seats)
        self.all: list[Row] = []

    def add(self, code: Code, sentence: str, seat: Seat, command: commands.AnyCommand, saw: int | None = None) -> None:
        self.all.append((code, sentence, self.story.refused(seat, command, saw)))

    def add_request(self, code: Code, sentence: str, seat: Seat, request: Request) -> None:
        (body,) = self.story.send(seat, request)
        assert isinstance(body, facts.Refused), body
        self.all.append((code, sentence, body.refusal))


def rights_and_controls() -> list[Row]:
    refused = SeatRefusals(ANA, BO, CARLA)
    refused.add(Code.VIEWER_ONLY, "carla is a viewer and can only read", CARLA, commands.AddNote("", "hello"))
    refused.add(
        Code.CONTROLS_NEEDED,
        "this needs the controls, which ana has: `:control request` asks for them",
        BO,
        commands.OpenPoll(""),
    )
    refused.add(Code.HAS_CONTROLS, "ana already has the controls", ANA, commands.RequestControls(""))
    refused.story.ask(BO, commands.RequestControls(""))
    refused.add(
        Code.ALREADY_REQUESTED,
        "already requested: ana grants them with `:control grant NAME`",
        BO,
        commands.RequestControls(""),
    )
    refused.add(
        Code.HOLDER_IS_HERE,
        "ana has the controls and is here: `:control request` asks for them",
        BO,
        commands.TakeControls("", "hurry"),
    )
    refused.add(
        Code.NOT_HERE, "'zoe' is not at a seat that may act; at one: ana, bo", ANA, commands.GrantControls("", "zoe")
    )
    refused.add(
        Code.NOT_DRIVER,
        "only the driver's own screen can stop polling; close this seat instead",
        BO,
        commands.LeaveSession(""),
    )
    refused.story.tell(facts.SeatLeft(ANA.id))
    refused.add(
        Code.TAKEOVER_NEEDS_REASON, "a reason is required to take the controls", BO, commands.TakeControls("", " ")
    )
    return refused.all


def votes() -> list[Row]:
    refused = SeatRefusals()
    refused.story.ask(ANA, commands.OpenPoll(""))
    refused.add(
        Code.NOT_YOUR_ROLE,
        "bo cannot answer for conductor: only a person with that role can (ana)",
        BO,
        commands.Vote("", True, "conductor"),
    )
    guest = Seat("g1", "unix:guest", "guest", "", BO.right, BO.via)
    refused.add(
        Code.NO_VOTE, "guest has no role in this poll: conductor, database, network", guest, commands.Vote("", True)
    )
    return refused.all


def approvals() -> list[Row]:
    refused = SeatRefusals()
    story = refused.story
    story.ready()
    refused.add(
        Code.APPROVAL_MISSING, "Undo needs the approval of Database (bo, eve) from a seat of their own", ANA, undo()
    )
    refused.add(Code.NOT_APPROVER, "Undo must be approved by Database (bo, eve), not by ana", ANA_AGAIN, approve())
    refused.add(
        Code.APPROVAL_NEEDS_DURATION, "an approval needs a duration from 1m to 1h, such as 10m", BO, approve(for_s=5.0)
    )
    story.ask(BO, approve())
    story.ask(ANA, commands.ChooseValue("", "back", "revision", "41"))
    refused.add(
        Code.APPROVAL_DIFFERS, "bo approved another command of Undo: ask for a new approval", ANA, undo(("undo", "41"))
    )
    story.ask(BO, approve(("undo", "41")))
    story.wait(1000)
    refused.add(
        Code.APPROVAL_EXPIRED,
        "the approval of Undo by bo expired 6m ago: ask for a new one",
        ANA,
        undo(("undo", "41")),
    )
    story.ask(BO, approve(("undo", "41")))
    story.ask(ANA, commands.GrantControls("", "bo"))
    refused.add(Code.APPROVED_BY_SELF, "bo approved Undo, so another person must run it", BO, undo(("undo", "41")))
    refused.add(
        Code.APPROVER_HAS_CONTROLS,
        "bo has the controls and would run Undo: another person must approve it",
        BO,
        approve(("undo", "41")),
    )
    return refused.all


def requests() -> list[Row]:
    refused = SeatRefusals()
    story = refused.story
    story.ask(ANA, commands.OpenPoll(""))
    opened = story.session.revisions["poll"]
    refused.add(
        Code.CHANGED_SINCE,
        f"the poll has changed since your screen showed it (fact #{opened}): review it, then try again",
        ANA,
        commands.Vote("", True),
        saw=opened - 1,
    )
    ahead = story.session.seq + 9
    refused.add(
        Code.UNKNOWN_FACT,
        f"your screen showed fact #{ahead}, which this session does not have: join it again",
        ANA,
        commands.AddNote("", "x"),
        saw=ahead,
    )
    refused.add_request(
        Code.INVALID_ID,
        "the id of the command must have 32 hexadecimal digits",
        BO,
        Request("../x", commands.AddNote("", "x"), story.session.seq),
    )
    mine = story.request(commands.AddNote("", "x"))
    story.send(BO, mine)
    refused.add_request(Code.ID_TAKEN, "another identity has already sent a command with this id", EVE, mine)
    story.session.forgotten_seq = 3
    refused.add(
        Code.TOO_OLD,
        "too old (fact #2): whether it was carried out before is not known any more",
        BO,
        commands.AddNote("", "x"),
        saw=2,
    )
    story.tell(facts.Closed("done", "ana"))
    refused.add(Code.SESSION_ENDED, "the session has ended: done", BO, commands.AddNote("", "x"))
    return refused.all


def outdated_step() -> list[Row]:
    refused = SeatRefusals()
    story = refused.story
    story.ready()
    story.ask(BO, approve())
    seen = story.session.seq
    story.ask(ANA, undo())
    story.tell(facts.StepChanged("back", "undo", StepState.FAILED, exit=1))
    failed = story.session.seq
    refused.add(
        Code.CHANGED_SINCE,
        f"the step has changed since your screen showed it (fact #{failed}): review it, then try again",
        EVE,
        approve(),
        saw=seen,
    )
    return refused.all


SEAT_SCENARIOS = (rights_and_controls, votes, approvals, requests, outdated_step)
