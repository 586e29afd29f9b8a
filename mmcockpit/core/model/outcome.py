"""What two sets of rules are compared by."""

from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level

Outcome = Level | State | Advice | None
"""The level of a signal, the state of an item or the advice; None if there is none."""
