"""Steps of procedures as written, as steps of the core."""

from mmcockpit.config.models.procedure import AskEntry, CaptureEntry, MemberEntry
from mmcockpit.core.model.procedure import (
    ANY_TEXT,
    STOP,
    Capture,
    Danger,
    Meaning,
    Step,
    StepQuestion,
    StepRetry,
    StepWait,
)


def step_of(entry: MemberEntry, step_id: str, target: str, group: str = "") -> Step:
    """Return the step of an entry; `target` is that of its procedure, `group` the id of its group."""
    wait = entry.wait
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
        estimate=entry.estimate or (wait and wait.for_s) or 0.0,
        timeout=entry.timeout,
        if_fails=entry.if_fails.strip(),
        no_return=entry.point_of_no_return,
        captures=tuple(_capture(name, each) for name, each in entry.captures.items()),
        message=entry.message or "",
        approve=entry.approve.role if entry.approve else "",
        when=entry.when.strip(),
        retry=StepRetry(entry.retry.times, entry.retry.every) if entry.retry else None,
        wait=StepWait(wait.for_s or 0.0, wait.until.strip()) if wait else None,
        ask=_question(entry.ask) if entry.ask else None,
        manual=entry.manual,
        on_fail=entry.on_fail or STOP,
        group=group,
    )


def _question(entry: AskEntry) -> StepQuestion:
    return StepQuestion(entry.name, entry.about or "", entry.pattern or ANY_TEXT, entry.choices or ())


def _capture(name: str, entry: CaptureEntry) -> Capture:
    return Capture(
        name,
        entry.pattern,
        entry.pick,
        entry.about or "",
        entry.running or "",
        entry.differs or "",
        {group: Meaning(meaning) for group, meaning in entry.means.items()},
    )
