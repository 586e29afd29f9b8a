"""The procedures: those called for first, and the one that is followed."""

from collections.abc import Iterator, Mapping, Sized

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.releases.offers import advised_rollbacks, offered, shown_first
from mmcockpit.core.state.open_procedures import open_runs, queue
from mmcockpit.core.state.procedure_runs import PROCEDURES, ProcedureRun, StepRun
from mmcockpit.core.state.session import SESSION, SIGNALS, Session, Topic
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.durations import estimated
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.ui.render.procedure import Keyed, followed, preview, size_words, whole
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.shell_quote import command_line
from mmcockpit.ui.render.step_details import STEP, View, step_line
from mmcockpit.ui.render.step_output import FRAME, output_of, widest
from mmcockpit.ui.render.text import Line, Role, age, pad, plain, short_title, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.panel import Panel

NAME = 34
SIDEWAYS = 8
"""Columns by which the output moves sideways at once."""


class ProceduresPanel(Panel):
    """The list, or one procedure: `following` is its id; `keys` are the keys for its hints."""

    title = "Procedures"

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self.following = ""
        self.keys: Mapping[str, str] = {}
        self._current = ""
        self._whole = False
        self._back = self._left = self._line = 0

    @property
    def watches(self) -> frozenset[Topic]:
        """Runs, calls, and the signals that steps wait for."""
        return frozenset({SESSION, SIGNALS, PROCEDURES})

    def summary(self, session: Session, now: Stamp) -> Line:
        """The followed procedure and its progress, or the number of procedures called for."""
        run = self.run(session)
        if run is None:
            called = len(queue(session))
            starts = f", {self.keys['run_step']} starts" if "run_step" in self.keys else ""
            opens = f"Enter shows{starts}"
            return ((f"{called} called for", "warn"), (f", {opens}", "muted")) if called else ((opens, "muted"),)
        steps = list(run.steps)
        at = steps.index(run.current.step.id) + 1 if run.current else len(steps)
        usual = run.procedure.usual_s
        spent = age(now.at - run.since.at) + (f" of ~{estimated(usual)}" if usual else "")
        how = (
            f"not started, {size_words(run.procedure)}"
            if not run.number
            else _how(run) or f"step {at} of {len(steps)}, {spent}"
        )
        return ((plain(run.procedure.title, 50), "strong"), (f"  {how}", "muted"))

    def run(self, session: Session) -> ProcedureRun | None:
        """Return the followed run; a preview if the procedure was never begun; None in the list."""
        if not self.following:
            return None
        procedure = next((one for one in _known(session) if one.id == self.following), None)
        run = session.procedures.get(self.following)
        return run or (preview(procedure, self._now) if procedure else None)

    def step(self, session: Session) -> StepRun | None:
        """Return the step that is shown in full."""
        run = self.run(session)
        if run is None:
            return None
        chosen = self._key[1] if isinstance(self._key, tuple) and self._key[0] == "step" else ""
        return run.steps.get(str(chosen)) or run.current

    @property
    def listed(self) -> str:
        """The id of the procedure under the list's cursor."""
        match self.chosen:
            case ("procedure", str(name), *_) if not self.following:
                return name
        return ""

    @property
    def shown_subject(self) -> RowSubject | None:
        """The signal of the step that is shown."""
        one = self.step(self._session) if self._session else None
        return RowSubject("signal", one.step.signal) if one is not None and one.step.signal else None

    @property
    def copied(self) -> str:
        """The command of the step that is shown, quoted for a shell; in the list the row."""
        session = self._session
        one, run = (self.step(session), self.run(session)) if session else (None, None)
        if session is None or run is None or one is None or not one.step.argv:
            return super().copied
        return command_line(resolved(one.step, run.values, session.cockpit.cluster_of)[0])

    def arrive(self, session: Session) -> None:
        """Show the open procedure; the list if there is none, or if an abort rule has called for one since it began."""
        runs = {run.procedure.id: run for run in open_runs(session)}
        first = shown_first(session)
        if first is not None and self.following not in runs:
            self.follow(first.id)
            return
        run = runs.get(self.following) or next(reversed(runs.values()), None)
        if run is None or any(one.aborts and call.since.at > run.since.at for one, call in queue(session)):
            self.list_all(session)
        else:
            self.follow(run.procedure.id)

    def list_all(self, session: Session) -> None:
        """Show the list, with the cursor on the first procedure called for, else on the last followed one.

        While a rollback is advised, its procedure is under the cursor even before it is called for: NEXT names it.
        """
        called = [procedure.id for procedure, _ in queue(session)] or [one.id for one in advised_rollbacks(session)]
        first = [run.procedure.id for run in open_runs(session)] + [one.id for one in _known(session)]
        name = called[0] if called else self.following or (first[0] if first else "")
        self.following, self._key, self._top = "", ("procedure", name), 0
        self.redraw()

    def follow(self, procedure: str) -> None:
        """Show one procedure, with its current step in full."""
        self.following, self._current, self._key, self._top, self._whole = procedure, "", None, 0, False
        self._rewind()
        self.redraw()

    def enlarge(self) -> None:
        """Show the chosen step alone, with all of its text and output; or all steps again."""
        self._whole = not self._whole
        self._rewind()
        self.redraw()

    def fold(self, opened: bool | None) -> None:
        """Scroll the output of a step to the right (True) or to the left (False)."""
        if self.following and opened is not None:
            self._left = max(0, self._left + (SIDEWAYS if opened else -SIDEWAYS))
            self.redraw()

    def _rewind(self) -> None:
        self._back = self._left = self._line = 0

    def turn_to_current(self) -> None:
        """Show the current step in full."""
        self._current = ""
        self.redraw()

    def move(self, rows: int) -> None:
        """Choose another row of the list, or another step."""
        if not self.following:
            super().move(rows)
            return
        steps = [n for n, key in enumerate(self._list.keys) if isinstance(key, tuple) and key[0] == "step"]
        run = self.run(self._session) if self._session else None
        if not steps or run is None:
            return
        names = list(run.steps)
        shown = self.step(self._session) if self._session else None
        at = names.index(shown.step.id) if shown else 0
        self._key = ("step", names[max(0, min(len(names) - 1, at + rows))])
        self._rewind()
        self.redraw()

    def page(self, pages: float) -> None:
        """Scroll the output of a step, or its whole text; in the list, move by a share of the visible height."""
        rows = round(pages * 8)
        if self.following and self._whole:
            self._line = max(0, self._line + rows)
            self.redraw()
        elif self.following and self._session:
            source = self._source(self._session)
            self._back = max(0, min(len(source.output) - 1 if source else 0, self._back - rows))
            self.redraw()
        else:
            super().page(pages)

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the list, or the procedure, fitted to the panel's height."""
        run = self.run(session)
        if run is None:
            return Rows.of(list(_listed(session, now, self._view(session, now, ""), width)))
        current = self._due(run)
        if current != self._current:
            # The panel follows the procedure: a new current step replaces the shown one.
            self._current, self._key = current, ("step", current)
            self._rewind()
        one, source = self.step(session), self._source(session)
        self._left = max(0, min(self._left, (widest(source) if source else 0) - width + FRAME))
        view = self._view(session, now, one.step.id if one else "")
        height = max(6, self.size.height - 1)
        if not self._whole:
            shown = followed(run, view, width, height)
            lines = sum(isinstance(key, tuple) and key[0] == "out" for key, _ in shown) - 1
            self._back = max(0, min(self._back, (len(source.output) if source else 0) - lines))
            return Rows.of(shown)
        rows, last = whole(run, view, width, height)
        self._line = min(self._line, last)
        return Rows.of(rows)

    def _due(self, run: ProcedureRun) -> str:
        """Return the step to show: the current one; of a group the member that NEXT names, else the one shown."""
        present = run.present
        for state in (StepState.UNKNOWN, StepState.FAILED, StepState.READY):
            if due := next((one.step.id for one in present if one.state is state), ""):
                return due
        if any(one.step.id == self._current for one in present):
            return self._current
        return run.current.step.id if run.current else next(reversed(run.steps), "")

    def _source(self, session: Session) -> StepRun | None:
        """Return the step whose output is shown."""
        run, one = self.run(session), self.step(session)
        return output_of(run, one) if run is not None and one is not None else None

    def _view(self, session: Session, now: Stamp, step: str) -> View:
        return View(session, now, self.lens, step, self._back, self.keys, self._left, self._line)


