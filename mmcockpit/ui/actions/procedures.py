"""The actions on procedures: open them, run the current step, skip it, abandon the procedure."""

import os
from collections.abc import Callable, Iterator, Mapping

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.procedure import Danger, Step
from mmcockpit.core.model.seat import Via
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.plans.time_plan import rollback_procedure
from mmcockpit.core.rules.releases.known_revisions import known_options
from mmcockpit.core.rules.releases.replacement import replacements
from mmcockpit.core.rules.seats.approvals import approval_in_force, unapproved
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.state.open_procedures import working
from mmcockpit.core.state.options import preselected
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, StepRun, capture_of
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.keys import press
from mmcockpit.core.words.sharing import locked_words
from mmcockpit.ui.actions import step_outcomes as outcomes
from mmcockpit.ui.actions.ask import cancelled
from mmcockpit.ui.actions.step_outcomes import StepPlace, choose
from mmcockpit.ui.desk import Desk, ProcedurePane
from mmcockpit.ui.questions import Known, RunSheet, Way
from mmcockpit.ui.render.key_names import key_names
from mmcockpit.ui.render.release import image_change
from mmcockpit.ui.render.step_details import cluster_source, effects
from mmcockpit.ui.render.text import Role, age, plain

LABEL = 12
"""The longest name of a captured value in the dialog."""


def emergency(desk: Desk) -> None:
    """Open the procedures panel; in it, open the procedure under the cursor, or go back to the list."""
    panel = desk.procedures
    if panel is None:
        return
    _hint(desk, panel)
    if desk.pane is not panel:
        desk.open_panel("procedures", beside=True)
        panel.arrive(desk.session)
    elif panel.following:
        panel.list_all(desk.session)
    else:
        entered(desk)


def show(desk: Desk, procedure: str) -> bool:
    """Show a procedure with its steps; records nothing."""
    panel = desk.procedures
    if panel is None:
        return False
    _hint(desk, panel)
    desk.open_panel("procedures", beside=True)
    panel.follow(procedure)
    return True


def rollback(desk: Desk) -> None:
    """Show the rollback procedure, and ask whether to start it or to continue its step."""
    procedure = rollback_procedure(desk.session)
    if procedure is None:
        desk.say("no rollback procedure: no procedure of this checklist lists an abort rule under aborts:", "warn")
    elif show(desk, procedure.id) and desk.operator and has_controls(desk.session, desk.sharing):
        act(desk)


def entered(desk: Desk) -> bool:
    """Show the procedure under the cursor, or its step alone and all steps again; False outside the panel.

    Enter records nothing, and asks nothing.
    """
    panel = desk.procedures
    if panel is None or desk.pane is not panel:
        return False
    if panel.following:
        panel.enlarge()
    elif panel.listed:
        panel.follow(panel.listed)
    return True


def act(desk: Desk) -> None:
    """Act on the procedure: start the one under the cursor, run its step, choose a value, or record how it ended."""
    subject = desk.pane.subject(desk.pane.chosen)
    if subject is not None and subject.kind == "procedure":
        show(desk, subject.name)
    elif not desk.in_sight("procedures"):
        # No step is acted on unless its panel is visible.
        emergency(desk)
        return
    listing = desk.procedures
    if listing is not None and not listing.following and listing.listed:
        listing.follow(listing.listed)
    place = _place(desk)
    if place is None:
        return
    panel, run, one = place
    if run.closed is not None or not run.number:
        _begin(desk, run)
    elif run.current is not None and one is not run.current and one.state in OVER and working(desk.session) is None:
        outcomes.repeat(desk, place)
    elif run.current is not None and one is not run.current:
        panel.turn_to_current()
        desk.say(f"{plain(run.current.step.title, 60)} is what is to be done: once more", "warn")
    else:
        _STATES[one.state](desk, place)


def skip(desk: Desk, reason: str) -> str:
    """Skip the current step."""
    place = _place(desk)
    if place is not None:
        name, step = place.run.procedure.id, (place.run.current or place.one).step.id
        desk.submit(lambda by: commands.SkipStep(by, name, step, reason))
    return ""


def abandon(desk: Desk, reason: str) -> str:
    """Abandon the open procedure."""
    place = _place(desk)
    if place is not None:
        desk.submit(lambda by: commands.AbandonProcedure(by, place.run.procedure.id, reason))
    return ""


def _place(desk: Desk) -> StepPlace | None:
    panel, session = desk.procedures, desk.session
    if panel is not None:
        run, one = panel.run(session), panel.step(session)
        if run is not None and one is not None:
            return StepPlace(panel, run, one)
    desk.say(f"open a procedure first: {press(desk.lens.keys, 'emergency')} to list them", "warn")
    return None


def _hint(desk: Desk, panel: ProcedurePane) -> None:
    acts = bool(desk.operator) and has_controls(desk.session, desk.sharing)
    keys = key_names(desk.keys)
    panel.keys = {
        name: keys[name] for name in ("run_step", "copy", "emergency") if name in keys and (acts or name != "run_step")
    }


def _begin(desk: Desk, run: ProcedureRun) -> None:
    name, title = run.procedure.id, plain(run.procedure.title, 60)
    again = "start it again? Its earlier output stays in the log" if run.closed else "start it?"
    ways = (
        Way("b", "back", "nothing is recorded"),
        Way("s", "start", "its first step becomes ready; nothing runs yet"),
    )
    begin = {"start": lambda: desk.submit(lambda by: commands.OpenProcedure(by, name))}
    choose(desk, f"{title}: {again}", ways, begin)


