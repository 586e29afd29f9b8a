"""A desk without a screen: actions are tried on it as plain functions."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.feed import Transport
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.next_action import Next, Viewpoint
from mmcockpit.core.model.seat import Sharing
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.state.options import Option
from mmcockpit.core.state.procedure_runs import ProcedureRun, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.ui.actions.keymap import holding
from mmcockpit.ui.questions import DialogQuestion, RunSheet, Way
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import Line, Role
from mmcockpit.ui.session_view import Seen, Sight
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive


@dataclass
class PlainPane:
    """A panel whose cursor is on one subject."""

    about: RowSubject | None = None
    group: Hashable = None
    filter: str = ""
    copied: str = ""
    kind: str = "checklist"
    by_need: bool = True
    displaced_at: float = -inf
    moves: list[tuple[str, float]] = field(default_factory=list)

    @property
    def chosen(self) -> Hashable:
        return self.about or self.group

    @property
    def shown_subject(self) -> RowSubject | None:
        return self.about

    def subject(self, key: Hashable) -> RowSubject | None:
        return self.about

    def move(self, rows: int) -> None:
        self.moves.append(("move", rows))

    def page(self, pages: float) -> None:
        self.moves.append(("page", pages))

    def match(self, step: int) -> None:
        self.moves.append(("match", step))

    def fold(self, opened: bool | None) -> None:
        self.moves.append(("fold", -1 if opened is None else opened))

    def toggle_failing(self) -> None:
        self.moves.append(("failing", 0))

    def redraw(self) -> None:
        self.moves.append(("redraw", 0))


@dataclass
class PlainProcedures(PlainPane):
    """The panel of procedures, following one run of the session."""

    following: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def listed(self) -> str:
        return ""

    def run(self, session: Session) -> ProcedureRun | None:
        return session.procedures.get(self.following)

    def step(self, session: Session) -> StepRun | None:
        run = self.run(session)
        return run.current if run is not None else None

    def arrive(self, session: Session) -> None:
        self.following = next(iter(session.procedures), "")

    def list_all(self, session: Session) -> None:
        self.following = ""

    def follow(self, procedure: str) -> None:
        self.following = procedure

    def enlarge(self) -> None:
        self.moves.append(("enlarge", 0))

    def turn_to_current(self) -> None:
        self.moves.append(("current", 0))


class PlainDesk:
    """Keeps what actions do: commands, messages, questions, choices and sheets, the latest at the end."""

    def __init__(self, night: GoLive, about: RowSubject | None = None, operator: str = "ana") -> None:
        self.view = Sight()
        self.view.take(night.feed(Notebook()).drain())
        self.view.remember()
        self.operator = operator
        self.pane: PlainPane = PlainPane(about)
        self.procedures: PlainProcedures | None = PlainProcedures()
        self.keys = holding({}, False)
        self.lens = Lens()
        self.transport: Transport | None = None
        self.copy_file: Path | None = None
        self.submitted: list[AnyCommand] = []
        self.said: list[str] = []
        self.questions: list[DialogQuestion] = []
        self.choices: list[tuple[str, Sequence[Way], Callable[[str | None], None]]] = []
        self.details: list[Sequence[Line]] = []
        self.sheets: list[tuple[RunSheet, Callable[[tuple[str, ...] | None], None]]] = []
        self.offers: list[tuple[Sequence[Option], str, Callable[[str | None], None]]] = []
        self.sharing: Sharing | None = None
        self.takeovers: list[str] = []
        self.width = 80
        self.away = False
        self.has_needs = True
        self.has_signal_rows = False
        self.opened: list[str] = []
        self.left: list[tuple[str, bool]] = []
        self.copies: list[str] = []

    @property
    def session(self) -> Session:
        return self.view.session

    @property
    def now(self) -> Stamp:
        return self.view.now

    @property
    def following(self) -> Next | None:
        return next_action(self.session, self.now, Viewpoint(self.operator))

    @property
    def seen(self) -> Seen:
        return self.view.seen

    @property
    def panel_titles(self) -> dict[str, str]:
        return {"checklist": "Checklist", "procedures": "Procedures"}

    @property
    def numbered(self) -> list[str]:
        return list(self.panel_titles)

    @property
    def layout_names(self) -> list[str]:
        return ["go-live", "watch"]

    @property
    def theme_names(self) -> list[str]:
        return ["cockpit-dark"]

    def submit(self, make: Callable[[str], AnyCommand]) -> None:
        self.submitted.append(make(self.operator))

    def say(self, text: str, role: Role = "text") -> None:
        self.said.append(text)

    def ask(self, question: DialogQuestion) -> None:
        self.questions.append(question)

    def choose(
        self, title: str, ways: Sequence[Way], chosen: Callable[[str | None], None], details: Sequence[Line] = ()
    ) -> None:
        self.choices.append((title, ways, chosen))
        self.details.append(details)

    def confirm_run(self, sheet: RunSheet, done: Callable[[tuple[str, ...] | None], None]) -> None:
        self.sheets.append((sheet, done))

    def choose_value(
        self, title: str, offered: Sequence[Option], default: str, chosen: Callable[[str | None], None]
    ) -> None:
        self.offers.append((offered, default, chosen))

    def copy(self, text: str) -> None:
        self.copies.append(text)

    def remember(self) -> None:
        self.view.remember()

    def open_panel(self, name: str, and_back: bool = True, beside: bool = False, alone: bool = False) -> bool:
        self.opened.append(name)
        return name in self.panel_titles

    def open_details(self, subject: RowSubject) -> None:
        self.opened.append(f"detail of {subject.name}")

    def show_need(self, step: int, from_end: bool) -> bool:
        self.opened.append(f"need {step:+}{' from the end' if from_end else ''}")
        return self.has_needs

    def show_signal(self, name: str) -> bool:
        self.opened.append(f"signal {name}")
        return self.has_signal_rows

    def order_checklist(self, open_phase: bool) -> None:
        self.opened.append("open phase" if open_phase else "other order")

    def show_item(self, item: str) -> bool:
        self.opened.append(f"item {item}")
        self.pane.about = RowSubject("item", item)
        return True

    def in_sight(self, name: str) -> bool:
        return True

    def step_pane(self, by: int) -> None:
        self.pane.moves.append(("pane", by))

    def overview(self) -> bool:
        return False

    def go_back(self) -> bool:
        return False

    def show_message(self, whole: bool) -> bool:
        return False

    def zoom(self) -> None:
        self.pane.moves.append(("zoom", 0))

    def ask_command(self, typed: str = "", notice: str = "") -> None:
        self.opened.append(f"{notice} :{typed}".lstrip())

    def toggle_freeze(self) -> None:
        self.view.freeze()

    def look_through(self, lens: Lens) -> None:
        self.lens = lens

    def use_layout(self, name: str) -> bool:
        return name in self.layout_names

    def use_theme(self, name: str) -> bool:
        return name in self.theme_names

    def frame(self) -> None:
        self.pane.moves.append(("frame", 0))

    def become_driver(self, reason: str) -> None:
        self.takeovers.append(reason)

    def leave(self, how: str, at_once: bool = False) -> None:
        self.left.append((how, at_once))
