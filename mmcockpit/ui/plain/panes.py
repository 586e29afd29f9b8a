"""The checklist and the procedures as actions use them, without a screen: what was named last is under the cursor."""

from collections.abc import Hashable, Mapping
from math import inf

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.rules.releases.offers import shown_first
from mmcockpit.core.state.open_procedures import open_runs, queue
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from mmcockpit.ui.render.procedure import preview
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.shell_quote import command_line


class LinePane:
    """A panel with one row: the subject that was named last."""

    kind = "checklist"
    by_need = True
    displaced_at = -inf
    """Data never moves this cursor."""

    def __init__(self) -> None:
        self.filter = ""
        self.about: RowSubject | None = None

    @property
    def chosen(self) -> Hashable:
        """The subject."""
        return self.about

    @property
    def copied(self) -> str:
        """Nothing: a person copies from the terminal."""
        return ""

    @property
    def shown_subject(self) -> RowSubject | None:
        """The subject."""
        return self.about

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the subject."""
        return self.about

    def move(self, rows: int) -> None:
        """Do nothing: items are named."""

    def page(self, pages: float) -> None:
        """Do nothing."""

    def match(self, step: int) -> None:
        """Do nothing."""

    def fold(self, opened: bool | None) -> None:
        """Do nothing."""

    def toggle_failing(self) -> None:
        """Do nothing."""

    def redraw(self) -> None:
        """Do nothing."""


class LineProcedures(LinePane):
    """The procedures: `following` is the id of the one that commands act on; empty for the list."""

    kind = "procedures"

    def __init__(self) -> None:
        super().__init__()
        self.following = ""
        self.keys: Mapping[str, str] = {}
        self.now = Stamp(0.0, 0.0)
        self._session = Session()

    def follow_session(self, session: Session, now: Stamp) -> None:
        """Take the session that is shown."""
        self._session, self.now = session, now

    @property
    def listed(self) -> str:
        """The id of the procedure that is called for; empty while one is followed, and without any."""
        called = queue(self._session)
        return called[0][0].id if called and not self.following else ""

    @property
    def copied(self) -> str:
        """The command of the current step, quoted for a shell."""
        run, one = self.run(self._session), self.step(self._session)
        if run is None or one is None or not one.step.argv:
            return ""
        return command_line(resolved(one.step, run.values, self._session.cockpit.cluster_of)[0])

    def known(self, name: str) -> Procedure | None:
        """Return a procedure by its id."""
        return next((one for one in self._session.cockpit.checklist.procedures if one.id == name), None)

    def run(self, session: Session) -> ProcedureRun | None:
        """Return the followed run; a preview if it was never begun; None in the list."""
        procedure = self.known(self.following)
        return session.procedures.get(self.following) or (preview(procedure, self.now) if procedure else None)

    def step(self, session: Session) -> StepRun | None:
        """Return the current step; the last one of a procedure that is over."""
        run = self.run(session)
        if run is None:
            return None
        return run.current or next(reversed(run.steps.values()), None)

    def arrive(self, session: Session) -> None:
        """Follow the open procedure; the list if there is none, or if another one is called for."""
        runs = {run.procedure.id: run for run in open_runs(session)}
        first = shown_first(session)
        if first is not None and self.following not in runs:
            self.following = first.id
            return
        run = runs.get(self.following) or next(reversed(runs.values()), None)
        later = run is None or any(one.aborts and call.since.at > run.since.at for one, call in queue(session))
        self.following = "" if later or run is None else run.procedure.id

    def list_all(self, session: Session) -> None:
        """Show the list."""
        self.following = ""

    def follow(self, procedure: str) -> None:
        """Follow one procedure."""
        self.following = procedure

    def enlarge(self) -> None:
        """Do nothing: a step is always shown whole."""

    def turn_to_current(self) -> None:
        """Do nothing: the current step is always the one that commands act on."""
