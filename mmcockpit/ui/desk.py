"""The desk: what an action sees and may do. The application implements it; a test can with a plain object."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.feed import Transport
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.options import Option
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.ui.questions import Question, RunSheet, Way
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import Subject
from mmcockpit.ui.render.text import Line, Role
from mmcockpit.ui.session_view import Seen


class Pane(Protocol):
    """A panel as actions use it."""

    filter: str

    @property
    def chosen(self) -> Hashable:
        """The key of the row under the cursor; None if there is none."""
        ...

    @property
    def copied(self) -> str:
        """The text that copying takes."""
        ...

    @property
    def shown_subject(self) -> Subject | None:
        """What the panel shows at the cursor, or is about as a whole."""
        ...

    def subject(self, key: Hashable) -> Subject | None:
        """Return what a row is about; None where there is no more to tell."""
        ...

    def move(self, rows: int) -> None:
        """Move the cursor by rows."""
        ...

    def page(self, pages: float) -> None:
        """Move by a part of the visible height."""
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
    """The panel of procedures: a list, or one procedure that is followed."""

    keys: Mapping[str, str]
    following: str

    @property
    def listed(self) -> str:
        """The id of the procedure under the list's cursor."""
        ...

    def run(self, session: Session) -> ProcedureRun | None:
        """Return the run that is followed; None in the list."""
        ...

    def step(self, session: Session) -> StepRun | None:
        """Return the step that is shown large."""
        ...

    def arrive(self, session: Session) -> None:
        """Show the procedure that is open, or the list."""
        ...

    def list_all(self, session: Session) -> None:
        """Show the list."""
        ...

    def follow(self, procedure: str) -> None:
        """Show one procedure, its current step large."""
        ...

    def turn_to_current(self) -> None:
        """Show the current step large."""
        ...


class Desk(Protocol):
    """What an action sees of the session and of the screen, and what it may do there."""

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of every action by its id."""
        ...

    @property
    def lens(self) -> Lens:
        """The viewer's own settings."""
        ...

    @property
    def transport(self) -> Transport | None:
        """What moves a replay; None in a live session."""
        ...

    @property
    def copy_file(self) -> Path | None:
        """The file that gets every copied text too."""
        ...

    @property
    def session(self) -> Session:
        """The session as it is shown."""
        ...

    @property
    def now(self) -> Stamp:
        """The moment that is shown."""
        ...

    @property
    def seen(self) -> Seen:
        """The phase, the advice and its reasons when the open question was put."""
        ...

    @property
    def operator(self) -> str:
        """The operator's name; empty in a read-only session."""
        ...

    @property
    def pane(self) -> Pane:
        """The panel that has the keys."""
        ...

    @property
    def procedures(self) -> ProcedurePane | None:
        """The panel of procedures."""
        ...

    @property
    def panel_names(self) -> list[str]:
        """The ids of all panels."""
        ...

    @property
    def numbered(self) -> list[str]:
        """The ids of the panels in the order of their numbers."""
        ...

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        ...

    @property
    def theme_names(self) -> list[str]:
        """The themes that can be chosen."""
        ...

    def submit(self, make: Callable[[str], AnyCommand]) -> None:
        """Hand a command of this operator to the engine; the result comes back as facts."""
        ...

    def say(self, text: str, role: Role = "text") -> None:
        """Show a message at the bottom for a few seconds."""
        ...

    def ask(self, question: Question) -> None:
        """Ask for a text at the bottom."""
        ...

    def choose(
        self, title: str, ways: Sequence[Way], chosen: Callable[[str | None], None], details: Sequence[Line] = ()
    ) -> None:
        """Open a dialog of a few answers; `chosen` gets the word of one."""
        ...

    def confirm_run(self, sheet: RunSheet, done: Callable[[tuple[str, ...] | None], None]) -> None:
        """Open the dialog before a command runs; `done` gets what was typed, None for Cancel."""
        ...

    def choose_value(
        self, title: str, offered: Sequence[Option], default: str, chosen: Callable[[str | None], None]
    ) -> None:
        """Open the dialog that chooses one of the values a step found; `chosen` gets None for Cancel."""
        ...

    def copy(self, text: str) -> None:
        """Copy a text to the terminal's clipboard."""
        ...

    def remember(self) -> None:
        """Keep in `seen` what is shown now."""
        ...

    def open_panel(self, name: str, and_back: bool = True, beside: bool = False) -> bool:
        """Give a panel the keys by its id or kind; False if there is none."""
        ...

    def open_details(self, subject: Subject) -> None:
        """Show everything about an item, a signal or a fact."""
        ...

    def in_sight(self, name: str) -> bool:
        """Return whether a panel is on the screen."""
        ...

    def step_pane(self, by: int) -> None:
        """Give the keys to the next (+1) or previous (-1) panel in sight."""
        ...

    def overview(self) -> bool:
        """Show all panels; False if they were shown already."""
        ...

    def zoom(self) -> None:
        """Show the active panel alone, or all of them again."""
        ...

    def ask_command(self, typed: str = "") -> None:
        """Open the command line, with what is typed already."""
        ...

    def toggle_freeze(self) -> None:
        """Freeze the display, or show what came meanwhile."""
        ...

    def look_through(self, lens: Lens) -> None:
        """Show everything by another clock."""
        ...

    def use_theme(self, name: str) -> bool:
        """Draw in other colours; False for an unknown theme."""
        ...

    def frame(self) -> None:
        """Draw what has changed, without waiting for the next frame."""
        ...

    def leave(self, how: str, at_once: bool = False) -> None:
        """Close the screen as soon as the record shows it, or at once."""
        ...
