"""What decides a command returns: its facts, or why it is refused."""

from mmcockpit.core.facts.event import AnyBody
from mmcockpit.core.model.refusal import Refusal

Decision = Refusal | list[AnyBody]

LONGEST_REASON = 2_000
"""Characters kept of an operator's reason or note."""
