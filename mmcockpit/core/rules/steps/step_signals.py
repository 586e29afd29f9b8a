"""The signals that a step of a procedure depends on."""

from collections.abc import Iterator

from mmcockpit.core.model.procedure import Step
from mmcockpit.core.rules.cel.step_rules import names_read


def step_signals(step: Step) -> Iterator[str]:
    """Yield the names of the signals that confirm a step, or that its conditions read."""
    if step.signal:
        yield step.signal
    for text in (step.when, step.wait.until if step.wait else ""):
        yield from (one.name for one in names_read(text) if one.root == "signals")
