"""The canary of the demo, driven forward: three weights, an incident at the second, abort, rollback, verification."""

from pathlib import Path

import pytest

from mmcockpit.cli.demo_world import WorldSpec
from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.next_action import NextKind
from mmcockpit.core.model.states import Advice, StepState
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.journal.verify import fold_checked
from tests.e2e.demo.demo_session import OPERATOR, DemoSession, demo_session
from tests.servers.wait import PATIENCE_S

SPEED = 12.0


def run(demo: DemoSession, procedure: str, step: int = 0) -> None:
    """Run a step of a procedure as its dialog shows it; the first one starts the procedure."""
    if not step:
        demo.watcher.do(commands.OpenProcedure(OPERATOR, procedure))
        demo.watcher.until(lambda session: procedure in session.procedures, "the procedure is open", PATIENCE_S)
    name = list(demo.session.procedures[procedure].steps)[step]

    def state() -> StepState:
        return demo.session.procedures[procedure].steps[name].state

    demo.watcher.until(lambda session: state() is StepState.READY, f"step {name} is ready", PATIENCE_S)
    taken = demo.session.procedures[procedure]
    written = taken.steps[name].step
    argv, missing = resolved(written, taken.values, demo.session.cockpit.cluster_of)
    assert not missing
    where = demo.session.cockpit.cluster_of(written.cluster).server if argv else ""
    demo.watcher.do(commands.RunStep(OPERATOR, procedure, name, argv, where, written.typed))
    demo.watcher.until(lambda session: state() is StepState.OK, f"step {name} is done", 3 * PATIENCE_S)


def weight(session: Session) -> tuple[int, bool]:
    value = session.signals["rollout"].value
    return (value.get("weight", -1), value["paused"]) if isinstance(value, dict) else (-1, False)


@pytest.mark.server
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("demo")
def test_a_canary_that_fails_at_its_second_weight_is_aborted_and_rolled_back(folder: Path) -> None:
    with demo_session(folder, WorldSpec("shop", "canary", speed=SPEED)) as demo:
        until = demo.watcher.until
        until(
            lambda one: one.advised is not None and one.advised.advice is Advice.GO, "the advice is GO", 3 * PATIENCE_S
        )
        demo.watcher.do(commands.OpenPhase(OPERATOR, "before"))
        until(lambda session: session.phase == 1, "the release is open", PATIENCE_S)
        run(demo, "deploy")
        until(lambda session: weight(session) == (5, True), "5% and a pause", PATIENCE_S)
        run(demo, "promote-shop")
        until(lambda session: weight(session) == (20, True), "20% and a pause", PATIENCE_S)
        until(lambda one: one.advised is not None and one.advised.advice is Advice.ROLLBACK, "ROLLBACK", 3 * PATIENCE_S)
        assert demo.session.advised is not None
        told = [reason_text(one) for one in demo.session.advised.reasons]
        assert any(one.startswith("abort the canary: 5xx share ") and one.endswith(" at weight 20%") for one in told)
        assert next_action(demo.session, demo.watcher.batch.now).kind is NextKind.STOP
        run(demo, "abort-shop")
        until(lambda session: weight(session)[0] == 0, "no traffic at the new version", PATIENCE_S)
        for step in range(3):
            run(demo, "rollback", step)
        assert demo.session.signals["rollout"].value["image"].endswith(":2.4.0")
    assert demo.refusals() == []
    assert not fold_checked(demo.journal).unaccepted
