"""The table of the actions about people: who is here, the controls, approvals, alarms, handovers."""

from mmcockpit.ui.actions import candidates as given
from mmcockpit.ui.actions import go_live
from mmcockpit.ui.actions.action import Action, Argument
from mmcockpit.ui.actions.people import approvals, controls, handovers

TAKEOVER_REASON = Argument("REASON", rest=True, example="the driver's machine is down")

PEOPLE_ACTIONS: tuple[Action, ...] = (
    Action(
        "people",
        ("@",),
        "who is here, where, with what right, since when",
        "People",
        controls.people,
        hint="people",
        synonyms=("presence", "seats", "team", "who-is-here"),
    ),
    Action(
        "control",
        (),
        "request the controls, or grant them to a person",
        "People",
        records=True,
        arguments=(given.CONTROL, given.SEATED),
        line=controls.control,
        synonyms=("controls", "wheel", "pass-controls"),
        settles=True,
    ),
    Action(
        "takeover",
        (),
        "take over from a silent driver, or from a person who has left",
        "People",
        records=True,
        arguments=(TAKEOVER_REASON,),
        line=controls.take_over,
        synonyms=("take-over", "drive", "failover"),
        settles=True,
    ),
    Action(
        "approve",
        ("a",),
        "approve the step's exact command as second person",
        "People",
        approvals.approve,
        True,
        "approve",
        arguments=(given.SPAN,),
        line=approvals.approve_for,
        synonyms=("second-approval", "approve-step"),
    ),
    Action(
        "ack",
        (),
        "acknowledge the alarm, so that it escalates no further",
        "People",
        records=True,
        arguments=(given.NOTHING,),
        line=go_live.acknowledge,
        synonyms=("acknowledge-alarm", "silence", "escalation", "pager"),
    ),
    Action(
        "handover",
        (),
        "hand over: shows what the next person has to know; `ack` acknowledges it",
        "People",
        handovers.show,
        arguments=(given.RECEIVER,),
        line=handovers.handover,
        synonyms=("shift", "hand-over", "shift-change", "acknowledge"),
        settles=True,
    ),
)