def _ready(desk: Desk, place: StepPlace) -> None:
    _, run, one = place
    argv, missing = resolved(one.step, run.values, desk.session.cockpit.cluster_of)
    open_names = [name for name in missing if run.found.get(name)]
    if not argv:
        outcomes.by_hand(desk, place, _confirm)
    elif not desk.session.cockpit.allow.procedures:
        outcomes.forbidden(desk, place)
    elif open_names:
        _pick_value(desk, run, open_names[0])
    elif missing:
        desk.say(f"{', '.join(missing)} has no value: no earlier step captured it", "warn")
    else:
        _confirm(desk, place, argv)


def _confirm(desk: Desk, place: StepPlace, argv: tuple[str, ...]) -> None:
    """Show exactly what would run; what was shown and typed is part of the command, and is compared again."""
    _, run, one = place
    session, step = desk.session, one.step
    where = session.cockpit.cluster_of(step.cluster).server

    def answered(typed: tuple[str, ...] | None) -> None:
        if typed is None:
            desk.say("cancelled: nothing was run")
        else:
            desk.submit(lambda by: commands.RunStep(by, run.procedure.id, step.id, argv, where, typed))

    def locked() -> str:
        refusal = unapproved(desk.session, run.procedure.id, step, argv, where, desk.operator, desk.now)
        return locked_words(refusal, desk.lens.keys) if refusal is not None else ""

    desk.confirm_run(run_sheet(desk, run, one, argv)._replace(locked=locked), answered)


def _approval_row(desk: Desk, run: ProcedureRun, step: Step, argv: tuple[str, ...]) -> Known:
    """Return the approval in force of a step that needs one: by whom and until when."""
    current = desk.session.procedures.get(run.procedure.id, run)
    one = current.steps.get(step.id)
    given = approval_in_force(desk.session, current, one, desk.now) if one is not None else None
    if given is None or given.argv != argv:
        return ()
    until = desk.lens.time(desk.now.wall + given.until - desk.now.at)
    return (("approval", f"by {plain(given.by, 40)} ({plain(step.approve, 40)}), valid until {until}", "pass"),)


def run_sheet(desk: Desk, run: ProcedureRun, one: StepRun, argv: tuple[str, ...]) -> RunSheet:
    """Return what the dialog before a run shows: the exact command, its target and circumstances, its effect."""
    session, step = desk.session, one.step
    name, environment = step.cluster, plain(session.cockpit.environment, 40).upper()
    known: list[tuple[str, str, Role]] = [*_replaced(session, run, step)]
    if step.danger is not Danger.READS:
        danger = "DANGEROUS" if step.danger is Danger.DANGEROUS else "changes production"
        known.append(("danger", danger + ("; no rollback is possible afterwards" if step.no_return else ""), "fail"))
    if step.target:
        known.append(("target", plain(step.target, 200), "strong"))
    if name:
        cluster, source = session.cockpit.cluster_of(name), cluster_source(name, session.cockpit)
        server, context = plain(cluster.server, 300) or "unknown", plain(cluster.context, 200) or "none"
        known += [("cluster", f"{source}{environment}, {server}, context {context}", "strong")]
        known += [("kubeconfig", plain(cluster.kubeconfig, 300) or "none", "text")]
    else:
        known.append(("environment", environment, "strong"))
    if argv:
        here = desk.sharing is None or desk.sharing.seat.via is Via.TERMINAL
        folder = plain(os.getcwd(), 300) if here else "the driver's folder, on its machine"
        known.append(("runs in", f"{folder}, at most {age(step.timeout)}", "muted"))

    def live() -> Known:
        current = desk.session.procedures.get(run.procedure.id, run).steps.get(step.id, one)
        lines = effects(run, current, desk.session, desk.lens)
        effect = (("effect now" if not n else "", *words) for n, words in enumerate(lines))
        return (*_approval_row(desk, run, step, argv), *effect)

    title = f"{plain(run.procedure.title, 60)}: {plain(step.title, 80)}"
    return RunSheet(title, argv, tuple(known), step.typed, live)


def _replaced(session: Session, run: ProcedureRun, step: Step) -> Iterator[tuple[str, str, Role]]:
    """Yield what the command replaces: `revision  41 → 39`, and the images."""
    for name, now, then in replacements(session, run, step):
        words = image_change(now, then) if name == "image" else f"{plain(now, 60) or 'unknown'} → {plain(then, 60)}"
        yield plain(name, LABEL), words, "warn" if now == then else "strong"


def _pick_value(desk: Desk, run: ProcedureRun, name: str) -> None:
    """Choose one of the captured values; it is shown in the step before anything uses it."""
    offered, capture = known_options(desk.session, run, name, desk.now), capture_of(run, name)
    if all(one.running for one in offered):
        desk.say(f"found no {name} other than the one in use: nothing to choose", "warn")
        return

    def answered(value: str | None) -> None:
        if value is None:
            cancelled(desk)
        else:
            desk.submit(lambda by: commands.ChooseValue(by, run.procedure.id, name, value))

    about = f" ({plain(capture.about, 60)})" if capture and capture.about else ""
    title = f"Choose the {plain(name, 40)}{about}"
    desk.choose_value(title, offered, preselected(offered), answered)


_STATES: Mapping[StepState, Callable[[Desk, StepPlace], None]] = {
    StepState.PENDING: outcomes.over,
    StepState.READY: _ready,
    StepState.RUNNING: outcomes.running,
    StepState.WAITING: outcomes.running,
    StepState.RETRYING: outcomes.running,
    StepState.OK: outcomes.over,
    StepState.FAILED: lambda desk, place: outcomes.failed(desk, place, lambda: _ready(desk, place)),
    StepState.SKIPPED: outcomes.over,
    StepState.ABANDONED: outcomes.over,
    StepState.UNKNOWN: outcomes.unknown,
}
