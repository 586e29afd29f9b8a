"""What a rollout offers in each of its states, and the advice that names the action."""

from typing import Any

import msgspec
import pytest

from mmcockpit.config.delivery import delivery_procedures
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Abort, SourceSpec
from mmcockpit.core.model.next_action import NextKind
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.rules.releases.offers import item_procedure, offered
from mmcockpit.core.words.next_actions import next_text
from mmcockpit.core.words.reasons import reason_text
from tests.core.next.proposals import KEYS
from tests.core.sessions import Story, manual, plan, sensed
from tests.shapes import with_shapes
from tests.ui.panels.delivery_values import CANARY

(ARGO,) = with_shapes(
    (Signal("canary", "Canary", "cluster", "argo_rollout", {"name": "shop"}, Rule("value.complete", "value.exists")),)
)
ERRORS = Signal("errors", "5xx share", "prometheus", "query", {}, Rule("value < 0.01"), unit="ratio")
SPEC_PAUSE = {"paused": True, "pause_reason": "spec.paused is set"}
STEP_PAUSE = {"paused": True, "pause_reason": "pause step"}


def told() -> Story:
    procedures = delivery_procedures([ARGO], {"cluster": SourceSpec("cluster", "kubernetes")}, ())
    aborts = (Abort("errors", 10.0, "ready"),)
    return Story(plan(manual("a"), signals=(ARGO, ERRORS), procedures=procedures, aborts=aborts))


def read(story: Story, signal: Signal, value: Any) -> None:
    reading = Reading(value)
    story.tell(facts.Observed(signal.name, reading, judge(signal, reading, story.session, story.now)))


@pytest.mark.parametrize(
    ("change", "labels"),
    [
        ({}, {"pause the rollout", "abort the canary"}),
        (STEP_PAUSE, {"promote to the next step", "abort the canary"}),
        (SPEC_PAUSE, {"resume the rollout", "abort the canary"}),
        (
            {"paused": True, "pause_reason": "pause step, spec.paused is set"},
            {"resume the rollout", "abort the canary"},
        ),
        ({"paused": True, "pause_reason": "inconclusive analysis"}, {"abort the canary"}),
        ({"strategy": "blueGreen"}, {"pause the rollout", "abort the new version"}),
        ({"aborted": True}, {"retry the aborted rollout"}),
        ({"promoted": True, "complete": True}, set()),
        ({"exists": False}, set()),
    ],
)
def test_a_rollout_offers_what_its_state_allows(change: dict[str, Any], labels: set[str]) -> None:
    story = told()
    read(story, ARGO, {**CANARY, **change})
    assert {one.label for one in offered(story.session)} == labels


def test_nothing_is_offered_without_a_result() -> None:
    assert offered(told().session) == ()


def test_the_advice_and_next_name_the_action_with_its_cause_and_weight() -> None:
    story = told()
    read(story, ARGO, CANARY)
    read(story, ERRORS, 0.06)
    story.wait(11.0)
    read(story, ERRORS, 0.06)
    story.settle()
    words = "abort the canary: 5xx share 6% at weight 20%"
    assert story.session.advised is not None
    assert story.session.advised.advice is Advice.ROLLBACK
    assert words in [reason_text(one) for one in story.session.advised.reasons]
    given = next_action(story.session, story.now)
    assert (given.kind, given.subject) == (NextKind.STOP, "abort-shop")
    assert next_text(given, KEYS) == f"E  {words}"


def test_an_aborted_canary_is_not_advised_to_be_aborted_again() -> None:
    story = told()
    read(story, ARGO, {**CANARY, "aborted": True})
    read(story, ERRORS, 0.06)
    story.wait(11.0)
    read(story, ERRORS, 0.06)
    story.settle()
    assert next_action(story.session, story.now).kind is not NextKind.STOP


