"""The incident of the demo through a pipe: ROLLBACK, every step of the rollback, and the end of the session."""

from pathlib import Path

import pytest

from tests.e2e.demo.canary_deeds import deeds
from tests.e2e.plain.followed import run, start
from tests.e2e.plain.piped import Piped, piped
from tests.e2e.procedures.steps import facts, of
from tests.e2e.pty_session import Place

SPEED = 20
RETRIED = "at most 3 times"
"""How often a step may run that reads only, and is tried again."""
RUN = ("show-the-history", "show-the-images-of-the-revisions", "check-the-revision-to-roll-back-to")
CONFIRMED = (
    "every-pod-runs-the-old-image",
    "errors-are-back-to-normal",
    "latency-is-back-to-normal",
    "no-critical-alert",
)
"""Steps that end once their signals pass."""


def done(*steps: str) -> list[tuple[str, str]]:
    """Return that each of these steps ran and is done."""
    return [(step, state) for step in steps for state in ("running", "ok")]


INCIDENT_DEEDS = [
    ("opened", "rollback-kubectl"),
    *done(*RUN),
    ("check-the-schema", "skipped"),
    *done("is-the-rollout-paused"),
    ("resume-a-paused-rollout", "skipped"),
    *done("roll-back", "watch-the-rollout", *CONFIRMED),
    ("smoke-request", "ok"),
    ("announce-the-end", "ok"),
    ("closed", "rollback-kubectl"),
    ("ended", "rolled back to 2.4.0"),
]
"""What is done from the advice ROLLBACK on, in order."""


def confirm(program: Piped, step: int, way: str, expected: str, question: str = "how did it end") -> None:
    """Record how a step without a command ended, or begin its wait, by the word or number of the option."""
    program.ask("!", rf"\? .*{question}\?")
    program.see(r"\? a number or a word")
    program.ask(way, expected.format(step))


@pytest.mark.server
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("demo")
def test_the_incident_is_rolled_back_and_ended_through_a_pipe(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with piped(place, "demo", "--plain", "--scenario", "incident", "--speed", str(SPEED)) as program:
        program.see(r"advice: ROLLBACK: 5xx share \d+(\.\d)?% \(must be < 5%\) for \dm")
        program.see(r"queued: rollback-kubectl: 5xx share")
        program.ask("procedure rollback-kubectl", r"  14 pending: Announce the end")
        start(program)
        run(program, "run", "step 1 done", RETRIED)
        run(program, "run", "step 2 done", RETRIED)
        program.ask("!", r"\? one of these values; 2 was good before")
        program.ask("3", r"3 runs now: choosing it would change nothing")
        program.ask("2", "chosen: rollback-kubectl revision 2 by ana")
        run(program, "run", "step 4 skipped: Check the schema", RETRIED)
        run(program, "run", "step 6 skipped: Resume a paused rollout", RETRIED)
        run(program, "modelmuxer", "step 7 done")
        run(program, "run", "step 8 done")
        for step in (9, 10, 11, 12):
            confirm(program, step, "2", "step {} done", "begin the wait")
        confirm(program, 13, "ok", r"\? Smoke request worked, evidence:", "begin the wait")
        program.ask("one chat answered", "step 13 done")
        confirm(program, 14, "ok", "step {} done")
        program.see("procedure: rollback-kubectl done")
        program.ask("end rolled back to 2.4.0", r"session \S+ ended: rolled back to 2\.4\.0")
        assert program.ended() == 0
    bodies = facts(place)
    found = deeds(bodies)
    assert found[found.index(INCIDENT_DEEDS[0]) :] == INCIDENT_DEEDS
    (chosen,) = of(bodies, "ValueChosen")
    assert (chosen["name"], chosen["value"]) == ("revision", "2")
    assert "\x1b" not in "\n".join(program.said), "no control sequence"
