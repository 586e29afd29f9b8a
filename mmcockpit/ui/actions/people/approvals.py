"""The approval of a step by a second person: shows exactly what would run, where and how long it is valid."""

from typing import NamedTuple

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.seats.approvals import LONGEST_S, SHORTEST_S
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.durations import is_duration, seconds
from mmcockpit.ui.actions import procedures
from mmcockpit.ui.actions.action import controls_words
from mmcockpit.ui.actions.ask import refused
from mmcockpit.ui.actions.steps.run_sheets import run_sheet
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.text import age, plain

SPAN_S = 600.0
"""How long an approval is valid unless another time is typed, in seconds."""

CHANGED = "the command or its target has changed: cancel, and review it again"


class Waiting(NamedTuple):
    """A step that waits for an approval, with its exact command and the API server that it runs against."""

    run: ProcedureRun
    one: StepRun
    argv: tuple[str, ...]
    where: str


def approve(desk: Desk) -> None:
    """Show the command of the step that waits, and ask whether to approve it."""
    _approve(desk, SPAN_S)


def approve_for(desk: Desk, text: str) -> str:
    """Approve for the typed time: `30m`."""
    if not is_duration(text) or not SHORTEST_S <= seconds(text) <= LONGEST_S:
        limits = f"{age(SHORTEST_S)} to {age(LONGEST_S)}"
        return f"{plain(text, 20)!r} is not a time of {limits}: `:approve 10m`"
    _approve(desk, seconds(text))
    return ""


def waiting(desk: Desk) -> Waiting | None:
    """Return the step to approve: the one that the procedures panel shows, else the first that is ready."""
    session = desk.session
    steps = [(run, run.current) for run in open_runs(session)]
    found = [
        (run, one)
        for run, one in steps
        if one is not None and one.step.approve and one.state in (StepState.READY, StepState.FAILED)
    ]
    followed = desk.procedures.following if desk.procedures is not None else ""
    found.sort(key=lambda pair: pair[0].procedure.id != followed)
    if not found:
        return None
    run, one = found[0]
    argv, _ = resolved(one.step, run.values, session.cockpit.cluster_of)
    return Waiting(run, one, argv, session.cockpit.cluster_of(one.step.cluster).server)


def act(desk: Desk) -> None:
    """Act on the procedure; without the controls, approve the step that waits for this person."""
    if has_controls(desk.session, desk.sharing):
        procedures.act(desk)
    elif waiting(desk) is not None:
        approve(desk)
    else:
        desk.say(controls_words(desk), "warn")


def _approve(desk: Desk, for_s: float) -> None:
    shown = waiting(desk)
    if shown is None:
        desk.say("no step waits for an approval", "warn")
        return
    run, one, argv, where = shown
    name, step = run.procedure.id, one.step.id
    command = commands.ApproveStep(desk.operator, name, step, argv, where, for_s)
    if refused(desk, command):
        return

    def locked() -> str:
        now = waiting(desk)
        return "" if now is not None and (now.argv, now.where, now.one.step.id) == (argv, where, step) else CHANGED

    def answered(typed: tuple[str, ...] | None) -> None:
        if typed is None:
            desk.say("cancelled: nothing is approved")
        else:
            desk.submit(lambda by: commands.ApproveStep(by, name, step, argv, where, for_s))

    runner = plain(desk.session.controls or run.by, 40)
    until = desk.lens.time(desk.now.wall + for_s)
    valid = ("valid", f"{age(for_s)}, until about {until}, for {runner} to run once", "strong")
    identity = desk.sharing.seat.identity if desk.sharing is not None else ""
    means = f"exactly this, as {plain(desk.operator, 30)} ({plain(one.step.approve, 30)}), {plain(identity, 40)}"
    sheet = run_sheet(desk, run, one, argv)._replace(
        typed=(), verb="Approve", means=means, cancels="nothing is approved", locked=locked
    )
    desk.confirm_run(sheet._replace(title=f"Approve {sheet.title}", known=(valid, *sheet.known)), answered)
