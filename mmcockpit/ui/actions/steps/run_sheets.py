"""What the dialog before a run shows: the exact command, its target and circumstances, its effect."""

import os
from collections.abc import Iterator

from mmcockpit.core.model.procedure import Danger, Step
from mmcockpit.core.model.seat import Via
from mmcockpit.core.rules.releases.replacement import replacements, used_values
from mmcockpit.core.rules.seats.approvals import approval_in_force
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun, capture_of
from mmcockpit.core.state.session import Session
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import Known, RunSheet
from mmcockpit.ui.render.release import image_change
from mmcockpit.ui.render.step_details import cluster_source, effects
from mmcockpit.ui.render.step_kinds import attempts, retry_words
from mmcockpit.ui.render.text import Role, age, plain

LABEL = 12
"""The longest name of a value in the dialog."""


def run_sheet(desk: Desk, run: ProcedureRun, one: StepRun, argv: tuple[str, ...]) -> RunSheet:
    """Return what the dialog before a run shows: the exact command, its target and circumstances, its effect."""
    session, step = desk.session, one.step
    name, environment = step.cluster, plain(session.cockpit.environment, 40).upper()
    known: list[tuple[str, str, Role]] = [*_replaced(session, run, step), *_answers(run, step)]
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
        if step.retry is not None:
            known.append(("retries", f"{retry_words(step)}, without asking again", "warn"))
        known.append(("runs in", f"{folder}, at most {age(step.timeout)}", "muted"))

    def live() -> Known:
        current = desk.session.procedures.get(run.procedure.id, run).steps.get(step.id, one)
        lines = effects(run, current, desk.session, desk.lens)
        effect = (("effect now" if not n else "", *words) for n, words in enumerate(lines))
        return (*_approval_row(desk, run, step, argv), *effect)

    title = f"{plain(run.procedure.title, 60)}: {plain(step.title, 80)}"
    sheet = RunSheet(title, argv, tuple(known), step.typed, live)
    return sheet._replace(means=f"exactly this, at most {attempts(step)} times") if step.retry else sheet


def _approval_row(desk: Desk, run: ProcedureRun, step: Step, argv: tuple[str, ...]) -> Known:
    """Return the approval in force of a step that needs one: by whom and until when."""
    current = desk.session.procedures.get(run.procedure.id, run)
    one = current.steps.get(step.id)
    given = approval_in_force(desk.session, current, one, desk.now) if one is not None else None
    if given is None or given.argv != argv:
        return ()
    until = desk.lens.time(desk.now.wall + given.until - desk.now.at)
    return (("approval", f"by {plain(given.by, 40)} ({plain(step.approve, 40)}), valid until {until}", "pass"),)


def _replaced(session: Session, run: ProcedureRun, step: Step) -> Iterator[tuple[str, str, Role]]:
    """Yield what the command replaces: `revision  41 → 39`, and the images."""
    for name, now, then in replacements(session, run, step):
        words = image_change(now, then) if name == "image" else f"{plain(now, 60) or 'unknown'} → {plain(then, 60)}"
        yield plain(name, LABEL), words, "warn" if now == then else "strong"


def _answers(run: ProcedureRun, step: Step) -> Iterator[tuple[str, str, Role]]:
    """Yield the answers of operators that the command uses: `region  eu`."""
    for name, value in used_values(run, step):
        if capture_of(run, name) is None:
            yield plain(name, LABEL), plain(value, 200), "strong"
