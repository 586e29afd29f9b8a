"""The loop of the plain text mode: prints what changed, one line each, and runs the lines that are typed."""

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from mmcockpit.core.facts.event import Event, ProcedureClosed, StepChanged, StepOutput
from mmcockpit.core.feed import Batch, Feed
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.words.changes import ChangeLines, change_text
from mmcockpit.core.words.confirmations import confirmation
from mmcockpit.ui.actions.procedures import ask_failed
from mmcockpit.ui.plain.commands import run_command
from mmcockpit.ui.plain.desk import LineDesk
from mmcockpit.ui.plain.pages import next_line
from mmcockpit.ui.plain.questions import LineQuestion
from mmcockpit.ui.render.text import plain

LOOK_S = 0.1
"""Seconds between two looks at the session: how late a line may be."""

NEXT_S = 2.0
"""Seconds for which NEXT has to be the same before it is printed."""


class LineInput(Protocol):
    """Lines that are typed."""

    @property
    def ended(self) -> bool:
        """Whether no further line can come."""
        ...

    def next(self, within_s: float) -> str | None:
        """Return the next line; None if none came within this time."""
        ...

    def drop(self) -> list[str]:
        """Return the lines that have come already, and forget them."""
        ...


class PlainScreen:
    """Prints a session and submits the commands that are typed, until the operator leaves or no line can come.

    `run` sets `return_value` as the other screen does: `left`, `ended`, `closed`, `fenced`; `gone` at the end of the
    input.
    """

    titled = False
    """It leaves the title of the window as it is."""

    def __init__(self, feed: Feed, lines: LineInput, write: Callable[[str], None]) -> None:
        self.return_value: str | None = None
        self._feed, self._lines, self._write = feed, lines, write
        self.desk = LineDesk(feed.commands, self._say)
        self._changes = ChangeLines(first_hold=True)
        self._unwritten = self._stalled = ""
        self._next, self._next_since = "", 0.0
        self._asked: LineQuestion | None = None

    def leave_soon(self) -> None:
        """End `run`; safe in a signal handler."""
        self.return_value = self.return_value or "closed"

    def run(self) -> str | None:
        """Print and take lines until the screen is left."""
        self.show()
        self.desk.overview()
        self._show_page()
        self._write("type `help` for the commands")
        while self.return_value is None:
            if (line := self._lines.next(LOOK_S)) is not None:
                self._take(line)
            elif self._lines.ended:
                self.return_value = "gone"
            self.show()
        return self.return_value

    def show(self) -> None:
        """Print what happened since the last call."""
        batch = self._feed.drain()
        desk = self.desk
        desk.sight.take(batch)
        session, sight = desk.session, desk.sight
        controls = has_controls(session, sight.sharing)
        desk.lens = msgspec.structs.replace(desk.lens, t0=session.t0, out_of_date=sight.out_of_date, controls=controls)
        desk.procedures.follow_session(session, desk.now)
        self._print_facts(batch.events)
        if any(isinstance(event.body, ProcedureClosed) for event in batch.events):
            desk.turn_from_closed()
        self._print_state(batch)
        if self.desk.question is None and self.return_value is None:
            ask_failed(desk, batch.events)
            self._announce_next()
        self._ask()
        self._leave_when_recorded(batch)

    def _print_facts(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event.body, StepOutput):
                for line in event.body.text.splitlines():
                    self._write(f"  {'!' if event.body.error else '|'} {plain(line, 1000)}")
        for change in self._changes.take_steps_apart(events):
            word, says = change_text(change, self.desk.wording)
            if isinstance(change.first.body, StepChanged):
                # Number and title; the log has the ids.
                says = confirmation(change.events[-1], self.desk.wording, self.desk.lens.narrow) or says
            unrecorded = "" if change.recorded else "NOT RECORDED: "
            self._write(f"{self.desk.lens.time(change.first.stamp.wall)} {word}: {unrecorded}{plain(says, 1000)}")

    def _print_state(self, batch: Batch) -> None:
        """Print what makes the cockpit itself unreliable, once it begins and once it ends."""
        if batch.not_recording != self._unwritten:
            self._unwritten = batch.not_recording
            self._say(f"NOT RECORDING: {self._unwritten}" if self._unwritten else "the journal is written again")
        stalled = "ENGINE STALLED: every verdict is unknown" if self.desk.sight.stalled_s else ""
        if stalled != self._stalled:
            self._stalled = stalled
            self._say(stalled or "the engine runs again")
        for notice in batch.notices:
            self._say(notice)

    def _announce_next(self) -> None:
        """Print NEXT once it has stayed the same for a moment."""
        desk, following, now = self.desk, self.desk.following, self.desk.sight.clock()
        about = desk.subject_of_next
        if about != self._next:
            self._next, self._next_since = about, now
        elif following is not None and about != desk.printed_next and now - self._next_since >= NEXT_S:
            desk.printed_next = about
            self._write(next_line(following, desk.lens))

    def _ask(self) -> None:
        """Print a question that was just opened; what was typed before it cannot be its answer."""
        question = self.desk.question
        if question is None or question is self._asked:
            self._asked = question
            return
        self._asked = question
        for early in self._lines.drop():
            self._write(f"ignored, because it was typed before the question: {plain(early, 60)}")
        self._write_question(question)

    def _write_question(self, question: LineQuestion) -> None:
        for line in question.lines():
            self._write(line)

    def _take(self, line: str) -> None:
        text, question = line.strip(), self.desk.question
        if question is None:
            if text:
                self.desk.remember()
                self._say(run_command(self.desk, text))
                self._show_page()
            return
        taken = question.take(text)
        self._say(taken.says)
        if taken.done is not None:
            self.desk.question = self._asked = None
            taken.done()
            self._show_page()
        elif taken.says:
            # The same question again: what is typed by now may be its answer.
            self._write_question(question)
        else:
            self._asked = None

    def _show_page(self) -> None:
        page, self.desk.page = self.desk.page, None
        for line in page() if page is not None else ():
            self._write(line)

    def _say(self, text: str) -> None:
        if text:
            self._write(text)

    def _leave_when_recorded(self, batch: Batch) -> None:
        session, desk = self.desk.session, self.desk
        if batch.sharing is not None and batch.sharing.fenced:
            self.return_value = "fenced"
        elif desk.leaving is not None:
            how, deadline = desk.leaving
            left = how != "ended" and desk.operator not in session.operators
            if session.closed is not None or left or desk.sight.clock() >= deadline or desk.sight.stalled_s:
                self.return_value = how
