"""How a step ended: one dialog for each state of a step; the operator gives a reason for the outcome."""

from collections.abc import Callable
from typing import NamedTuple

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.open_procedures import working
from mmcockpit.core.state.procedure_runs import OVER, ProcedureRun, StepRun
from mmcockpit.ui.actions import messages
from mmcockpit.ui.actions.ask import ask_why
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.desk import Desk, ProcedurePane
from mmcockpit.ui.questions import Way
from mmcockpit.ui.render.step_details import effect
from mmcockpit.ui.render.step_kinds import attempt_words, failure, left_behind, run_of
from mmcockpit.ui.render.text import plain


class StepPlace(NamedTuple):
    """The step that the panel shows, its run and its panel."""

    panel: ProcedurePane
    run: ProcedureRun
    one: StepRun


def stopped(desk: Desk) -> bool:
    """Ask whether to end the running command; False if none runs, or outside the panel."""
    panel, step_run = desk.procedures, working(desk.session)
    if not desk.operator or step_run is None or panel is None or desk.pane is not panel:
        return False
    shown = panel.step(desk.session)
    if shown is not None and shown.busy:
        # In a parallel group several commands run: the one that is shown is meant.
        step_run = shown
    run = run_of(desk.session, step_run)
    if run is None:
        return False
    _stop(desk, run.procedure.id, step_run)
    return True


def _stop(desk: Desk, name: str, step_run: StepRun) -> None:
    retrying = step_run.state is StepState.RETRYING
    ways = (
        (
            Way("b", "back", "let it start again"),
            Way("e", "end it", "no further attempt; the step has failed"),
        )
        if retrying
        else (
            Way("b", "back", "let it run"),
            Way("e", "end it", "ends the command and its child processes; what it did so far stays"),
        )
    )
    failed = f"failed, {attempt_words(step_run, desk.now)}. Stop the retries?"
    choose(
        desk,
        f"{plain(step_run.step.title, 60)} {failed if retrying else 'is running. End it?'}",
        ways,
        {"end it": lambda: desk.submit(lambda by: commands.StopStep(by, name, step_run.step.id))},
    )


def forbidden(desk: Desk, place: StepPlace) -> None:
    """Ask how a step ended that the cockpit is not allowed to run."""
    ways = (
        Way("b", "back", "nothing is recorded"),
        Way("y", "copy", "the command, to run it in your own shell"),
        Way("o", "ok", "I ran it and it worked; asks for evidence"),
        Way("f", "failed", "it did not work; asks why"),
        Way("s", "skip", "skip the step; asks why"),
    )
    why = "The cockpit may not run it (allow.procedures is not true)."
    choose(
        desk,
        f"{plain(place.one.step.title, 60)}. {why}",
        ways,
        {"copy": lambda: desk.say(copy_text(desk, place.panel.copied)), **settling(desk, place)},
    )


def by_hand(desk: Desk, place: StepPlace, confirm: Callable[[Desk, StepPlace, tuple[str, ...]], None]) -> None:
    """Ask how a step ended that a person does, or to wait for its signal; its command is copied, not run."""
    _, run, one = place
    step, name = one.step, run.procedure.id
    ways = [Way("b", "back", "nothing is recorded")]
    answers: dict[str, Callable[[], None]] = settling(desk, place)
    if step.argv:
        ways.append(Way("y", "copy", "the command, to run it in your own shell"))
        answers["copy"] = lambda: desk.say(copy_text(desk, place.panel.copied))
    if step.message:
        ways.append(Way("m", "message", "show the message, to copy or to post it"))
        answers["message"] = lambda: messages.show(desk, step.message)
    worked = "it is done"
    if step.signal and not step.manual:
        worked = "do not wait; asks for evidence"
        done = "" if step.only_waits else "done: "
        ways.append(Way("w", "wait", f"{done}the step ends once {plain(step.signal, 40)} passes"))
        answers["wait"] = lambda: confirm(desk, place, ()) if step.typed else _wait(desk, name, step.id)
    else:
        answers["ok"] = lambda: desk.submit(lambda by: commands.SettleStep(by, name, step.id, True))
    ways += [Way("o", "ok", worked), Way("f", "failed", "asks why"), Way("s", "skip", "skip the step; asks why")]
    question = "begin the wait?" if step.only_waits else "how did it end?"
    choose(desk, f"{plain(step.title, 60)}: {question}", ways, answers)


def _wait(desk: Desk, name: str, step: str) -> None:
    desk.submit(lambda by: commands.RunStep(by, name, step))


