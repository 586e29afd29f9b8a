"""The values of a procedure: captured or entered in one step, used in the commands and conditions of later ones."""

import msgspec

from mmcockpit.config.command_lint import REFERENCE
from mmcockpit.config.loader import Part
from mmcockpit.config.procedures.runbooks import Runbook, WrittenStep
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.procedure import VALUES, Cluster

_CLUSTER = [field.name for field in msgspec.structs.fields(Cluster)]
_WAY_OUT = "; add `captures:` to the step that shows it, or an earlier step with `ask:`"


def check_values(runbook: Runbook) -> None:
    """Report every value that no earlier step captures or asks for, and every unknown name of the cluster.

    The steps of a group run at the same time: their values are for the steps after the group.
    """
    known: set[str] = set()
    of_group: set[str] = set()
    group = -1
    for written in runbook.steps():
        if written.group != group:
            known |= of_group
            of_group, group = set(), written.group
        for k, word in enumerate(written.entry.command or ()):
            for kind, name in REFERENCE.findall(word):
                names = known if kind == VALUES else _CLUSTER
                if name not in names:
                    problem = "no earlier step captures it" if kind == VALUES else "not a property of the cluster"
                    hint = did_you_mean(name, names) or _WAY_OUT
                    written.part.at("command", k).error(f"unknown value '{kind}.{name}': {problem}{hint}")
        for name, part in _defined(written):
            if name in known or name in of_group:
                part.error(f"duplicate value '{name}': an earlier step captures it already; rename one", key=True)
            of_group.add(name)
        if group < 0:
            known |= of_group


def values_before(runbook: Runbook, place: Part) -> set[str]:
    """Return the names of the values that a step at a place can use."""
    known: set[str] = set()
    before: list[WrittenStep] = []
    for written in runbook.steps():
        if written.part == place:
            known.update(
                name
                for each in before
                if written.group < 0 or each.group != written.group
                for name, _ in _defined(each)
            )
            return known
        before.append(written)
    return known


def _defined(written: WrittenStep) -> list[tuple[str, Part]]:
    names = [(name, written.part.at("captures", name)) for name in written.entry.captures]
    if written.entry.ask is not None:
        names.append((written.entry.ask.name, written.part.at("ask", "name")))
    return names
