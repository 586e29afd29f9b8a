"""Implements the desk of the actions on the application."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mmcockpit.core.feed import Commander, Feed, Transport
from mmcockpit.core.model.layout import Theme
from mmcockpit.core.model.next_action import Next
from mmcockpit.core.state.options import Option
from mmcockpit.core.state.session import Topic
from mmcockpit.ui.actions.palette import command_question
from mmcockpit.ui.board_desk import BoardDesk
from mmcockpit.ui.dialogs.choice import Choice
from mmcockpit.ui.dialogs.choose_value import Choosing
from mmcockpit.ui.dialogs.confirm_run import Confirm
from mmcockpit.ui.dialogs.dialog import Dialog, Result
from mmcockpit.ui.dialogs.prompt import Prompt
from mmcockpit.ui.questions import DialogQuestion, RunSheet, Way
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Line, Role, plain
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.repaint import LeftOver, Pace
from mmcockpit.ui.sight_desk import LEAVE_S, SightDesk
from mmcockpit.ui.widgets.canvas import Canvas
from mmcockpit.ui.widgets.header import Header


class DeskApp(SightDesk, BoardDesk, inherit_bindings=False):
    """Implements `Desk` with the board, the prompt and the feed that the application sets."""

    prompt: Prompt
    keys: dict[str, tuple[str, ...]]
    lens: Lens
    transport: Transport | None
    copy_file: Path | None
    _feed: Feed
    _header: Header
    _pace: Pace
    _paint: Paint
    _no_color: bool
    _themes: dict[str, Theme]
    _leaving: tuple[str, float] | None = None
    _early: list[tuple[str, Role]]
    _left_over: LeftOver
    """Of frames that were not drawn to their end."""
    _drawn = 0
    """The last fact that was shown before them."""
    takeover_reason = ""
    """Why this seat takes the session over, once `run` has returned `takeover`."""

    @abstractmethod
    def frame(self) -> None:
        """Take the feed's new facts, and show what they changed."""

    @abstractmethod
    def new_header(self) -> Header:
        """Return a header of this screen."""

    @abstractmethod
    def _show(self, touched: set[Topic] | None, tick: bool) -> None: ...

    @property
    def shown(self) -> int:
        """The number of the last fact that is shown: later ones may wait for a frame, or for the rest of one."""
        return self._drawn if self._left_over.times or self._pace.waits else self.session.seq

    @property
    def commander(self) -> Commander | None:
        """Where the feed's commands go."""
        return self._feed.commands

    @property
    def following(self) -> Next | None:
        """NEXT, as the header shows it."""
        return self._header.following

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self.size.width

    @property
    def theme_names(self) -> list[str]:
        """The themes that can be chosen."""
        return list(self._themes)

    @property
    def viewed_s(self) -> float:
        """The clock of messages, in seconds."""
        return self.transport.viewed_s if self.transport is not None else self.sight.clock()

    def say(self, text: str, role: Role = "text") -> None:
        """Show a message at the bottom for a few seconds; before the first frame, together with that."""
        if self.sight.session.opened is None:
            # The clock of messages is that of the session.
            self._early.append((text, role))
            return
        self.prompt.say(plain(text, 400), role, self.viewed_s)

    def ask(self, question: DialogQuestion) -> None:
        """Open a prompt for a line of text at the bottom."""
        self.prompt.ask(msgspec.structs.replace(question, done=self._as_shown(question.done)))

    def choose(
        self, title: str, ways: Sequence[Way], chosen: Callable[[str | None], None], details: Sequence[Line] = ()
    ) -> None:
        """Open a dialog with a few options."""
        self._open(Choice(self._paint, self.new_header(), self.sight.clock, title, ways, details), chosen)

    def confirm_run(self, sheet: RunSheet, done: Callable[[tuple[str, ...] | None], None]) -> None:
        """Open the dialog before a command runs."""
        self._open(Confirm(self._paint, self.new_header(), self.sight.clock, sheet), done)

    def choose_value(
        self, title: str, offered: Sequence[Option], default: str, chosen: Callable[[str | None], None]
    ) -> None:
        """Open the dialog that chooses one of a step's captured values."""
        wall = self.now.wall
        dialog = Choosing(self._paint, self.new_header(), self.sight.clock, title, offered, default, wall)
        self._open(dialog, chosen)

    @property
    def dialogs(self) -> list[Dialog[Any]]:
        """The open dialogs."""
        return [screen for screen in self.screen_stack if isinstance(screen, Dialog)]

    def _open(self, dialog: Dialog[Result], done: Callable[[Result | None], None]) -> None:
        dialog.header.show(self.lens, self.operator or "read-only")
        self.push_screen(dialog, self._as_shown(done))

    def copy(self, text: str) -> None:
        """Copy a text to the terminal's clipboard."""
        self.copy_to_clipboard(text)

    def ask_command(self, typed: str = "", notice: str = "") -> None:
        """Open the command line, prefilled with `typed`; its label begins with `notice`."""
        self.prompt.ask(command_question(self, typed, notice))

    def become_driver(self, reason: str) -> None:
        """Close the screen, to take the session over as its driver for a reason."""
        self.takeover_reason = reason
        self.exit("takeover")

    def leave(self, how: str, at_once: bool = False) -> None:
        """Close the screen as soon as the session shows it, or at once."""
        if at_once:
            self.exit(how)
        else:
            self._leaving = (how, self.sight.clock() + LEAVE_S)

    def _leave_when_recorded(self) -> None:
        if self._leaving is None or not self.operator:
            return
        how, deadline = self._leaving
        left = how != "ended" and self.operator not in self.session.operators
        recorded = self.session.closed is not None or left
        if recorded or self.sight.stalled_s or self.sight.clock() > deadline:
            self.exit(how)

    def show_message(self, whole: bool) -> bool:
        """Show the whole of a message that is cut, or one line of it again; False if nothing changes."""
        return self.prompt.show_message(whole)

    def toggle_freeze(self) -> None:
        """Freeze the display, or show what was queued meanwhile."""
        if self.sight.frozen_at is None:
            self.sight.freeze()
        else:
            self.sight.thaw()
        self._show(None, True)

    def look_through(self, lens: Lens) -> None:
        """Show everything with another lens: another clock or T0, or one that is out of date."""
        self.lens = lens
        self.board.see(lens=lens)
        self._show(None, True)

    def use_theme(self, name: str) -> bool:
        """Use another theme; False for an unknown one."""
        if name not in self._themes:
            return False
        self.theme = name
        self._paint = Paint.of(self._themes[name], self._no_color)
        for canvas in self.screen.query(Canvas):
            canvas.paint = self._paint
        self._show(None, True)
        return True