def running(desk: Desk, place: StepPlace) -> None:
    """Ask what to do with a step that runs, or waits for its effect."""
    if place.one.busy:
        _stop(desk, place.run.procedure.id, place.one)
        return
    moves = effect(place.one, desk.session, desk.lens)
    ways = (
        Way("b", "back", "wait for it"),
        Way("o", "ok", "do not wait; asks for evidence"),
        Way("f", "failed", "it had no effect; asks why"),
        *_again(place),
    )
    choose(desk, f"Waiting for its effect: {moves[0] if moves else ''}", ways, settling(desk, place))


def failed(desk: Desk, place: StepPlace, retry: Callable[[], None]) -> None:
    """Ask what to do after a failed step."""
    ways = (
        Way("b", "back", "stay at this step"),
        Way("r", "retry", "only this step: shows what would run, and asks again"),
        *_again(place),
        Way("o", "ok", "fixed manually; asks for evidence"),
        Way("s", "skip", "skip the step; asks why"),
        Way("a", "abandon", "abandon the procedure; asks why"),
    )
    answers = {**settling(desk, place), "retry": retry}
    title = f"{plain(place.one.step.title, 60)} FAILED: {failure(place.one)}. {plain(place.one.step.if_fails, 300)}"
    choose(desk, title, ways, answers)


def unknown(desk: Desk, place: StepPlace) -> None:
    """Ask how a step ended whose outcome is unknown."""
    moves = effect(place.one, desk.session, desk.lens)
    says = f" Its signal: {moves[0]}" if moves else ""
    ways = (
        Way("b", "back", "verify first: only you can decide this"),
        Way("o", "ok", "it worked; asks for evidence"),
        Way("f", "failed", "it did not; asks for evidence"),
    )
    choose(
        desk,
        f"{plain(place.one.step.title, 60)}: {left_behind(place.one)}outcome unknown: verify.{says}",
        ways,
        settling(desk, place),
    )


def over(desk: Desk, place: StepPlace) -> None:
    """Show the state of a step that is over."""
    desk.say(f"{plain(place.one.step.title, 60)} is {place.one.state}")


def repeat(desk: Desk, place: StepPlace) -> None:
    """Ask whether to repeat the procedure from a step that is over."""
    title = plain(place.one.step.title, 60)
    ways = (
        Way("b", "back", "nothing is recorded"),
        Way("r", "repeat", "do this step and all later ones again; asks why"),
    )
    choose(
        desk, f"{title} is {place.one.state}. Repeat from here?", ways, {"repeat": _repeating(desk, place, place.one)}
    )


def _chosen_at(run: ProcedureRun) -> StepRun | None:
    """Return the last finished step with a captured value that an operator chose; None if there is none."""
    done = [one for one in run.steps.values() if one.state in OVER]
    chosen = [one for one in done if any(c.pick == "choose" and c.name in run.values for c in one.step.captures)]
    return chosen[-1] if chosen else None


def _again(place: StepPlace) -> tuple[Way, ...]:
    one = _chosen_at(place.run)
    if one is None:
        return ()
    names = ", ".join(capture.name for capture in one.step.captures if capture.name in place.run.values)
    return (Way("c", "choose", f"another {plain(names, 40)}: back to {plain(one.step.title, 40)}; asks why"),)


def _repeating(desk: Desk, place: StepPlace, step_run: StepRun | None) -> Callable[[], None]:
    name = place.run.procedure.id
    if step_run is None:
        return lambda: None
    label = f"repeat from {plain(step_run.step.title, 16)}, because:"
    return lambda: ask_why(desk, label, lambda by, why: commands.RepeatSteps(by, name, step_run.step.id, why))


def settling(desk: Desk, place: StepPlace) -> dict[str, Callable[[], None]]:
    """Return the effects of the options ok, failed, skip, choose and abandon; each prompts for a reason."""
    name, step = place.run.procedure.id, place.one.step
    title = plain(step.title, 20)

    def settle(ok: bool) -> Callable[[], None]:
        label = f"{title} worked, evidence:" if ok else f"{title} failed, because:"
        return lambda: ask_why(desk, label, lambda by, why: commands.SettleStep(by, name, step.id, ok, why))

    return {
        "ok": settle(True),
        "failed": settle(False),
        "skip": lambda: ask_why(
            desk, f"skip {title}, because:", lambda by, why: commands.SkipStep(by, name, step.id, why)
        ),
        "choose": _repeating(desk, place, _chosen_at(place.run)),
        "abandon": lambda: ask_why(
            desk, "abandon the procedure, because:", lambda by, why: commands.AbandonProcedure(by, name, why)
        ),
    }


def choose(desk: Desk, title: str, ways: "list[Way] | tuple[Way, ...]", answers: dict[str, Callable[[], None]]) -> None:
    def answered(word: str | None) -> None:
        answers.get(word or "", lambda: None)()

    desk.choose(title, ways, answered)
