"""Items: what hands may tick, what signals decide, and what is refused."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import State
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.state.evolve import fold
from tests.core.sessions import GONE, Story

AUDIT, ERRORS, ACCESS = "ready/core/audit", "ready/core/errors", "ready/core/access"
DNS, TRAFFIC = "cutover/steps/dns", "cutover/steps/traffic"


def test_a_manual_item_is_ticked_and_the_tick_taken_back_as_two_facts() -> None:
    story = Story()
    story.do(commands.MarkItem("ana", AUDIT, "seen it"))
    assert story.state(AUDIT) is State.DONE
    story.do(commands.UndoMark("ana"))
    assert story.state(AUDIT) is State.OPEN
    marks = [event.body.mark for event in story.events if isinstance(event.body, facts.ItemMarked)]
    assert marks == [facts.Mark.DONE, facts.Mark.UNDO]


def test_undo_takes_back_only_ones_own_latest_mark() -> None:
    story = Story()
    story.do(commands.MarkItem("ana", AUDIT))
    assert story.refusal(commands.UndoMark("bo")) == "bo has no mark to undo"
    assert story.state(AUDIT) is State.DONE


def test_a_sensed_item_cannot_be_ticked_and_follows_its_signal() -> None:
    story = Story()
    story.see("error_rate", 0.9, 0.9, 0.9)
    because = story.refusal(commands.MarkItem("ana", ERRORS))
    assert "signal error_rate decides it" in because
    assert "90% (must be < 5%)" in because
    assert story.state(ERRORS) is State.BAD


def test_a_sensed_item_follows_its_signal_and_remembers_that_it_was_good() -> None:
    story = Story()
    assert story.state(ERRORS) is State.OPEN
    story.see("error_rate", 0, 0, 0)
    assert story.state(ERRORS) is State.GOOD
    story.see("error_rate", GONE)
    assert story.state(ERRORS) is State.UNKNOWN
    story.see("error_rate", 0.9, 0.9, 0.9)
    assert story.state(ERRORS) is State.REGRESSED
    story.see("error_rate", 0, 0, 0)
    assert story.state(ERRORS) is State.GOOD


def test_a_warning_neither_satisfies_nor_breaks() -> None:
    story = Story()
    story.see("error_rate", 0.02, 0.02, 0.02)
    assert story.state(ERRORS) is State.OPEN
    story.see("error_rate", 0, 0, 0)
    story.see("error_rate", 0.02, 0.02, 0.02)
    assert story.state(ERRORS) is State.GOOD
    story.see("error_rate", 0.9, 0.9, 0.9, 0.02, 0.02, 0.02)
    assert story.state(ERRORS) is State.REGRESSED


def test_an_attested_item_requires_its_signal_and_a_tick() -> None:
    story = Story()
    assert "until access passes" in story.refusal(commands.MarkItem("ana", ACCESS))
    story.see("access", Reading({"exists": True}))
    assert story.state(ACCESS) is State.OPEN
    story.do(commands.MarkItem("ana", ACCESS))
    assert story.state(ACCESS) is State.DONE
    story.see("access", Reading({"exists": False}))
    assert story.state(ACCESS) is State.REGRESSED


def test_a_mark_keeps_the_evidence_of_its_moment() -> None:
    story = Story()
    story.see("access", Reading({"exists": True}, sampled=5.0))
    (marked,) = story.do(commands.MarkItem("ana", ACCESS))
    assert isinstance(marked, facts.ItemMarked)
    assert marked.evidence == facts.Evidence("access", "cluster.get name=x", "value.exists", "pass", "exists yes", 5.0)


def test_an_ordered_section_is_done_in_order() -> None:
    story = Story()
    assert "4 DNS comes first" in story.refusal(commands.MarkItem("ana", TRAFFIC))
    story.do(commands.MarkItem("ana", DNS))
    story.do(commands.MarkItem("ana", TRAFFIC))
    assert story.state(TRAFFIC) is State.DONE


def test_a_signal_that_falls_silent_goes_stale_by_itself() -> None:
    story = Story()
    story.see("error_rate", 0, 0, 0)
    story.wait(70)
    story.settle()
    assert story.state(ERRORS) is State.UNKNOWN
    assert "silent: no result for" in story.session.signals["error_rate"].verdict.because


def test_a_resumed_session_trusts_nothing_it_saw_before() -> None:
    story = Story()
    story.see("error_rate", 0, 0, 0)
    story.wait(600)
    story.tell(facts.Resumed("bo", "there", 600.0))
    story.settle()
    assert story.state(ERRORS) is State.UNKNOWN
    assert story.session.signals["error_rate"].value == 0
    assert story.session.operators == ["bo"]


def test_what_cannot_be_is_refused_with_the_way_out() -> None:
    story = Story()
    assert "unknown item" in story.refusal(commands.MarkItem("ana", "nowhere"))
    assert "the note is empty" in story.refusal(commands.AddNote("ana", "  "))
    assert "unknown item" in story.refusal(commands.AddNote("ana", "x", item="nowhere"))
    assert "unknown signal" in story.refusal(commands.SenseNow("ana", ("nowhere",)))
    assert "outcome is required" in story.refusal(commands.EndSession("ana", ""))
    assert "reason is required" in story.refusal(commands.AcceptUnrecorded("ana", ""))
    story.do(commands.MarkItem("ana", AUDIT))
    assert "already done by ana" in story.refusal(commands.MarkItem("bo", AUDIT))


def test_every_other_command_becomes_its_fact() -> None:
    story = Story()
    bodies = [
        *story.do(commands.AddNote("ana", "all quiet", AUDIT)),
        *story.do(commands.AddNote("ana", "", marker=True)),
        *story.do(commands.SetT0("ana", 12.3456)),
        *story.do(commands.AcceptUnrecorded("ana", "disk is full")),
        *story.do(commands.EndSession("ana", "done")),
        *story.do(commands.LeaveSession("ana")),
    ]
    assert bodies == [
        facts.Noted("all quiet", "ana", AUDIT),
        facts.Noted("marker", "ana", "", True),
        facts.T0Changed(12.346, "ana"),
        facts.Noted("continues without a record: disk is full", "ana"),
        facts.Closed(facts.Mark.DONE, "ana"),
        facts.OperatorLeft("ana"),
    ]


def test_folding_the_events_again_gives_the_same_session() -> None:
    story = Story()
    story.see("error_rate", 0, 0, 0, GONE, 0.9)
    story.do(commands.MarkItem("ana", AUDIT))
    story.do(commands.AddNote("ana", "hm", AUDIT))
    assert fold(story.events) == story.session
