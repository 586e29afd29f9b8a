"""The plain text mode through a pipe: the canary's incident to its end, and what a line can and cannot do."""

import re
from pathlib import Path

import pytest

from tests.e2e.demo.canary_deeds import CANARY_DEEDS, deeds
from tests.e2e.plain.followed import run, start
from tests.e2e.plain.piped import piped
from tests.e2e.procedures.steps import cockpit, facts, of
from tests.e2e.pty_session import Place

SPEED = 12


@pytest.mark.server
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("demo")
def test_the_incident_of_the_demo_is_driven_through_a_pipe_as_by_keys(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with piped(place, "demo", "--plain", "--scenario", "canary", "--speed", str(SPEED)) as program:
        program.see(r"next: :go open Release")
        program.ask("go", r"phase: Before the release → Release, gate passed by ana")
        program.see(r"next: :run-step 3 The new version has all traffic: open Deploy")
        program.ask("!", r"Deploy version 2.4.1 as a canary \(deploy\), 1 step")
        start(program)
        run(program, "shop", "procedure: deploy done")
        program.see(r"next: :run-step promote to the next step: at weight 5%")
        program.ask("!", r"Promote shop \(promote-shop\)")
        start(program)
        run(program, "shop", "procedure: promote-shop done")
        program.see(r"next: :emergency abort the canary: 5xx share \d+(\.\d)?% at weight 20%")
        program.ask("E", r"Abort shop \(abort-shop\)")
        start(program)
        run(program, "shop", "step 1 done in")
        program.see(r"next: :run-step 2/2 .*begin the wait")
        program.ask("!", "procedure: abort-shop done")
        program.see(r"next: :emergency Roll back the release")
        program.ask("E", r"Roll back the release \(rollback\)")
        start(program)
        run(program, "run", "step 1 done in")
        run(program, "shop", "step 2 done")
        program.see(r"next: :run-step 3/3")
        program.ask("!", r"\? .*begin the wait\?")
        program.see(r"\? a number or a word")
        program.ask("wait", "procedure: rollback done")
        program.ask("defer 3", r"\? defer 3 The new version")
        program.ask("rolled back to 2.4.0", r"defer: ana: 3 The new version")
        program.see(r"next: :go open Verification")
        program.ask("go", "gate passed by ana")
        program.see(r"next: :tick 7 The outcome is announced")
        program.ask("tick 7", r"tick: ana done: 7")
        program.see(r"next: :end OUTCOME")
        program.ask("end rolled back to 2.4.0", r"session \S+ ended: rolled back to 2\.4\.0")
        assert program.ended() == 0
    assert deeds(facts(place)) == CANARY_DEEDS
    told = "\n".join(program.said)
    assert "\x1b" not in told, "no control sequence"
    (image,) = [line for line in program.said if line.startswith("  image: ")]
    assert re.search(r"→ (shop:)?2\.4\.0$", image), "what runs now may be unknown for a moment"
    assert "| 1 4 4 registry.example.com/shop:2.4.0" in " ".join(told.split()), "the output of a step is read, too"


STEP = {"title": "Restart", "command": ["true"], "danger": "dangerous", "phrase": "old sessions end"}
LOOK = {"title": "Look", "command": ["echo", "three pods"], "danger": "reads"}


def test_nothing_runs_by_a_line_that_was_typed_before_it_was_asked_for(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with piped(place, "run", cockpit(place, STEP, LOOK, allowed=True), "--plain") as program:
        program.see("type `help`")
        program.ask("procedure fix", r"Fix it \(fix\), 2 steps")
        # All at once, as from a file: the answers cannot have been given to the questions.
        program.type("!", "start", "!", "muxer", "old sessions end")
        program.see("ignored, because it was typed before the question: start")
        program.see(r"\? .*start it\?")
        program.see(r"\? a number or a word")
        program.ask("2", "procedure: fix started by ana")
        number = program.ask("help", r"^  \d+ run-step: ").split()[0]
        program.ask(number, r"\? type muxer to run it")
        program.ask("Muxer", r"'Muxer' is not 'muxer', letter for letter; nothing runs")
        program.ask("muxer", r"\? type old sessions end to run it")
        program.ask("", "cancelled: nothing was run")
        assert not of(facts(place), "StepChanged")
        program.ask("!", r"\? type muxer to run it")
        program.ask("muxer", r"\? type old sessions end to run it")
        program.ask("old sessions end", "step 1 done")
        program.ask("!", r"\? type run to run it")
        program.ask("run", r"\| three pods")
        program.see("procedure: fix done")
        program.ask("skp", "unknown command 'skp'; did you mean skip")
        program.ask("zoom", "zoom works on the screen only")
        program.ask("item 1", r"item 1 \[.\] Stands")
        program.hang_up()
        program.see("left: ana; polling stopped until resumed")
        assert program.ended() == 0
    began = [body["typed"] for body in of(facts(place), "StepChanged") if body["now"] == "running" and "typed" in body]
    assert began in ([], [["muxer", "old sessions end"]])
    with piped(place, "resume", "--plain") as again:
        again.see(r"phase 1 of 1: Live")
        again.ask("note back again", "note: ana: back again")
        again.ask("leave", r"\? a number or a word")
        again.ask("leave", "polling stopped: mmcockpit resume")
        assert again.ended() == 0
