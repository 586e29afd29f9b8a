"""Resolves procedures as written, in a checklist and in the cockpit file on top of it, to procedures of the core."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mmcockpit.config.command_lint import REFERENCE, wrong_words
from mmcockpit.config.models.procedure import MOST_PROCEDURES, ProcedureEntry, QueuedByEntry, StepEntry
from mmcockpit.config.rollback_rules import KnownSignals
from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError, did_you_mean, throw
from mmcockpit.config.text.slug import Slugs, slug
from mmcockpit.core.model.procedure import Capture, Cluster, Danger, Procedure, Step
from mmcockpit.core.rules.read_only_commands import may_write

_CLUSTER = [field.name for field in msgspec.structs.fields(Cluster)]
LONGEST_PATTERN = 400
"""Maximum number of characters in a regular expression: some take very long to compile."""

_COMMAND = ("danger", "captures")
"""Keys that are allowed only in a step with a command."""


@dataclass(frozen=True, slots=True)
class Runbook:
    """A procedure as written: its keys, and the place of each."""

    id: str
    keys: Mapping[str, tuple[Any, Document, Place]]
    home: tuple[Document, Place]

    def get(self, key: str) -> Any:
        """Return the value of a key, or its default."""
        return self.keys[key][0] if key in self.keys else ProcedureEntry.model_fields[key].default

    def error(self, place: Place, message: str, *, key: bool = False) -> FileError:
        """Return an error at a place below the procedure."""
        if place and place[0] in self.keys:
            _, document, base = self.keys[str(place[0])]
            return document.error((*base, *place[1:]), message, key=key)
        document, base = self.home
        return document.error(base, message)

    def own(self, key: str) -> Document:
        """Return the document that contains a key."""
        return self.keys[key][1] if key in self.keys else self.home[0]

    def changed_by(self, other: "Runbook") -> "Runbook":
        """Return this procedure with the cockpit file's keys on top."""
        return Runbook(self.id, {**self.keys, **other.keys}, self.home)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names that procedures may refer to: signals, those of abort rules, and messages."""

    known: KnownSignals
    aborts: frozenset[str]
    messages: Iterable[str]

    @property
    def complete(self) -> bool:
        """Whether the cockpit file has been read, so no more names can be added."""
        return self.known.own is not None


def runbooks(
    entries: Iterable[ProcedureEntry], document: Document, into: dict[str, Runbook], errors: list[FileError]
) -> None:
    """Add the procedures of a document by their ids; a duplicate id in it, or in one checklist, is a mistake."""
    for n, entry in enumerate(entries):
        place: Place = ("procedures", n)
        keys = {key: (getattr(entry, key), document, (*place, key)) for key in sorted(entry.model_fields_set)}
        made = Runbook(entry.id or slug(entry.title or ""), keys, (document, place))
        if entry.id is None and entry.title is None:
            errors.append(made.error((), f"'title' is missing in procedures[{n}]; add `title: ...`"))
        elif made.id in into:
            errors.append(made.error(("id",), f"procedure '{made.id}' is here twice; rename one"))
        else:
            into[made.id] = made
    if len(into) > MOST_PROCEDURES:
        throw([document.error(("procedures",), f"more than {MOST_PROCEDURES} procedures; write fewer", key=True)])


def on_top(below: Mapping[str, Runbook], own: Mapping[str, Runbook]) -> dict[str, Runbook]:
    """Return the checklist's procedures, changed by the cockpit file's with the same id; further ones follow."""
    return {**below, **{name: below[name].changed_by(made) if name in below else made for name, made in own.items()}}


def procedures(made: Mapping[str, Runbook], errors: list[FileError]) -> tuple[Procedure, ...]:
    """Return the procedures; add an error for every mistake within one."""
    return tuple(_procedure(each, made, errors) for each in made.values())


def _procedure(made: Runbook, all_of_them: Mapping[str, Runbook], errors: list[FileError]) -> Procedure:
    title, target = made.get("title"), made.get("target") or ""
    if not made.get("steps"):
        hint = did_you_mean(made.id, set(all_of_them) - {made.id})
        hint = hint if "did you mean" in hint else "; add `steps:`"
        errors.append(made.error(("id",), f"procedure '{made.id}' has no steps{hint}"))
    elif not title:
        errors.append(made.error((), f"procedure '{made.id}' has no title; add `title: ...`"))
    ids = Slugs()
    steps = []
    for n, entry in enumerate(made.get("steps")):
        step = _step(entry, ids.take(entry.id or entry.title), target)
        steps.append(step)
        errors.extend(made.error(("steps", n, *place), message) for place, message in _mistakes(entry, step))
    errors.extend(_unknown_values(made))
    queued: QueuedByEntry = made.get("queued_by")
    errors.extend(_alerts(made, queued))
    return Procedure(
        made.id,
        title or made.id,
        tuple(steps),
        made.get("about").strip(),
        queued.abort,
        queued.alerts,
        made.get("after"),
    )


def _step(entry: StepEntry, step_id: str, target: str) -> Step:
    return Step(
        id=step_id,
        title=entry.title,
        text=entry.text.strip(),
        argv=entry.command or (),
        danger=Danger(entry.danger or Danger.READS),
        target=entry.target or target,
        phrase=entry.phrase or "",
        signal=entry.signal or "",
        hold=entry.hold or 0.0,
        estimate=entry.estimate or 0.0,
        timeout=entry.timeout,
        if_fails=entry.if_fails.strip(),
        no_return=entry.point_of_no_return,
        captures=tuple(
            Capture(name, each.pattern, each.pick, each.about or "", each.running or "", each.differs or "")
            for name, each in entry.captures.items()
        ),
        message=entry.message or "",
    )


def _mistakes(entry: StepEntry, step: Step) -> Iterator[tuple[Place, str]]:
    """Yield the mistakes within a step: a place below it, and the message."""
    if not step.argv:
        for key in _COMMAND:
            if getattr(entry, key):
                yield (key,), f"a step without a command has no {key}; add `command: [...]`"
    elif entry.danger is None:
        yield (), "a step with a command says what it does to production; add `danger: reads`, changes or dangerous"
    if step.danger is Danger.DANGEROUS and not step.target:
        yield ("danger",), "what has to be typed before a dangerous step? add `target:` to it, or to the procedure"
    if step.phrase and step.danger is not Danger.DANGEROUS:
        yield ("phrase",), "only a dangerous step asks for a phrase; write `danger: dangerous`, or leave it out"
    if step.hold and not step.signal:
        yield ("hold",), "a step without a signal has no hold; add `signal: NAME`"
    if step.argv:
        yield from ((("command", n), message) for n, message in wrong_words(step.argv))
    if step.argv and entry.danger == "reads" and (found := may_write(step.argv)):
        n, said = found
        yield ("command", n), f"'{said}' is not known to only read; write `danger: changes`, or dangerous"
    for capture in step.captures:
        if wrong := _wrong_pattern(capture.pattern, groups=1):
            yield ("captures", capture.name, "pattern"), wrong
        elif capture.differs and capture.differs not in re.compile(capture.pattern).groupindex:
            message = f"the pattern has no group named {capture.differs}; write (?P<{capture.differs}>…)"
            yield ("captures", capture.name, "differs"), message


def _wrong_pattern(pattern: str, groups: int | None = None) -> str:
    if len(pattern) > LONGEST_PATTERN:
        return f"is too long; at most {LONGEST_PATTERN} characters"
    try:
        compiled = re.compile(pattern)
        found = compiled.groups - len(compiled.groupindex)
    except (RecursionError, OverflowError):
        return "is nested too deep for a regular expression"
    except re.error as error:
        return f"is not a regular expression: {error}"
    if groups is not None and 1 in compiled.groupindex.values():
        return "begins with a named group; the first group must be the value, without a name"
    if groups is not None and found != groups:
        return f"has {found or 'no'} groups; put (…) around the value, and (?:…) around anything else"
    return ""


def _unknown_values(made: Runbook) -> Iterator[FileError]:
    """Yield an error for every value that no earlier step captures, and for every unknown name of the cluster."""
    captured: dict[str, int] = {}
    for n, entry in enumerate(made.get("steps")):
        for k, word in enumerate(entry.command or ()):
            for kind, name in REFERENCE.findall(word):
                known = captured if kind == "values" else _CLUSTER
                if name not in known:
                    says = "no earlier step captures" if kind == "values" else "the cluster has no"
                    hint = did_you_mean(name, known) or "; add `captures:` to the step that shows it"
                    yield made.error(("steps", n, "command", k), f"{says} '{name}'{hint}")
        for name in entry.captures:
            if name in captured:
                message = f"'{name}' is captured twice, which would replace what was chosen; rename one"
                yield made.error(("steps", n, "captures", name), message, key=True)
            captured[name] = n


def _alerts(made: Runbook, queued: QueuedByEntry) -> Iterator[FileError]:
    for n, labels in enumerate(queued.alerts):
        if not labels:
            yield made.error(("queued_by", "alerts", n), "no label, so that every alert would match; name one")
        for name, pattern in labels.items():
            if wrong := _wrong_pattern(pattern):
                yield made.error(("queued_by", "alerts", n, name), wrong)


def named(made: Mapping[str, Runbook], around: KnownNames, errors: list[FileError]) -> tuple[Procedure, ...]:
    """Return the procedures without switched-off signals; every unknown name becomes an error."""
    found = []
    for each, procedure in zip(made.values(), procedures(made, errors), strict=True):
        steps = tuple(_with_names(each, n, step, around, errors) for n, step in enumerate(procedure.steps))
        aborts = tuple(name for n, name in enumerate(procedure.aborts) if _is_abort(each, n, name, around, errors))
        _check_after(each, made, errors)
        found.append(msgspec.structs.replace(procedure, steps=steps, aborts=aborts))
    return tuple(found)


def _with_names(made: Runbook, n: int, step: Step, around: KnownNames, errors: list[FileError]) -> Step:
    document, place = made.keys["steps"][1:]
    if step.message and step.message not in around.messages:
        hint = did_you_mean(step.message, around.messages)
        if around.complete or "did you mean" in hint:
            errors.append(made.error(("steps", n, "message"), f"no message is named '{step.message}'{hint}"))
    if step.signal and not around.known.take(step.signal, True, document, (*place, n, "signal"), errors):
        return msgspec.structs.replace(step, signal="", hold=0.0)
    return step


def _is_abort(made: Runbook, n: int, name: str, around: KnownNames, errors: list[FileError]) -> bool:
    document, place = made.keys["queued_by"][1:]
    if not around.known.take(name, True, document, (*place, "abort", n), errors):
        return False
    # A cockpit file may have replaced the rules that the checklist's procedures refer to.
    if name not in around.aborts and document is around.known.own:
        message = f"no abort rule rests on '{name}'; add one under abort:{did_you_mean(name, around.aborts)}"
        errors.append(made.error(("queued_by", "abort", n), message))
    return True


def _check_after(made: Runbook, all_of_them: Mapping[str, Runbook], errors: list[FileError]) -> None:
    for n, name in enumerate(made.get("after")):
        if name not in all_of_them:
            hint = did_you_mean(name, set(all_of_them) - {made.id})
            errors.append(made.error(("after", n), f"no procedure is named '{name}'{hint}"))
        elif made.id in _behind(name, all_of_them):
            message = f"'{made.id}' and '{name}' wait for each other, and neither would be shown; drop one `after`"
            errors.append(made.error(("after", n), message))


def _behind(name: str, all_of_them: Mapping[str, Runbook]) -> set[str]:
    """Return a procedure with all procedures that it comes after, directly or indirectly."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in seen and each in all_of_them:
            seen.add(each)
            waiting.extend(all_of_them[each].get("after"))
    return seen
