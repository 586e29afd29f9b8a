"""The panels as actions use them."""

from collections.abc import Hashable, Mapping
from typing import Protocol

from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.rows import RowSubject


class Pane(Protocol):
    """A panel, as actions use it."""

    filter: str

    @property
    def kind(self) -> str:
        """The kind of the panel."""
        ...

    @property
    def by_need(self) -> bool:
        """Whether the rows are grouped by what they need; only a checklist can be."""
        ...

    @property
    def displaced_at(self) -> float:
        """The session second in which data, not a key, moved the cursor to another row."""
        ...

    @property
    def chosen(self) -> Hashable:
        """The key of the row under the cursor; None if there is none."""
        ...

    @property
    def copied(self) -> str:
        """The text that the copy action copies."""
        ...

    @property
    def shown_subject(self) -> RowSubject | None:
        """The subject at the cursor, or of the panel as a whole."""
        ...

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the subject of a row; None for a row without details."""
        ...

    def move(self, rows: int) -> None:
        """Move the cursor by rows."""
        ...

    def page(self, pages: float) -> None:
        """Move by a share of the visible height."""
        ...

    def match(self, step: int) -> None:
        """Move to the next (+1) or previous (-1) row that matches the filter."""
        ...

    def fold(self, opened: bool | None) -> None:
        """Open or close (None: toggle) the section under the cursor."""
        ...

    def toggle_failing(self) -> None:
        """Show only what is not satisfied, or everything again."""
        ...

    def redraw(self) -> None:
        """Draw again after a change of the filter."""
        ...


class ProcedurePane(Pane, Protocol):
    """The panel of procedures: the list, or one followed procedure."""

    keys: Mapping[str, str]
    following: str

    @property
    def listed(self) -> str:
        """The id of the procedure under the list's cursor."""
        ...

    def run(self, session: Session) -> ProcedureRun | None:
        """Return the followed run; None in the list."""
        ...

    def step(self, session: Session) -> StepRun | None:
        """Return the step that is shown in full."""
        ...

    def arrive(self, session: Session) -> None:
        """Show the open procedure, or the list."""
        ...

    def list_all(self, session: Session) -> None:
        """Show the list."""
        ...

    def follow(self, procedure: str) -> None:
        """Show one procedure, with its current step in full."""
        ...

    def enlarge(self) -> None:
        """Show the chosen step alone, or all steps again."""
        ...

    def turn_to_current(self) -> None:
        """Show the current step in full."""
        ...
