"""Items: what hands may tick, what signals decide, and what is refused."""

from mmcockpit.core import command as commands
from mmcockpit.core import event as facts
from mmcockpit.core.decide import decide
from mmcockpit.core.event import State
from mmcockpit.core.evolve import fold
from mmcockpit.core.reading import Fault, FaultKind, Reading
from mmcockpit.core.sensing import elapse
from tests.core.sessions import Story

AUDIT, ERRORS, ACCESS = "ready/core/audit", "ready/core/errors", "ready/core/access"
DNS, TRAFFIC = "cutover/steps/dns", "cutover/steps/traffic"
GONE = Fault(FaultKind.REFUSED, "gone")


def do(story: Story, command: commands.AnyCommand) -> list[facts.AnyBody]:
    bodies = decide(story.session, command, story.now)
    story.tell(*bodies)
    settle(story)
    story.wait(1)
    return bodies


def settle(story: Story) -> None:
    while changes := elapse(story.session, story.now):
        story.tell(*changes)


def refusal(story: Story, command: commands.AnyCommand) -> str:
    (body,) = do(story, command)
    assert isinstance(body, facts.Refused)
    return body.because


def state(story: Story, item: str) -> State:
    return story.session.items[item].state


def see(story: Story, signal: str, *answers: float | Fault | Reading) -> None:
    for answer in answers:
        story.answer(signal, answer)
        settle(story)


def test_a_manual_item_is_ticked_and_the_tick_taken_back_as_two_facts() -> None:
    story = Story()
    do(story, commands.MarkItem("ana", AUDIT, "seen it"))
    assert state(story, AUDIT) is State.DONE
    do(story, commands.UndoMark("ana"))
    assert state(story, AUDIT) is State.OPEN
    marks = [event.body.mark for event in story.events if isinstance(event.body, facts.ItemMarked)]
    assert marks == [facts.Mark.DONE, facts.Mark.UNDO]


def test_undo_takes_back_only_ones_own_latest_mark() -> None:
    story = Story()
    do(story, commands.MarkItem("ana", AUDIT))
    assert refusal(story, commands.UndoMark("bo")) == "bo has no mark to take back"
    assert state(story, AUDIT) is State.DONE


def test_a_sensed_item_cannot_be_ticked_and_says_what_its_signal_says() -> None:
    story = Story()
    see(story, "error_rate", 0.9, 0.9, 0.9)
    because = refusal(story, commands.MarkItem("ana", ERRORS))
    assert "sensed by error_rate" in because
    assert "not value < 0.05" in because
    assert state(story, ERRORS) is State.BAD


def test_a_sensed_item_follows_its_signal_and_remembers_that_it_was_good() -> None:
    story = Story()
    assert state(story, ERRORS) is State.OPEN
    see(story, "error_rate", 0, 0, 0)
    assert state(story, ERRORS) is State.GOOD
    see(story, "error_rate", GONE)
    assert state(story, ERRORS) is State.UNKNOWN
    see(story, "error_rate", 0.9, 0.9, 0.9)
    assert state(story, ERRORS) is State.REGRESSED
    see(story, "error_rate", 0, 0, 0)
    assert state(story, ERRORS) is State.GOOD


def test_a_warning_neither_satisfies_nor_breaks() -> None:
    story = Story()
    see(story, "error_rate", 0.02, 0.02, 0.02)
    assert state(story, ERRORS) is State.OPEN
    see(story, "error_rate", 0, 0, 0)
    see(story, "error_rate", 0.02, 0.02, 0.02)
    assert state(story, ERRORS) is State.GOOD
    see(story, "error_rate", 0.9, 0.9, 0.9, 0.02, 0.02, 0.02)
    assert state(story, ERRORS) is State.REGRESSED


def test_an_attested_item_wants_its_signal_and_a_hand() -> None:
    story = Story()
    assert "wants its signal access to pass" in refusal(story, commands.MarkItem("ana", ACCESS))
    see(story, "access", Reading({"exists": True}))
    assert state(story, ACCESS) is State.OPEN
    do(story, commands.MarkItem("ana", ACCESS))
    assert state(story, ACCESS) is State.DONE
    see(story, "access", Reading({"exists": False}))
    assert state(story, ACCESS) is State.REGRESSED


def test_a_mark_keeps_the_evidence_of_its_moment() -> None:
    story = Story()
    see(story, "access", Reading({"exists": True}, sampled=5.0))
    (marked,) = do(story, commands.MarkItem("ana", ACCESS))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.evidence == facts.Evidence(
        "access", "cluster.get name=x", "value.exists", "pass", "{'exists': True}", 5.0
    )


def test_an_ordered_section_is_done_in_order() -> None:
    story = Story()
    assert "4 DNS comes first" in refusal(story, commands.MarkItem("ana", TRAFFIC))
    do(story, commands.MarkItem("ana", DNS))
    do(story, commands.MarkItem("ana", TRAFFIC))
    assert state(story, TRAFFIC) is State.DONE


def test_a_signal_that_falls_silent_goes_stale_by_itself() -> None:
    story = Story()
    see(story, "error_rate", 0, 0, 0)
    story.wait(70)
    settle(story)
    assert state(story, ERRORS) is State.UNKNOWN
    assert "no answer for" in story.session.signals["error_rate"].verdict.because


def test_a_resumed_session_trusts_nothing_it_saw_before() -> None:
    story = Story()
    see(story, "error_rate", 0, 0, 0)
    story.wait(600)
    story.tell(facts.Resumed("bo", "there", 600.0))
    settle(story)
    assert state(story, ERRORS) is State.UNKNOWN
    assert story.session.signals["error_rate"].value == 0
    assert story.session.operators == ["bo"]


def test_what_cannot_be_is_refused_with_the_way_out() -> None:
    story = Story()
    assert "no item is called" in refusal(story, commands.MarkItem("ana", "nowhere"))
    assert "needs some text" in refusal(story, commands.AddNote("ana", "  "))
    assert "no item is called" in refusal(story, commands.AddNote("ana", "x", item="nowhere"))
    assert "no signal is called" in refusal(story, commands.SenseNow("ana", ("nowhere",)))
    assert "needs an outcome" in refusal(story, commands.EndSession("ana", ""))
    assert "needs a reason" in refusal(story, commands.AcceptUnrecorded("ana", ""))
    do(story, commands.MarkItem("ana", AUDIT))
    assert "done already, by ana" in refusal(story, commands.MarkItem("bo", AUDIT))


def test_every_other_command_becomes_its_fact() -> None:
    story = Story()
    bodies = [
        *do(story, commands.AddNote("ana", "all quiet", AUDIT)),
        *do(story, commands.AddNote("ana", "", marker=True)),
        *do(story, commands.SetT0("ana", 12.3456)),
        *do(story, commands.AcceptUnrecorded("ana", "disk is full")),
        *do(story, commands.EndSession("ana", "done")),
        *do(story, commands.LeaveSession("ana")),
    ]
    assert bodies == [
        facts.Noted("all quiet", "ana", AUDIT),
        facts.Noted("marker", "ana", "", True),
        facts.T0Changed(12.346, "ana"),
        facts.Noted("goes on unrecorded: disk is full", "ana"),
        facts.Closed(facts.Mark.DONE, "ana"),
        facts.OperatorLeft("ana"),
    ]


def test_folding_the_events_again_gives_the_same_session() -> None:
    story = Story()
    see(story, "error_rate", 0, 0, 0, GONE, 0.9)
    do(story, commands.MarkItem("ana", AUDIT))
    do(story, commands.AddNote("ana", "hm", AUDIT))
    assert fold(story.events) == story.session