def test_in_waves_the_new_version_of_the_target_whose_abort_rule_failed_is_stopped() -> None:
    signals = [
        *(msgspec.structs.replace(ARGO, name=f"canary@{one}", source=one, target=one) for one in ("eu", "us")),
        *(msgspec.structs.replace(ERRORS, name=f"errors@{one}", target=one) for one in ("eu", "us")),
    ]
    clusters = {one: SourceSpec(one, "kubernetes") for one in ("eu", "us")}
    made = plan(
        *(manual("a"), manual("a", "deployment")),
        signals=tuple(signals),
        procedures=delivery_procedures(signals, clusters, ()),
        aborts=(Abort("errors@eu", 10.0, "ready"), Abort("errors@us", 10.0, "deployment")),
    )
    targets = {"ready": "eu", "deployment": "us"}
    phases = tuple(
        msgspec.structs.replace(phase, wave="release", target=targets.get(phase.id, ""))
        for phase in made.checklist.phases
    )
    checklist = msgspec.structs.replace(made.checklist, phases=phases)
    story = Story(msgspec.structs.replace(made, checklist=checklist))
    story.tell(facts.PhaseChanged("ready", "deployment", "ana"))
    eu, us, errors_eu, errors_us = signals
    for signal in (eu, us):
        read(story, signal, CANARY)
    for _ in range(2):
        read(story, errors_eu, 0.001)
        read(story, errors_us, 0.06)
        story.wait(11.0)
    story.settle()
    given = next_action(story.session, story.now)
    assert (given.kind, given.subject) == (NextKind.STOP, "abort-shop@us")
    read(story, us, {**CANARY, "promoted": True})
    assert next_action(story.session, story.now).kind is not NextKind.STOP


BACK = Procedure("back", "Roll back", (Step("undo", "Undo"),), aborts=("errors",))


def waiting(*more: Procedure, **change: Any) -> Story:
    """Return a story whose item `canary` shows a Rollout in this state; its procedure `deploy` is done."""
    deploy = Procedure("deploy", "Deploy", (Step("set", "Set the image"),))
    made = delivery_procedures([ARGO], {"cluster": SourceSpec("cluster", "kubernetes")}, ())
    story = Story(
        plan(
            sensed("canary", procedure="deploy"),
            signals=(ARGO, ERRORS),
            procedures=(deploy, *made, *more),
            aborts=(Abort("errors", 10.0, "ready"),),
        )
    )
    read(story, ARGO, {**CANARY, **change})
    read(story, ERRORS, 0.001)
    story.do(commands.OpenProcedure("ana", "deploy"))
    story.do(commands.SettleStep("ana", "deploy", "set", True, "set"))
    story.settle()
    return story


def test_an_item_whose_new_version_waits_has_the_promotion_as_its_procedure() -> None:
    story = waiting(**STEP_PAUSE)
    given = next_action(story.session, story.now)
    assert (given.kind, given.subject) == (NextKind.ADVANCE, "ready/s/canary")
    assert next_text(given, KEYS) == "!  promote to the next step: at weight 20%, 1 canary"
    assert item_procedure(story.session, story.session.items["ready/s/canary"].item) == "promote-shop"


def test_nothing_is_proposed_for_promotion_while_it_is_not_paused_or_something_fails() -> None:
    running = waiting()
    assert next_action(running.session, running.now).kind is not NextKind.ADVANCE
    assert item_procedure(running.session, running.session.items["ready/s/canary"].item) == "deploy"
    failing = waiting(**STEP_PAUSE)
    read(failing, ERRORS, 0.06)
    failing.settle()
    assert next_action(failing.session, failing.now).kind is NextKind.FAILING


def test_after_a_stopped_version_the_rollback_of_its_specification_is_next() -> None:
    story = waiting(BACK, **STEP_PAUSE)
    story.do(commands.OpenProcedure("ana", "abort-shop"))
    story.do(commands.SkipStep("ana", "abort-shop", "abort", "by the team"))
    story.do(commands.SkipStep("ana", "abort-shop", "effect", "seen"))
    read(story, ARGO, {**CANARY, "aborted": True})
    story.settle()
    given = next_action(story.session, story.now)
    assert (given.kind, given.subject, given.action) == (NextKind.ROLLBACK, "back", "emergency")
    read(story, ARGO, {**CANARY, "promoted": True, "complete": True})
    story.settle()
    assert next_action(story.session, story.now).kind is not NextKind.ROLLBACK
