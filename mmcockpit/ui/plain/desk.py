"""The desk of the actions without a screen: what a person would see is printed as lines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from mmcockpit.core.feed import Commander
from mmcockpit.core.model.next_action import Next
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.options import Option
from mmcockpit.core.words.naming import Wording
from mmcockpit.ui.plain import pages
from mmcockpit.ui.plain.panes import LinePane, LineProcedures
from mmcockpit.ui.plain.questions import (
    WIDTH,
    ChoiceQuestion,
    LineQuestion,
    RunQuestion,
    TextQuestion,
    ValueQuestion,
)
from mmcockpit.ui.questions import DialogQuestion, RunSheet, Way
from mmcockpit.ui.render.header.next_line import seat_of
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import Line, Role, plain
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.sight_desk import LEAVE_S, SightDesk

PANELS = {"checklist": "To-do list", "procedures": "Procedures", "log": "Log", "links": "Contacts and links"}
"""The panels that can be printed, and their titles."""

Page = Callable[[], Iterable[str]]


class LineDesk(SightDesk):
    """Implements `Desk`: questions and pages are kept until the screen has printed them."""

    transport = None
    copy_file: Path | None = None
    width = WIDTH
    away = False

    def __init__(self, commander: Commander | None, said: Callable[[str], None]) -> None:
        """Take where commands go (None: the session is only read), and where messages are printed."""
        self._commander, self._said = commander, said
        self.sight = Sight()
        self.lens = self.first_lens({}, "", False)
        self.keys: Mapping[str, tuple[str, ...]] = {}
        self.items, self.procedures = LinePane(), LineProcedures()
        self.pane: LinePane = self.items
        self.question: LineQuestion | None = None
        self.page: Page | None = None
        self.leaving: tuple[str, float] | None = None
        self.printed_next = ""

    @property
    def commander(self) -> Commander | None:
        """Where commands go; None in a read-only session."""
        return self._commander

    @property
    def following(self) -> Next | None:
        """NEXT."""
        if self.session.opened is None:
            return None
        about = self.items.about.name if self.items.about is not None else ""
        return next_action(self.session, self.now, seat_of(self.sight, self.operator, False, about))

    @property
    def subject_of_next(self) -> str:
        """What NEXT is about: it is printed again only if this changes, not if its numbers do."""
        following = self.following
        return f"{following.kind} {following.subject} {following.step}" if following is not None else ""

    @property
    def wording(self) -> Wording:
        """Titles instead of ids, and commands instead of keys."""
        return Wording(SessionNames(self.session), full=False)

    @property
    def panel_titles(self) -> Mapping[str, str]:
        """The panels that can be printed."""
        return PANELS

    @property
    def numbered(self) -> list[str]:
        """No panel has a number."""
        return []

    @property
    def theme_names(self) -> list[str]:
        """There are no colours."""
        return []

    @property
    def layout_names(self) -> list[str]:
        """There are no layouts."""
        return []

    def say(self, text: str, role: Role = "text") -> None:
        """Print a message."""
        if text:
            self._said(plain(text, 400))

    def ask(self, question: DialogQuestion) -> None:
        """Ask for a line of text."""
        asked = DialogQuestion(
            question.label,
            self._as_shown(question.done),
            question.changed,
            cancelled=question.cancelled,
            empty=question.empty,
        )
        self.question = TextQuestion(asked)

    def choose(
        self, title: str, ways: Sequence[Way], chosen: Callable[[str | None], None], details: Sequence[Line] = ()
    ) -> None:
        """Ask to choose one of a few options."""
        self.question = ChoiceQuestion(title, ways, self._as_shown(chosen), details)

    def confirm_run(self, sheet: RunSheet, done: Callable[[tuple[str, ...] | None], None]) -> None:
        """Ask before a command runs."""
        self.question = RunQuestion(sheet, self._as_shown(done))

    def choose_value(
        self, title: str, offered: Sequence[Option], default: str, chosen: Callable[[str | None], None]
    ) -> None:
        """Ask for one of a step's captured values."""
        self.question = ValueQuestion(title, offered, default, self._as_shown(chosen), self.now.wall)

    def copy(self, text: str) -> None:
        """Print a text, to be copied from the terminal."""
        self._said(text)

    def open_panel(self, name: str, and_back: bool = True, beside: bool = False, alone: bool = False) -> bool:
        """Print what a panel shows; False for one that only the screen has."""
        match name:
            case "procedures":
                self.pane, self.page = self.procedures, self._procedures
            case "checklist":
                self.pane, self.page = self.items, lambda: pages.listing(self.sight, self.lens, whole=False)
            case "log":
                self.page = lambda: pages.log(self.sight, self.lens, self.wording)
            case "links":
                self.page = lambda: pages.contacts(self.session)
        return name in PANELS

    def _procedures(self) -> Iterable[str]:
        if self.procedures.following:
            return pages.procedure(self.sight, self.lens, self.procedures)
        return pages.procedures(self.session, whole=False)

    def list_procedures(self) -> None:
        """Print all procedures."""
        self.procedures.list_all(self.session)
        self.pane, self.page = self.procedures, lambda: pages.procedures(self.session, whole=True)

    def turn_from_closed(self) -> None:
        """Let commands act on what is next, no longer on a procedure that is over."""
        run = self.session.procedures.get(self.procedures.following)
        if run is not None and run.closed is not None:
            self.procedures.list_all(self.session)
            self.pane = self.items

    def open_details(self, subject: RowSubject) -> None:
        """Print the details of an item or a signal."""
        self.page = lambda: pages.details(self.sight, self.lens, subject)

    def show_need(self, step: int, from_end: bool) -> bool:
        """Print the to-do list."""
        return self.open_panel("checklist")

    def show_signal(self, name: str) -> bool:
        """Do nothing: text has no cursor on signals."""
        return False

    def order_checklist(self, open_phase: bool) -> None:
        """Print the items of the open phases, the satisfied ones too."""
        self.pane, self.page = self.items, lambda: pages.listing(self.sight, self.lens, whole=True)

    def show_item(self, item: str) -> bool:
        """Let commands act on an item."""
        self.pane, self.items.about = self.items, RowSubject("item", item)
        return True

    def in_sight(self, name: str) -> bool:
        """Return whether commands act on this panel: what was asked for last has been printed."""
        return True

    def step_pane(self, by: int) -> None:
        """Do nothing: there are no panels."""

    def overview(self) -> bool:
        """Print the state."""
        self.page = self._status
        return True

    def _status(self) -> Iterable[str]:
        self.printed_next = self.subject_of_next
        return pages.status(self.sight, self.lens, self.following)

    def go_back(self) -> bool:
        """Return False: there is nothing to go back to."""
        return False

    def show_message(self, whole: bool) -> bool:
        """Return False: messages are printed whole."""
        return False

    def zoom(self) -> None:
        """Do nothing."""

    def ask_command(self, typed: str = "", notice: str = "") -> None:
        """Say that every line is a command."""
        self.say(f"type `{typed.strip()}` and its argument in one line" if typed else "type a command, or `help`")

    def toggle_freeze(self) -> None:
        """Say that nothing is redrawn here."""
        self.say("nothing is redrawn in plain text, so there is nothing to freeze")

    def look_through(self, lens: Lens) -> None:
        """Use another clock."""
        self.lens = lens

    def use_layout(self, name: str) -> bool:
        """Return False: there are no layouts."""
        return False

    def use_theme(self, name: str) -> bool:
        """Return False: there are no colours."""
        return False

    def frame(self) -> None:
        """Do nothing: every change is printed."""

    def become_driver(self, reason: str) -> None:
        """Say how a session is taken over without a screen."""
        self.say("`mmcockpit resume --shared` takes the session over", "warn")

    def leave(self, how: str, at_once: bool = False) -> None:
        """End as soon as the session shows it, or at once."""
        self.leaving = (how, self.sight.clock() + (0.0 if at_once else LEAVE_S))
