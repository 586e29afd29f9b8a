"""Keys typed faster than anything is drawn: none is lost between a question's key and its answer."""

import re

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, leave


def test_what_is_typed_behind_a_question_is_its_answer(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=(120, 30)) as program:
        program.wait_for(r"\[\+\] clients")
        for number in range(8):
            program.press(f":note line {number} as it was typed\r")
            program.wait_for(f"note +.*line {number} as it was typed")
        for number in range(8):
            program.press(f"cremark {number} as it was typed\r")
            program.wait_for(f"note +.*remark {number} as it was typed")
        program.press("g j j j ")
        program.wait_for(r"(\[x\] +\d [^\n]*\n.*){4}")
        program.press("/run")
        program.wait_for(r"/ run\s*$")
        program.wait_for(r"> \[ \] +18 Runbook")
        program.press("\x1b")
        # Escape is waited for: it may be the beginning of another key.
        program.wait_for(r"\[x\] +1 Audit")
        program.wait_for(r"\? help")
        assert leave(program) == 0
    notes = re.findall(r"note +ana(?: on \S+)?: (.*)", place.call("log").stdout)
    assert notes == [f"{word} {n} as it was typed" for word in ("line", "remark") for n in range(8)]


def test_what_is_typed_behind_enter_is_no_part_of_the_answer(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=(120, 30)) as program:
        program.wait_for(r"\[\+\] clients")
        for number in range(6):
            program.press(f"cone {number}\rctwo {number}\r")
            program.wait_for(f"note +.*two {number}")
        assert leave(program) == 0
    notes = re.findall(r"note +ana(?: on \S+)?: (.*)", place.call("log").stdout)
    assert notes == [f"{word} {n}" for n in range(6) for word in ("one", "two")]
