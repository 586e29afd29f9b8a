"""A checklist as the text of a file that loads as the same checklist."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from mmcockpit.config.text.slug import is_id
from mmcockpit.core.model.checklist import Checklist, Hold, Item, Mode, Section
from mmcockpit.core.model.procedure import ANY_TEXT, STOP, Capture, Procedure, Step, StepQuestion

_TIMEOUT = Step("", "").timeout


def to_yaml(checklist: Checklist) -> str:
    """Return a checklist as a file that loads as the same checklist; signals are named, not written."""
    # Imported here: only `import` writes YAML, and the writer is slow to import.
    from mmcockpit.config.text.writer import write

    return write(
        _filled(
            name=checklist.name,
            title=checklist.title,
            phases=[
                _filled(
                    id=_id(phase.id),
                    title=phase.title,
                    estimate=_duration(phase.estimate),
                    targets=list(phase.targets),
                    sections=[section_entry(part) for part in phase.sections],
                )
                for phase in checklist.phases
            ],
            **beside_phases(checklist),
        )
    )


def beside_phases(checklist: Checklist) -> dict[str, Any]:
    """Return the procedures, contacts and links of a checklist as they are written in a file."""
    return _filled(
        procedures=[_procedure(each) for each in checklist.procedures],
        contacts=[{"role": each.role, "name": each.name} for each in checklist.contacts],
        links=[{"title": each.title, "url": each.url} for each in checklist.links],
    )


def _filled(**values: Any) -> dict[str, Any]:
    """Return the values without empty ones: a file leaves those out."""
    return {key: value for key, value in values.items() if value}


def _id(name: str) -> str:
    """Return an id, or nothing for one that a file cannot have: it is derived from the title when the file is read."""
    return name if is_id(name) else ""


def section_entry(section: Section) -> dict[str, Any]:
    """Return a section as it is written in a checklist file."""
    return {
        "title": section.title,
        **_filled(ordered=section.ordered),
        "items": [_item(part) for part in section.items],
    }


def _item(item: Item) -> dict[str, Any]:
    usual = Mode.SENSED if item.signal else Mode.MANUAL
    keys = _filled(
        text=item.text,
        signal=item.signal,
        mode="" if item.mode is usual else str(item.mode),
        role=item.role,
        links=list(item.links),
        caveat=item.caveat,
        hold=_hold(item.hold),
        judge="until_gate" if item.until_gate else "",
        approvals=item.approvals if item.approvals != 1 else 0,
        evidence="required" if item.evidence_required else "",
        warning="accept" if item.warning_accepted else "",
        point_of_no_return=item.no_return,
        estimate=_duration(item.estimate),
        procedure=item.procedure,
        steps=[_filled(text=step.text, command=step.command) for step in item.steps],
        assignee=item.assignee,
        needs=list(item.needs),
    )
    return {"title": item.title, **keys, **({} if item.required else {"required": False})}


def _hold(hold: Hold) -> Any:
    if hold.rule:
        return {"rule": hold.rule}
    return (
        _duration(hold.full) if hold.first == hold.full else {k: _duration(getattr(hold, k)) for k in ("first", "full")}
    )


def _duration(seconds: float) -> str:
    whole = int(seconds)
    return "" if not seconds else f"{whole}s" if whole == seconds else f"{round(seconds * 1000)}ms"


def _procedure(procedure: Procedure) -> dict[str, Any]:
    return _filled(
        id=_id(procedure.id),
        title=procedure.title,
        about=procedure.about,
        queued_by=_filled(abort=list(procedure.aborts), alerts=list(procedure.alerts)),
        after=list(procedure.after),
        estimate=_duration(procedure.estimate),
        steps=list(_steps(procedure)),
    )


def _steps(procedure: Procedure) -> Iterator[dict[str, Any]]:
    """Yield the steps, those of a group below it."""
    for group, steps in groupby(procedure.steps, key=lambda step: step.group):
        written = [_step(step) for step in steps]
        if group:
            yield {**_filled(id=_id(group), title=procedure.groups.get(group, group)), "parallel": written}
        else:
            yield from written


def _step(step: Step) -> dict[str, Any]:
    return _filled(
        id=_id(step.id),
        title=step.title,
        text=step.text,
        command=list(step.argv),
        danger=str(step.danger) if step.argv else "",
        target=step.target,
        phrase=step.phrase,
        signal=step.signal,
        hold=_duration(step.hold),
        estimate=_duration(step.estimate),
        timeout="" if step.timeout == _TIMEOUT else _duration(step.timeout),
        if_fails=step.if_fails,
        point_of_no_return=step.no_return,
        captures={each.name: _capture(each) for each in step.captures},
        message=step.message,
        approve={"role": step.approve} if step.approve else {},
        when=step.when,
        retry={"times": step.retry.times, "every": _duration(step.retry.every)} if step.retry else {},
        wait=_filled(until=step.wait.until, **{"for": _duration(step.wait.for_s)}) if step.wait else {},
        ask=_question(step.ask) if step.ask else {},
        manual=step.manual,
        on_fail="" if step.on_fail == STOP else step.on_fail,
    )


def _question(question: StepQuestion) -> dict[str, Any]:
    return _filled(
        name=question.name,
        about=question.about,
        pattern="" if question.pattern == ANY_TEXT else question.pattern,
        choices=list(question.choices),
    )


def _capture(capture: Capture) -> dict[str, Any]:
    pick = "" if capture.pick == "choose" else capture.pick
    return _filled(
        pattern=capture.pattern,
        pick=pick,
        about=capture.about,
        running=capture.running,
        differs=capture.differs,
        means={group: str(meaning) for group, meaning in capture.means.items()},
    )
