"""The desk: what an action sees and may do; the application implements it, tests use a plain object."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.feed import Transport
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.next_action import Next
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Sharing
from mmcockpit.core.state.options import Option
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.panes import Pane as Pane
from mmcockpit.ui.panes import ProcedurePane as ProcedurePane
from mmcockpit.ui.questions import DialogQuestion, RunSheet, Way
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import Line, Role
from mmcockpit.ui.session_view import Seen

READ_ONLY = refusal_words(Refusal(Code.READ_ONLY))


class Desk(Protocol):
    """What an action sees of the session and of the screen, and what it may do there."""

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of every action by its id."""
        ...

    @property
    def lens(self) -> Lens:
        """The settings of this view: the clock, T0, and whether the view is out of date."""
        ...

    @property
    def transport(self) -> Transport | None:
        """The controls of a replay; None in a live session."""
        ...

    @property
    def copy_file(self) -> Path | None:
        """The file that also gets every copied text."""
        ...

    @property
    def session(self) -> Session:
        """The session as shown."""
        ...

    @property
    def now(self) -> Stamp:
        """The moment that is shown."""
        ...

    @property
    def seen(self) -> Seen:
        """The phase, the advice and its reasons when the open prompt or dialog was opened."""
        ...

    @property
    def operator(self) -> str:
        """The operator's name; empty in a read-only session."""
        ...

    @property
    def sharing(self) -> Sharing | None:
        """How this seat takes part in a shared session; None in one that is not shared."""
        ...

    @property
    def following(self) -> Next | None:
        """NEXT, as the header shows it; None before the first frame."""
        ...

    @property
    def pane(self) -> Pane:
        """The panel that has the focus."""
        ...

    @property
    def procedures(self) -> ProcedurePane | None:
        """The panel of procedures."""
        ...

    @property
    def panel_titles(self) -> Mapping[str, str]:
        """The title of every panel, by its id."""
        ...

    @property
    def numbered(self) -> list[str]:
        """The ids of the panels in the order of their numbers."""
        ...

    @property
    def away(self) -> bool:
        """Whether there is something to go back to: a panel is shown alone, or was opened from another."""
        ...

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        ...

    @property
    def theme_names(self) -> list[str]:
        """The themes that can be chosen."""
        ...

    @property
    def layout_names(self) -> list[str]:
        """The layouts that can be shown, the present one first."""
        ...

    def submit(self, make: Callable[[str], AnyCommand]) -> None:
        """Submit a command of this operator to the engine; its result comes back as facts."""
        ...

    def say(self, text: str, role: Role = "text") -> None:
        """Show a message at the bottom for a few seconds."""
        ...

    def ask(self, question: DialogQuestion) -> None:
        """Open a prompt for a line of text at the bottom."""
        ...

    def choose(
        self, title: str, ways: Sequence[Way], chosen: Callable[[str | None], None], details: Sequence[Line] = ()
    ) -> None:
        """Open a dialog with a few options; `chosen` gets the word of the chosen one."""
        ...

    def confirm_run(self, sheet: RunSheet, done: Callable[[tuple[str, ...] | None], None]) -> None:
        """Open the dialog before a command runs; `done` gets the typed texts, None for Cancel."""
        ...

    def choose_value(
        self, title: str, offered: Sequence[Option], default: str, chosen: Callable[[str | None], None]
    ) -> None:
        """Open the dialog that chooses one of a step's captured values; `chosen` gets None for Cancel."""
        ...

    def copy(self, text: str) -> None:
        """Copy a text to the terminal's clipboard."""
        ...

    def remember(self) -> None:
        """Keep in `seen` what is shown now."""
        ...

    def open_panel(self, name: str, and_back: bool = True, beside: bool = False, alone: bool = False) -> bool:
        """Focus a panel by its id or kind, `alone` on the whole screen; False if there is none."""
        ...

    def open_details(self, subject: RowSubject) -> None:
        """Show the details of an item, a signal or a fact."""
        ...

    def show_need(self, step: int, from_end: bool) -> bool:
        """Focus the checklist on the next (+1) or previous (-1) need, `from_end` on the first or last; False: none."""
        ...

    def show_signal(self, name: str) -> bool:
        """Focus the signals with the cursor on one; False if it is there already, or has no row on the screen."""
        ...

    def order_checklist(self, open_phase: bool) -> None:
        """Show the checklist in its other order; with `open_phase` that phase, in the order of the document."""
        ...

    def show_item(self, item: str) -> bool:
        """Focus the checklist with the cursor on an item; False if it has no row there."""
        ...

    def in_sight(self, name: str) -> bool:
        """Return whether a panel is on the screen."""
        ...

    def step_pane(self, by: int) -> None:
        """Focus the next (+1) or previous (-1) visible panel."""
        ...

    def overview(self) -> bool:
        """Show all panels; False if they are shown already."""
        ...

    def go_back(self) -> bool:
        """Show what was shown before a panel was opened or zoomed; False if there is nothing to go back to."""
        ...

    def show_message(self, whole: bool) -> bool:
        """Show the whole of a message that is cut, or one line of it again; False if nothing changes."""
        ...

    def zoom(self) -> None:
        """Show the active panel alone, or all panels again."""
        ...

    def ask_command(self, typed: str = "", notice: str = "") -> None:
        """Open the command line, prefilled with `typed`; its label begins with `notice`."""
        ...

    def toggle_freeze(self) -> None:
        """Freeze the display, or show what was queued meanwhile."""
        ...

    def look_through(self, lens: Lens) -> None:
        """Show everything with another lens."""
        ...

    def use_layout(self, name: str) -> bool:
        """Show another layout; False for an unknown one."""
        ...

    def use_theme(self, name: str) -> bool:
        """Use another theme; False for an unknown one."""
        ...

    def frame(self) -> None:
        """Draw what has changed, without waiting for the next frame."""
        ...

    def become_driver(self, reason: str) -> None:
        """Close the screen, to take the session over as its driver for a reason."""
        ...

    def leave(self, how: str, at_once: bool = False) -> None:
        """Close the screen as soon as the session shows it, or at once."""
        ...
