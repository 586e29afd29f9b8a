"""What can be done with a step by how it stands; how it ended is said with a reason."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.procedures import resolved
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, StepRun, working
from mmcockpit.ui.actions import messages
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.actions.step_start import Place, ask_why, choose, confirm
from mmcockpit.ui.choosing import pick_value
from mmcockpit.ui.dialogs.choice import Way
from mmcockpit.ui.panels.procedures import Procedures
from mmcockpit.ui.render.procedure import effect, left_behind
from mmcockpit.ui.render.text import plain

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit


def stopped(app: "Cockpit") -> bool:
    """Ask whether to end the command that runs; False where none does, or outside the panel."""
    one = working(app.sight.session)
    if app.commander is None or one is None or not isinstance(app.board.active, Procedures):
        return False
    runs = app.sight.session.procedures.values()
    name = next(run.procedure.id for run in runs if one in run.steps.values())
    ways = (
        Way("b", "back", "let it run"),
        Way("e", "end it", "ends the command and what it started; what it did so far stays"),
    )
    choose(
        app,
        f"{plain(one.step.title, 60)} is running. End it?",
        ways,
        {"end it": lambda: app.submit(lambda by: commands.StopStep(by, name, one.step.id))},
    )
    return True


def _ready(app: "Cockpit", place: Place) -> None:
    _, run, one = place
    argv, missing = resolved(one.step, run.values, app.sight.session.cockpit.cluster)
    open_names = [name for name in missing if run.found.get(name)]
    if not argv:
        _by_hand(app, place)
    elif not app.sight.session.cockpit.allow.procedures:
        _forbidden(app, place)
    elif open_names:
        pick_value(app, run, open_names[0])
    elif missing:
        app.say(f"{', '.join(missing)} has no value: no step before this one found it", "warn")
    else:
        confirm(app, place, argv)


def _forbidden(app: "Cockpit", place: Place) -> None:
    ways = (
        Way("b", "back", "nothing is recorded"),
        Way("y", "copy", "the command, to run it in a shell of your own"),
        Way("o", "ok", "I ran it and it worked; asks how you know"),
        Way("f", "failed", "it did not work; asks why"),
        Way("s", "skip", "leave it out; asks why"),
    )
    why = "The cockpit may not run it (allow: procedures is not set)."
    choose(
        app,
        f"{plain(place.one.step.title, 60)}. {why}",
        ways,
        {"copy": lambda: app.say(copy_text(app, place.panel.copied)), **_settling(app, place)},
    )


def _by_hand(app: "Cockpit", place: Place) -> None:
    """A step without a command: wait for its signal, or say how it ended."""
    _, run, one = place
    step, name = one.step, run.procedure.id
    ways = [Way("b", "back", "nothing is recorded")]
    answers: dict[str, Callable[[], None]] = _settling(app, place)
    if step.message:
        ways.append(Way("m", "message", "show the message, to copy or to post it"))
        answers["message"] = lambda: messages.show(app, step.message)
    if step.signal:
        ways.append(Way("w", "wait", f"done: the step ends once {plain(step.signal, 40)} passes"))
        answers["wait"] = lambda: confirm(app, place, ()) if step.typed else _wait(app, name, step.id)
    else:
        answers["ok"] = lambda: app.submit(lambda by: commands.SettleStep(by, name, step.id, True))
    ways += [Way("o", "ok", "it is done"), Way("f", "failed", "asks why"), Way("s", "skip", "leave it out; asks why")]
    choose(app, f"{plain(step.title, 60)}: how did it end?", ways, answers)


def _wait(app: "Cockpit", name: str, step: str) -> None:
    app.submit(lambda by: commands.RunStep(by, name, step))


def _running(app: "Cockpit", place: Place) -> None:
    if place.one.working:
        stopped(app)
        return
    moves = effect(place.one, app.sight.session, app.lens)
    ways = (
        Way("b", "back", "wait for it"),
        Way("o", "ok", "do not wait; asks how you know"),
        Way("f", "failed", "it had no effect; asks why"),
        *_again(place),
    )
    choose(app, f"Waiting for its effect: {moves[0] if moves else ''}", ways, _settling(app, place))


def _failed(app: "Cockpit", place: Place) -> None:
    ways = (
        Way("b", "back", "the procedure stands still"),
        Way("r", "retry", "only this step: shows what would run, and asks again"),
        *_again(place),
        Way("o", "ok", "it was put right by hand; asks how you know"),
        Way("s", "skip", "leave it out; asks why"),
        Way("a", "abandon", "give the procedure up; asks why"),
    )
    answers = {**_settling(app, place), "retry": lambda: _ready(app, place)}
    choose(app, f"{plain(place.one.step.title, 60)} FAILED. {plain(place.one.step.if_fails, 300)}", ways, answers)


def _unknown(app: "Cockpit", place: Place) -> None:
    moves = effect(place.one, app.sight.session, app.lens)
    says = f" Its signal says: {moves[0]}" if moves else ""
    ways = (
        Way("b", "back", "verify first: nothing decides this but you"),
        Way("o", "ok", "it worked; asks how you know"),
        Way("f", "failed", "it did not; asks how you know"),
    )
    choose(
        app,
        f"{plain(place.one.step.title, 60)}: {left_behind(place.one)}outcome unknown: verify.{says}",
        ways,
        _settling(app, place),
    )


def _over(app: "Cockpit", place: Place) -> None:
    app.say(f"{plain(place.one.step.title, 60)} is {place.one.state}")


def repeat(app: "Cockpit", place: Place) -> None:
    """Ask whether to take the procedure back to a step that is done with."""
    title = plain(place.one.step.title, 60)
    ways = (
        Way("b", "back", "nothing is recorded"),
        Way("r", "repeat", "this step and all behind it are to be done again; asks why"),
    )
    choose(app, f"{title} is {place.one.state}. Repeat from here?", ways, {"repeat": _repeating(app, place, place.one)})


def _chosen_at(run: ProcedureRun) -> StepRun | None:
    """Return the last step that is done with and found a value which an operator chose."""
    done = [one for one in run.steps.values() if one.state in OVER]
    chosen = [one for one in done if any(c.pick == "choose" and c.name in run.values for c in one.step.captures)]
    return chosen[-1] if chosen else None


def _again(place: Place) -> tuple[Way, ...]:
    one = _chosen_at(place.run)
    if one is None:
        return ()
    names = ", ".join(capture.name for capture in one.step.captures if capture.name in place.run.values)
    return (Way("c", "choose", f"another {plain(names, 40)}: back to {plain(one.step.title, 40)}; asks why"),)


def _repeating(app: "Cockpit", place: Place, one: StepRun | None) -> Callable[[], None]:
    name = place.run.procedure.id
    if one is None:
        return lambda: None
    label = f"repeat from {plain(one.step.title, 16)}, because:"
    return lambda: ask_why(app, label, lambda by, why: commands.RepeatSteps(by, name, one.step.id, why))


def _settling(app: "Cockpit", place: Place) -> dict[str, Callable[[], None]]:
    """Return what the answers ok, failed, skip and abandon do: each asks for its reason."""
    name, step = place.run.procedure.id, place.one.step
    title = plain(step.title, 20)

    def settle(ok: bool) -> Callable[[], None]:
        label = f"{title} worked, you know by:" if ok else f"{title} failed, because:"
        return lambda: ask_why(app, label, lambda by, why: commands.SettleStep(by, name, step.id, ok, why))

    return {
        "ok": settle(True),
        "failed": settle(False),
        "skip": lambda: ask_why(
            app, f"skip {title}, because:", lambda by, why: commands.SkipStep(by, name, step.id, why)
        ),
        "choose": _repeating(app, place, _chosen_at(place.run)),
        "abandon": lambda: ask_why(
            app, "abandon the procedure, because:", lambda by, why: commands.AbandonProcedure(by, name, why)
        ),
    }


STATES: dict[StepState, "Callable[[Cockpit, Place], None]"] = {
    StepState.PENDING: _over,
    StepState.READY: _ready,
    StepState.RUNNING: _running,
    StepState.OK: _over,
    StepState.FAILED: _failed,
    StepState.SKIPPED: _over,
    StepState.ABANDONED: _over,
    StepState.UNKNOWN: _unknown,
}