def _known(session: Session) -> tuple[Procedure, ...]:
    return session.cockpit.checklist.procedures


def _how(run: ProcedureRun) -> str:
    if run.closed is None:
        return "" if run.number else "not started"
    return (
        f"abandoned by {plain(run.closed.by, 20)}: {plain(run.closed.reason, 80)}" if run.closed.abandoned else "done"
    )


def _listed(session: Session, now: Stamp, view: View, width: int) -> Iterator[Keyed]:
    called = queue(session)
    runs = list(open_runs(session))
    busy = {procedure.id for procedure, _ in called} | {run.procedure.id for run in runs}
    if not _known(session):
        yield ("none", ""), ((" this checklist has no procedures", "muted"),)
    if called:
        yield ("head", "called"), ((" Called for", "warn"),)
    for procedure, call in called:
        since = f"{age(now.at - call.since.at)} ago"
        yield from _row(procedure, "!", "fail", f"{size_words(procedure)}, called {since}", width)
        for n, line in enumerate(wrap(reason_text(call.reason), max(10, width - 6))[:2]):
            yield ("procedure", procedure.id, "why", n), (("     ", "text"), (line, "warn"))
    if runs:
        yield from _apart(called)
        yield ("head", "open"), ((" In progress", "accent"),)
    for run in runs:
        current = run.current
        letter, role = STEP[current.state] if current else ("+", "pass")
        yield from _row(run.procedure, letter, role, f"{age(now.at - run.since.at)}, by {plain(run.by, 20)}", width)
        if current is not None:
            n = list(run.steps).index(current.step.id) + 1
            yield ("procedure", run.procedure.id, "at"), (("     ", "text"), *step_line(n, current, view, width - 5))
    now_offered = {one.procedure.id for one in offered(session)}
    rest = [one for one in _known(session) if one.id not in busy and (one.offer is None or one.id in now_offered)]
    if rest and busy:
        yield from _apart(busy)
        yield ("head", "rest"), ((" Others", "muted"),)
    for procedure in rest:
        yield from _row(procedure, *_past(session, procedure), width)


def _apart(before: Sized) -> Iterator[Keyed]:
    if before:
        yield ("gap", len(before)), ((" ", "text"),)


def _past(session: Session, procedure: Procedure) -> tuple[str, Role, str]:
    run = session.procedures.get(procedure.id)
    if run is not None:
        return ("/" if run.abandoned else "+"), "muted", _how(run)
    if procedure.id in session.calls and not session.calls[procedure.id].answered:
        return ">", "warn", f"also called for, waits: {plain(reason_text(session.calls[procedure.id].reason), 120)}"
    return " ", "muted", ": ".join(filter(None, (size_words(procedure), plain(procedure.about, 200))))


def _row(procedure: Procedure, letter: str, role: Role, status: str, width: int) -> Iterator[Keyed]:
    cells = min(NAME, max(10, width // 2))
    name = pad(short_title(procedure.title, procedure.target, cells), cells)
    yield (
        ("procedure", procedure.id),
        ((f" [{letter}] ", role), (f"{name}  ", "strong" if role in ("fail", "accent") else "text"), (status, "muted")),
    )


PANEL = ProceduresPanel
