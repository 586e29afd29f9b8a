"""Confirmations: one line for each accepted action, to the operator who acted."""

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import Mark, StepState
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.words.confirmations import concerns, confirmation
from mmcockpit.core.words.naming import Wording
from tests.journal.bodies import BODIES
from tests.ui.emergencies import begun
from tests.ui.go_lives import item

SILENT = {
    *(facts.Opened, facts.Resumed, facts.Reopened, facts.DamageAccepted, facts.Reconfigured, facts.Closed),
    *(facts.MarkExpired, facts.Refused, facts.BaselineRecorded, facts.EffectRequested),
}
"""Facts with a name in `by` that are no action on the screen, or that have a notification of their own."""

BACK = "rollback-kubectl"
SENTENCES: list[tuple[facts.AnyBody, str]] = [
    (facts.ItemMarked(item("API Keys"), Mark.DONE, "ana"), "ticked 3 API Keys"),
    (
        facts.ItemMarked(item("API Keys"), Mark.OVERRIDE, "ana", "why", expires=1800.0),
        "override of 3 API Keys until 02:30",
    ),
    (facts.ItemMarked(item("API Keys"), Mark.UNDO, "ana", undoes=Mark.CLAIM), "undid the claim of 3 API Keys"),
    (facts.ItemMarked(item("API Keys"), Mark.VERIFY, "bo", witnessed=True), "3 API Keys verified by bo"),
    (facts.Noted("looks odd", "ana", item("API Keys")), "note added on 3 API Keys"),
    (facts.Noted("", "ana", marker=True), "marker set:"),
    (facts.Held(True, "ana", "why"), "on hold by ana"),
    (facts.PhaseChanged("readiness", "deployment", "ana"), "Deployment is open: gate passed"),
    (facts.ProcedureOpened(BACK, "ana"), "started Roll back by kubectl"),
    (facts.StepChanged(BACK, "watch", StepState.OK, exit=0, ms=4100.0), "step 3 done in 4.1s: Watch the rollout"),
    (facts.StepChanged(BACK, "tell", StepState.OK, "ana"), "step 4 done: Tell the stakeholders"),
    (
        facts.StepChanged(BACK, "undo", StepState.FAILED, exit=1),
        "step 2 FAILED in 0.0s: Go back to the revision; exit 1",
    ),
    (facts.StepChanged(BACK, "undo", StepState.SKIPPED, "ana", "why"), "step 2 skipped: Go back to the revision"),
    (facts.ValueChosen(BACK, "revision", "40", "ana"), "revision 40 chosen"),
    (facts.ProcedureClosed(BACK, True, "ana", "why"), "Roll back by kubectl abandoned"),
]


@pytest.mark.parametrize(("body", "sentence"), SENTENCES, ids=[sentence for _, sentence in SENTENCES])
def test_each_action_is_confirmed_in_one_line(body: facts.AnyBody, sentence: str) -> None:
    event = Event(1, Stamp(0.0, 0.0), body)
    wording = Wording(SessionNames(begun().session))
    minutes = confirmation(event, wording, lambda wall: f"02:{wall / 60:02.0f}")
    assert minutes == sentence
    assert concerns(body, "ana")
    assert concerns(body, "bo") is (
        not getattr(body, "by", "") or (isinstance(body, facts.ItemMarked) and body.witnessed)
    )


def test_every_fact_that_an_operator_causes_has_a_confirmation() -> None:
    caused = {kind for kind in BODIES if "by" in kind.__struct_fields__}
    confirmed = {type(body) for body, _ in SENTENCES}
    more = {facts.PollOpened, facts.Voted, facts.PollClosed, facts.Decided, facts.T0Changed}
    more |= {facts.IdentityAccepted, facts.StepsRepeated, facts.MessageSent}
    more |= {facts.ControlsRequested, facts.ControlsGranted, facts.DriverChanged, facts.StepApproved}
    more |= {facts.HandoverPrepared, facts.HandoverAcknowledged, facts.AlarmAcknowledged}
    assert caused - SILENT == confirmed | more
