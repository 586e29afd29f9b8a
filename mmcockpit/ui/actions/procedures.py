"""The actions on procedures: open them, run the current step, skip it, abandon the procedure."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Event, StepChanged
from mmcockpit.core.model.next_action import NextKind
from mmcockpit.core.model.procedure import ASK
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.plans.time_plan import rollback_procedure
from mmcockpit.core.rules.releases.known_revisions import known_options
from mmcockpit.core.rules.releases.offers import item_procedure
from mmcockpit.core.rules.seats.approvals import unapproved
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.state.open_procedures import working
from mmcockpit.core.state.options import preselected
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, capture_of
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.keys import press
from mmcockpit.core.words.sharing import locked_words
from mmcockpit.ui.actions.ask import cancelled
from mmcockpit.ui.actions.steps import step_kinds as kinds
from mmcockpit.ui.actions.steps import step_outcomes as outcomes
from mmcockpit.ui.actions.steps.run_sheets import run_sheet
from mmcockpit.ui.actions.steps.step_outcomes import StepPlace, choose
from mmcockpit.ui.desk import Desk, ProcedurePane
from mmcockpit.ui.questions import Way
from mmcockpit.ui.render.key_names import key_names
from mmcockpit.ui.render.text import plain


def emergency(desk: Desk) -> None:
    """Open the procedures panel; in it, open the procedure under the cursor, or go back to the list."""
    # Enter belongs to the list from now on, not to the rest of a message that is cut.
    desk.say("")
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
    elif _open_for_item(desk):
        return
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
    elif run.current is not None and one.state in OVER and working(desk.session) is None:
        outcomes.repeat(desk, place)
    elif run.current is not None and not any(one is other for other in run.present):
        panel.turn_to_current()
        desk.say(f"{plain(run.current.step.title, 60)} is what is to be done: once more", "warn")
    else:
        _STATES[one.state](desk, place)


def _open_for_item(desk: Desk) -> bool:
    """Open the procedure of the item under the cursor; False without one, and while another one waits for its step."""
    panel, following = desk.procedures, desk.following
    subject = desk.pane.subject(desk.pane.chosen) if desk.pane is not panel else None
    state = desk.session.items.get(subject.name) if subject is not None and subject.kind == "item" else None
    name = item_procedure(desk.session, state.item) if state is not None else ""
    if following is not None and following.kind in (NextKind.ITEM_PROCEDURE, NextKind.ADVANCE) and not name:
        state = desk.session.items.get(following.subject)
        name = item_procedure(desk.session, state.item) if state is not None else ""
    if (
        panel is None
        or desk.pane is panel
        or not name
        or (following is not None and following.step and following.subject != name)
    ):
        return False
    return not (panel.following == name and desk.in_sight("procedures")) and show(desk, name)


def ask_failed(desk: Desk, events: Iterable[Event]) -> None:
    """Ask at once about a step that has just failed, if its `on_fail` is ASK and this seat has the controls."""
    for body in (event.body for event in events if isinstance(event.body, StepChanged)):
        run, panel = desk.session.procedures.get(body.procedure), desk.procedures
        one = run.steps.get(body.step) if run is not None and run.closed is None else None
        asks = one is not None and one.step.on_fail == ASK and one.state is body.now is StepState.FAILED
        if not asks or run is None or one is None or panel is None or not desk.operator:
            continue
        if has_controls(desk.session, desk.sharing) and show(desk, body.procedure):
            place = StepPlace(panel, run, one)
            outcomes.failed(desk, place, partial(_ready, desk, place))
            return


def skip(desk: Desk, reason: str) -> str:
    """Skip the step that is shown if it is its turn, else the current one."""
    place = _place(desk)
    if place is not None:
        turn = any(place.one is other for other in place.run.present)
        name, step = place.run.procedure.id, (place.one if turn else place.run.current or place.one).step.id
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
    if kinds.begin(desk, place):
        return
    argv, missing = resolved(one.step, run.values, desk.session.cockpit.cluster_of)
    open_names = [name for name in missing if run.found.get(name)]
    if not argv or one.step.manual:
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
    StepState.WAITING: kinds.waiting,
    StepState.RETRYING: outcomes.running,
    StepState.OK: outcomes.over,
    StepState.FAILED: lambda desk, place: outcomes.failed(desk, place, lambda: _ready(desk, place)),
    StepState.SKIPPED: outcomes.over,
    StepState.ABANDONED: outcomes.over,
    StepState.UNKNOWN: outcomes.unknown,
}
