"""What the keys of procedures do: open them, go on with a step, leave it out, give the procedure up."""

from typing import TYPE_CHECKING

from mmcockpit.core.decide import command as commands
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, working
from mmcockpit.ui.actions.step_outcomes import STATES, repeat, stopped
from mmcockpit.ui.actions.step_start import Place, choose
from mmcockpit.ui.dialogs.choice import Way
from mmcockpit.ui.panels.procedures import Procedures
from mmcockpit.ui.render.text import plain

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit

__all__ = ["abandon", "act", "emergency", "entered", "skip", "stopped"]


def emergency(app: "Cockpit") -> None:
    """Open the procedures: what is called for is chosen already. Again: the one under the cursor, or the list."""
    panel = app.board.named("procedures")
    if not isinstance(panel, Procedures):
        return
    _hint(app, panel)
    if app.board.active is not panel:
        app.board.focus_on(panel, and_back=True, beside=True)
        panel.arrive(app.sight.session)
    elif panel.following:
        panel.list_all(app.sight.session)
    else:
        # Only shown: `E` records nothing, `!` asks.
        entered(app, opens=False)


def entered(app: "Cockpit", opens: bool = True) -> bool:
    """Open the procedure under the cursor, or ask what is to be done with its step; False outside the panel."""
    panel = app.board.active
    if not isinstance(panel, Procedures):
        return False
    if panel.following and app.commander is None:
        app.say("this session is only looked at; nothing can be recorded here", "warn")
        return True
    if panel.following:
        act(app)
        return True
    name = panel.listed
    if name:
        session = app.sight.session
        call = session.calls.get(name)
        run = session.procedures.get(name)
        panel.follow(name)
        if (
            opens
            and app.commander is not None
            and call is not None
            and not call.answered
            and (run is None or run.closed)
        ):
            app.submit(lambda by: commands.OpenProcedure(by, name))
    return True


def act(app: "Cockpit") -> None:
    """Go on with the step that is to be done: begin, run, choose, say how it ended."""
    seen = app.board.named("procedures")
    if seen is not None and not app.board.in_sight(seen):
        # Nothing is gone on with that is not looked at.
        emergency(app)
        return
    place = _place(app)
    if place is None:
        return
    panel, run, one = place
    if run.closed is not None or not run.number:
        _begin(app, run)
    elif (
        run.current is not None and one is not run.current and one.state in OVER and working(app.sight.session) is None
    ):
        repeat(app, place)
    elif run.current is not None and one is not run.current:
        panel.turn_to_current()
        app.say(f"{plain(run.current.step.title, 60)} is what is to be done: once more", "warn")
    else:
        STATES[one.state](app, place)


def skip(app: "Cockpit", reason: str) -> str:
    """Leave the current step out."""
    place = _place(app)
    if place is not None:
        name, step = place.run.procedure.id, (place.run.current or place.one).step.id
        app.submit(lambda by: commands.SkipStep(by, name, step, reason))
    return ""


def abandon(app: "Cockpit", reason: str) -> str:
    """Give the procedure up that is followed."""
    place = _place(app)
    if place is not None:
        app.submit(lambda by: commands.AbandonProcedure(by, place.run.procedure.id, reason))
    return ""


def _place(app: "Cockpit") -> Place | None:
    panel, session = app.board.named("procedures"), app.sight.session
    if isinstance(panel, Procedures):
        run, one = panel.run(session), panel.step(session)
        if run is not None and one is not None:
            return Place(panel, run, one)
    app.say("open a procedure first: E lists them", "warn")
    return None


def _hint(app: "Cockpit", panel: Procedures) -> None:
    # Here, because the table of keys is made of this module's functions.
    from mmcockpit.ui.actions.keymap import shown

    acts = app.commander is not None
    keys = {name: shown(keys[0]) for name, keys in app.keys.items() if keys}
    panel.keys = {
        name: keys[name] for name in ("run_step", "copy", "emergency") if name in keys and (acts or name != "run_step")
    }


def _begin(app: "Cockpit", run: ProcedureRun) -> None:
    name, title = run.procedure.id, plain(run.procedure.title, 60)
    again = "begin it again? What it showed stays in the log" if run.closed else "begin it?"
    ways = (Way("b", "back", "only look"), Way("f", "follow", "its first step becomes ready; nothing runs yet"))
    begin = {"follow": lambda: app.submit(lambda by: commands.OpenProcedure(by, name))}
    choose(app, f"{title}: {again}", ways, begin)
