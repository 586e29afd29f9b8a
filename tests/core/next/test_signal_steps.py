"""NEXT at a step that has only a signal."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.procedure import Procedure, Step
from tests.core.next.proposals import text
from tests.core.rollbacks import night
from tests.core.sessions import BAD, GONE


def test_a_step_with_only_a_signal_is_a_wait_and_no_work_of_a_person() -> None:
    told = night(procedures=(Procedure("back", "Back", (Step("helped", "It helped", signal="errors"),)),))
    told.do(commands.OpenProcedure("ana", "back"))
    assert text(told) == "!  1/1 It helped: begin the wait"
    told.do(commands.RunStep("ana", "back", "helped"))
    told.see("errors", BAD)
    assert text(told) == "wait  1/1 It helped: errors has to pass"
    told.see("errors", GONE)
    assert text(told) == "wait  1/1 It helped: errors has to pass, it has no data now"


def test_a_manual_step_with_a_signal_is_work_of_a_person() -> None:
    told = night(procedures=(Procedure("back", "Back", (Step("call", "Call", signal="errors", manual=True),)),))
    told.do(commands.OpenProcedure("ana", "back"))
    assert text(told) == "!  1/1 Call: do it, then record it"
