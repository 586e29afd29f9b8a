"""The conditions of steps, `when` and `wait: {until}`: what does not compile in them, and unknown names."""

from collections.abc import Iterable

import msgspec

from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.loader import Part
from mmcockpit.config.procedures.runbooks import Runbook, WrittenStep
from mmcockpit.config.procedures.step_values import values_before
from mmcockpit.config.rules.expressions import accepts_expression
from mmcockpit.config.text.error import did_you_mean, nearest
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.cel.checks import ExpressionKind
from mmcockpit.core.rules.cel.step_rules import FIELDS, SCOPE, ReadName, names_read
from mmcockpit.core.rules.cel.syntax import parse

_TEXTS: dict[str, Iterable[str]] = {"verdict": tuple(Level), "state": tuple(StepState)}
"""The texts that a field can have."""
_OVER_SCOPE = f"it is a CEL expression over {', '.join(SCOPE)}"
_FIRST = {"verdict": Level.PASS, "state": StepState.OK}


class StepConditions:
    """Checks the conditions of the steps of one procedure."""

    def __init__(self, runbook: Runbook, procedure: Procedure, signals: KnownSignals) -> None:
        self._runbook = runbook
        self._ids = [step.id for step in procedure.steps]
        self._signals = signals

    def checked(self, written: WrittenStep, step: Step) -> Step:
        """Return a step whose conditions can be decided; mistakes in them are reported.

        Where the cockpit file switches off a signal that a checklist's condition reads, a person decides: the step has
        no `when`, or the wait becomes a manual step.
        """
        if step.when and self._check(step.when, "when", written, step, written.part.at("when")):
            step = msgspec.structs.replace(step, when="")
        until = step.wait.until if step.wait is not None else ""
        if until and self._check(until, "until", written, step, written.part.at("wait", "until")):
            step = msgspec.structs.replace(step, wait=None, manual=True)
        return step

    def _check(self, text: str, key: str, written: WrittenStep, step: Step, part: Part) -> bool:
        """Report the mistakes in a condition; return whether it reads a signal that is switched off."""
        if not accepts_expression(part, text, ExpressionKind.STEP_CONDITION, f"`{key}`", usual_fix=_OVER_SCOPE):
            return False
        if problem := self._not_boolean(text):
            part.error_inside(1, 1, f"`{key}`: {problem}")
        off = False
        for read in names_read(text):
            problem = self._problem(read, written, step)
            if problem:
                part.error_inside(read.line, read.column, f"`{key}`: {problem}")
            elif read.root == "signals":
                off = off or read.name in self._signals.off
                self._signals.take(read.name, part, judged=False)
        return off

    def _not_boolean(self, text: str) -> str:
        """Return why a rule that is only a field is not true or false; its type is known from the field."""
        tree, read = parse(text), next(names_read(text), None)
        if tree is None or tree.kind != "field" or read is None or not read.field:
            return ""
        if read.field in _TEXTS:
            return f'the rule returns a text, not true or false; compare it: {text} == "{_FIRST[read.field]}"'
        signal = self._signals.signals.get(read.name)
        numeric = signal is not None and signal.rule.numeric
        return f"the rule returns a number, not true or false; compare it: {text} < 1.0" if numeric else ""

    def _problem(self, read: ReadName, written: WrittenStep, step: Step) -> str:
        fields = FIELDS.get(read.root, ())
        if read.root == "vars":
            return _unknown_variable(read.name, written)
        if read.root == "values" and read.name not in (known := values_before(self._runbook, written.part)):
            return f"unknown value 'values.{read.name}': no earlier step captures it{did_you_mean(read.name, known)}"
        if read.root == "steps" and read.name not in (ids := self._earlier(step)):
            return f"'{read.name}' is not the id of an earlier step{did_you_mean(read.name, ids)}"
        if fields and read.field not in fields:
            place = f'{read.root}["{read.name}"]'
            written_field = f"unknown field '{read.field}' of {place}" if read.field else f"missing field of {place}"
            return f"{written_field}; write {' or '.join(f'{place}.{field}' for field in fields)}"
        texts = list(_TEXTS.get(read.field, ())) if fields else []
        if read.compared and texts and read.compared not in texts:
            return f"unknown {read.field} '{read.compared}'; known: {', '.join(texts)}"
        return ""

    def _earlier(self, step: Step) -> list[str]:
        return self._ids[: self._ids.index(step.id)]


def _unknown_variable(name: str, written: WrittenStep) -> str:
    """Return what is wrong with a variable; without a cockpit file it may be defined there, unless it is misspelled."""
    loader = written.part.loader
    if name in loader.variables or not (loader.complete or nearest(name, loader.variables)):
        return ""
    hint = did_you_mean(name, loader.variables)
    return f"unknown variable 'vars.{name}'{hint}; define it under vars:, or in a pack, write ${{{name}}} in quotes"
