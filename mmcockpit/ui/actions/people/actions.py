"""The table of the actions about people: handovers."""

from mmcockpit.ui.actions import candidates as given
from mmcockpit.ui.actions.action import Action
from mmcockpit.ui.actions.people import handovers

PEOPLE_ACTIONS: tuple[Action, ...] = (
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
