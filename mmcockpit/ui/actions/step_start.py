"""Starting a step: the value it needs is chosen, the dialog shows what would run, and the command goes out."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.procedures import clustered
from mmcockpit.core.model.procedure import Danger
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.ui.dialogs.choice import Choice, Way
from mmcockpit.ui.dialogs.confirm_run import Confirm, Sheet
from mmcockpit.ui.dialogs.prompt import Question, always
from mmcockpit.ui.panels.procedures import Procedures
from mmcockpit.ui.render.procedure import effect
from mmcockpit.ui.render.text import Role, age, plain

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit

LONGEST_LABEL = 44


class Place(NamedTuple):
    """The step that the panel shows: its panel, its run, itself."""

    panel: Procedures
    run: ProcedureRun
    one: StepRun


def confirm(app: "Cockpit", place: Place, argv: tuple[str, ...]) -> None:
    """Show exactly what would run; what was shown and typed goes with the command, and is compared again."""
    _, run, one = place
    session, step = app.sight.session, one.step
    where = session.cockpit.cluster.server if clustered(step) else ""

    def answered(typed: tuple[str, ...] | None) -> None:
        if typed is None:
            app.say("cancelled: nothing runs")
        else:
            app.submit(lambda by: commands.RunStep(by, run.procedure.id, step.id, argv, where, typed))

    app.push_screen(
        Confirm(app.board.active.paint, _sheet(app, run, one, argv), app.sight.clock),
        answered,
    )


def _sheet(app: "Cockpit", run: ProcedureRun, one: StepRun, argv: tuple[str, ...]) -> Sheet:
    session, step = app.sight.session, one.step
    cluster = session.cockpit.cluster
    moves = effect(one, session, app.lens)
    known: list[tuple[str, str, Role]] = []
    if step.danger is not Danger.READS:
        danger = "DANGEROUS" if step.danger is Danger.DANGEROUS else "changes production"
        known.append(("danger", danger + ("; there is no way back" if step.no_return else ""), "fail"))
    known.append(("environment", plain(session.cockpit.environment, 40).upper(), "strong"))
    if step.target:
        known.append(("target", plain(step.target, 200), "strong"))
    if clustered(step):
        known += [("API server", plain(cluster.server, 300) or "unknown", "text")]
        known += [("context", plain(cluster.context, 200) or "none", "text")]
        known += [("kubeconfig", plain(cluster.kubeconfig, 300) or "none", "text")]
    if argv:
        known += [("directory", plain(os.getcwd(), 300), "text"), ("ends after", age(step.timeout), "muted")]
    if moves:
        known.append(("effect", moves[0], "muted"))
    title = f"{plain(run.procedure.title, 60)}: {plain(step.title, 80)}"
    return Sheet(title, argv, tuple(known), step.typed)


def choose(
    app: "Cockpit", title: str, ways: "list[Way] | tuple[Way, ...]", answers: dict[str, Callable[[], None]]
) -> None:
    def answered(word: str | None) -> None:
        answers.get(word or "", lambda: None)()

    app.push_screen(Choice(app.board.active.paint, title, ways, app.sight.clock), answered)


def ask_why(app: "Cockpit", label: str, make: Callable[[str, str], commands.AnyCommand]) -> None:
    asked = plain(label, LONGEST_LABEL)
    app.prompt.ask(
        Question(
            asked,
            lambda text, chosen: app.submit(lambda by: make(by, text)),
            cancelled=lambda: _cancelled(app),
            settles=always,
        )
    )


def _cancelled(app: "Cockpit") -> None:
    app.say("cancelled: nothing is recorded")
