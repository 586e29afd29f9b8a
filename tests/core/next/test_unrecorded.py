"""NEXT while the journal cannot be written, once an operator accepted that."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.next_action import NextKind, Viewpoint
from tests.core.next.proposals import given, story, text
from tests.core.sessions import BAD, manual, sensed


def test_what_was_accepted_is_not_offered_again_and_gates_wait_for_the_journal() -> None:
    seat = Viewpoint(unrecorded=True, accepted=True)
    told = story(sensed("errors"), manual("audit"))
    told.see("errors", *[BAD] * 5)
    assert given(told, seat) == given(told, Viewpoint())
    open_gate = story(manual("audit"))
    open_gate.do(commands.MarkItem("ana", "ready/s/audit"))
    assert given(open_gate, Viewpoint()).kind is NextKind.GATE
    assert text(open_gate, seat) == "wait  make room for the journal: gates stay closed until then"
