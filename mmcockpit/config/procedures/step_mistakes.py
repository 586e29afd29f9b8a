"""Mistakes within one step of a procedure."""

from collections.abc import Iterator

from mmcockpit.config.captures import capture_mistakes, wrong_pattern
from mmcockpit.config.command_lint import wrong_words
from mmcockpit.config.models.procedure import AskEntry, MemberEntry
from mmcockpit.config.text.document import Place
from mmcockpit.core.model.procedure import Danger, Step
from mmcockpit.core.rules.read_only_commands import may_write
from mmcockpit.core.rules.steps.endless_commands import never_ends
from mmcockpit.core.text import plain

LONGEST_PAUSE_S = 3600.0
"""Maximum time between two attempts of a command."""
_COMMAND = ("danger", "captures", "retry")
"""Keys that are allowed only in a step with a command."""
_RUN = ("captures", "retry", "phrase", "approve")
"""Keys that are allowed only in a step whose command the cockpit runs."""


def step_mistakes(entry: MemberEntry, step: Step) -> Iterator[tuple[Place, str]]:
    """Yield the mistakes within a step: a place below it, and the message."""
    yield from _kind_mistakes(entry)
    yield from _command_mistakes(entry, step)
    yield from _logic_mistakes(entry)
    if entry.ask is not None:
        yield from ((("ask", *place), message) for place, message in _question_mistakes(entry.ask))
    if step.hold and not step.signal:
        yield ("hold",), "a step without a signal cannot have `hold`; add `signal: NAME`"
    for capture in step.captures:
        for place, message in capture_mistakes(capture):
            yield ("captures", capture.name, *place), message


def _command_mistakes(entry: MemberEntry, step: Step) -> Iterator[tuple[Place, str]]:
    if not step.argv:
        for key in _COMMAND:
            if getattr(entry, key) and not (entry.manual and key in _RUN):
                yield (key,), f"a step without a command cannot have `{key}`; add `command: [...]`"
    elif entry.danger is None and not step.manual:
        yield (), "missing 'danger' of a step with a command; add `danger: reads`, changes or dangerous"
    if step.danger is Danger.DANGEROUS and not step.target and not step.manual:
        yield (
            ("danger",),
            "missing 'target' of a dangerous step; add `target: NAME` here or in the procedure",
        )
    if step.phrase and step.danger is not Danger.DANGEROUS:
        yield ("phrase",), "only a dangerous step can have a phrase; write `danger: dangerous`, or remove the phrase"
    if step.approve and (not step.argv or step.danger is not Danger.DANGEROUS):
        message = "only a dangerous step with a command can have `approve`; write `danger: dangerous`, or remove it"
        yield ("approve",), message
    if step.argv:
        yield from ((("command", n), message) for n, message in wrong_words(step.argv))
    if not step.manual and never_ends(step.argv):
        yield ("command",), "runs until it is stopped, so the step would end with its timeout; write `manual: true`"
    if step.argv and entry.danger == "reads" and (word := may_write(step.argv)):
        n, text = word
        yield ("command", n), f"'{text}' is not known as read-only; write `danger: changes`, or dangerous"


def _kind_mistakes(entry: MemberEntry) -> Iterator[tuple[Place, str]]:
    """Yield what a step has in addition to its kind: a command, a wait or a question."""
    kinds = [key for key in ("command", "wait", "ask") if getattr(entry, key) is not None]
    for key in kinds[1:]:
        yield (key,), f"a step has either `{kinds[0]}` or `{key}`; write one of them as a step of its own"
    if not kinds or kinds == ["command"]:
        return
    kind = next(key for key in kinds if key != "command")
    if entry.signal:
        way_out = "write `wait: {until: ...}`" if kind == "wait" else "write a step for the signal"
        yield ("signal",), f"a step with `{kind}` cannot have a signal; {way_out}"
    if entry.manual:
        yield ("manual",), f"a step with `{kind}` cannot be manual; remove `manual`"


def _logic_mistakes(entry: MemberEntry) -> Iterator[tuple[Place, str]]:
    if entry.retry is not None and entry.retry.every > LONGEST_PAUSE_S:
        yield ("retry", "every"), "must be at most 1h"
    if entry.wait is not None and (entry.wait.for_s is None) == (not entry.wait.until.strip()):
        yield ("wait",), "must be {for: 5m} or {until: CEL}"
    elif entry.wait is not None and entry.wait.for_s is not None and "timeout" in entry.model_fields_set:
        yield ("timeout",), "a wait for a time ends by itself; remove `timeout`"
    if "when" in entry.model_fields_set and not entry.when.strip():
        yield ("when",), "must not be empty; write a condition, or remove it"
    if entry.manual:
        for key in _RUN:
            if getattr(entry, key):
                yield (
                    (key,),
                    f"the cockpit does not run a manual step, which cannot have `{key}`; remove one of the two",
                )


def _question_mistakes(entry: AskEntry) -> Iterator[tuple[Place, str]]:
    if entry.pattern is not None:
        if entry.choices is not None:
            yield ("pattern",), "a question has either `pattern` or `choices`; remove one of the two"
        if wrong := wrong_pattern(entry.pattern):
            yield ("pattern",), wrong
    for n, choice in enumerate(entry.choices or ()):
        if choice.startswith("-"):
            yield ("choices", n), "must not begin with -, because a program would read it as an option"
        elif choice != plain(choice, 200):
            yield ("choices", n), "must be one line without control characters"
        elif choice in (entry.choices or ())[:n]:
            yield ("choices", n), f"duplicate choice '{choice}'; remove one"
