"""The bottom line: hints and messages, or one prompt with its input; above it the palette."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from textual.app import ComposeResult
from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input

from mmcockpit.ui.dialogs.key_guard import Unseen
from mmcockpit.ui.dialogs.palette import Palette
from mmcockpit.ui.questions import DialogQuestion
from mmcockpit.ui.render.footer import Hint, footer_line
from mmcockpit.ui.render.text import Line, fit, spread, typed_text, width_of, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Canvas

LONGEST_LINE = 2_000
MESSAGE_S = 8.0
WHOLE_S = 30.0
"""Seconds that a message stays, and one that is shown whole."""

FEWEST_TYPED, LABEL_END = 12, 22
"""Columns that the label leaves to the typed text, and the characters at its end that are shown in any case."""

LETTERS_A_SECOND = 12
SERIOUS_S = 12.0


def message_s(text: str, role: str) -> float:
    """Return for how many seconds a message is shown: longer for a longer text, a warning or a failure."""
    least = SERIOUS_S if role in ("warn", "fail") else MESSAGE_S
    return min(max(least, len(text) / LETTERS_A_SECOND), WHOLE_S)


class Answer(Input):
    """The input line; it handles the prompt's keys itself, in their order with the letters.

    Keys can come in a burst: a priority binding would complete a line before its letters arrive. Enter submits the text
    before the next key is handled, and a key that arrives while the prompt closes is passed to the application.
    """

    def __init__(self, keys: Mapping[str, Callable[[], None]], asking: Callable[[], bool], *, id: str) -> None:
        super().__init__(id=id, max_length=LONGEST_LINE, select_on_focus=False)
        self._keys = keys
        self._asking = asking
        self.handled = asyncio.Event()

    def validate_value(self, value: str) -> str:
        """Replace characters that terminals do not show as themselves: pasted text may hold controls and bidi marks."""
        return typed_text(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of the line; the text is cleaned first, so that the cursor stays right."""
        super().replace(typed_text(text), start, end)

    def on_key(self, event: Key) -> None:
        """Handle the question's own keys; return keys to the application that no longer belong to an answer."""
        if not self._asking():
            event.prevent_default().stop()
            self.app.post_message(Key(event.key, event.character))
        elif event.key in self._keys:
            event.prevent_default().stop()
            self._keys[event.key]()
        self.handled.set()


class Prompt(Widget):
    """Shows hints and messages, or a prompt while one is open."""

    DEFAULT_CSS = """
    Prompt { dock: bottom; height: 1; width: 1fr; layout: horizontal; }
    Prompt #label { width: 1; height: 1; display: none; }
    Prompt Answer, Prompt Answer:focus { border: none; height: 1; width: 1fr; padding: 0; background: $surface; }
    Prompt Answer { display: none; }
    """

    def __init__(self, paint: Paint, palette: Palette, clock: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__()
        self._unseen = Unseen(clock)
        self._keys_here: Sequence[Hint] = ()
        self._progress = ""
        self._whole = False
        self.more_key = ""
        self._message: Line = ()
        self._until = 0.0
        self._now = 0.0
        self._hints = Canvas(paint, id="hints")
        self._label = Canvas(paint, id="label")
        keys: dict[str, Callable[[], None]] = {
            **dict.fromkeys(("escape", "ctrl+c"), self._give_up),
            "enter": self._submit,
            "tab": self._complete,
            "up": lambda: self._choose(-1),
            "down": lambda: self._choose(1),
            "ctrl+p": lambda: self._recall(-1),
            "ctrl+n": lambda: self._recall(1),
        }
        self._answer = Answer(keys, lambda: self.asking, id="answer")
        self._answer.cursor_blink = False
        self._palette = palette
        self._question: DialogQuestion | None = None
        self._whole_label = ""
        self._offered = ""
        self._past: list[str] = []
        self._recalled = 0

    def compose(self) -> ComposeResult:
        """Yield the hints, and the prompt's label and input; only one of the two is visible."""
        yield self._hints
        yield self._label
        yield self._answer

    @property
    def asking(self) -> bool:
        """Whether a prompt is open."""
        return self._question is not None

    def next_handled(self) -> asyncio.Event:
        """Return what is set once the input line has handled the next key."""
        self._answer.handled = asyncio.Event()
        return self._answer.handled

    def say(self, text: str, role: str, now: float) -> None:
        """Show a message in place of the hints and of the message before, for seconds of `now`'s clock.

        An empty text only removes the message before.
        """
        self._fold_message()
        self._message, self._until = ((f" {text}", role),), now + (message_s(text, role) if text else 0.0)
        self.tick(now)

    def show_message(self, whole: bool) -> bool:
        """Show all lines of a message that is cut, above the bottom line, or only one again; False if it is so."""
        width = self._hints.size.width
        cut = bool(self._message) and self._now < self._until and width_of(self._message) > width
        if whole == self._whole or (whole and (not cut or self.asking)):
            return False
        if whole:
            text, role = self._message[0]
            lines: list[Line] = [((f" {line}", role),) for line in wrap(text.strip(), width - 3)]
            self._whole, self._until = True, self._now + WHOLE_S
            self._palette.offer(lines, choosable=False)
        else:
            self._fold_message()
        self.tick(self._now)
        return True

    def _fold_message(self) -> None:
        if self._whole:
            self._whole = False
            self._palette.offer(())

    def hint(self, hints: Sequence[Hint], progress: str = "") -> None:
        """Set what is shown while there is no message: the keys that work here, and a progress text."""
        self._keys_here, self._progress = hints, progress
        self.tick(self._now)

    def tick(self, now: float) -> None:
        """Draw the hints, or the message until it expires."""
        self._now = now
        width = self._hints.size.width
        if now >= self._until:
            self._fold_message()
        if width:
            self._hints.put([(fit(self._said(width) if now < self._until else self._idle(width), width), "bar")])

    def _said(self, width: int) -> Line:
        """Return the message; one that is cut ends in the key that shows the whole."""
        if width_of(self._message) <= width or not self.more_key:
            return self._message
        more: Line = ((f" {self.more_key} {'less' if self._whole else 'more'} ", "accent"),)
        return (*fit(self._message, width - width_of(more)), *more)

    def _idle(self, width: int) -> Line:
        right: Line = ((f" {self._progress} ", "accent"),) if self._progress else ()
        return spread(footer_line(self._keys_here, width - width_of(right)), right, width)

    def on_resize(self) -> None:
        """Draw in the new width."""
        self._put_label(self._whole_label)
        self.call_after_refresh(lambda: self.tick(self._now))

    def ask(self, question: DialogQuestion) -> None:
        """Open a prompt; the text goes to the question's `done`."""
        self._fold_message()
        self._question = question
        self._recalled = len(self._past)
        self._unseen.begin()
        self._swap(True)
        self._put_label(f" {typed_text(question.label)} ")
        self._answer.value = question.value
        self._answer.cursor_position = len(question.value)
        # At once, not with the next message: a key typed fast must not reach the actions.
        self.screen.set_focus(self._answer, scroll_visible=False)
        self._offer(question, question.value)

    def _give_up(self) -> None:
        """Cancel the prompt."""
        question = self._close()
        if question is not None:
            question.cancelled()

    def _complete(self) -> None:
        """Complete the line as far as possible."""
        if self._question is not None:
            self._keep_up(self._question)
            self._fill(self._question.complete(self._answer.value, self._palette.chosen))

    def _choose(self, by: int) -> None:
        """Choose another row of the palette."""
        self._palette.move(by)

    def _recall(self, by: int) -> None:
        """Recall an earlier line."""
        if self._question is not None and self._question.history and self._past:
            self._recalled = max(0, min(len(self._past) - 1, self._recalled + by))
            self._fill(self._past[self._recalled])

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass the typed text to the question, and show its matches."""
        event.stop()
        if self._question is not None:
            self._keep_up(self._question)

    def _keep_up(self, question: DialogQuestion) -> None:
        """Show the matches of the current line: keys typed in a burst are ahead of their change messages."""
        if self._answer.value != self._offered:
            self._offer(question, self._answer.value)

    def _offer(self, question: DialogQuestion, text: str) -> None:
        self._offered = text
        self._palette.offer(question.changed(text))

    def _submit(self) -> None:
        """Submit the text."""
        question = self._question
        if question is not None:
            self._keep_up(question)
        chosen, value = self._palette.chosen, self._answer.value
        if (
            question is not None
            and (value.strip() or question.empty)
            and self._unseen
            and question.settles(value.strip(), chosen)
        ):
            self._put_label(f" Ignored: answered too quickly. Press Enter again. {typed_text(question.label)} ")
            return
        if question is None or (not value.strip() and not question.empty):
            self._give_up()
            return
        if question.history:
            self._past.append(value)
        self._close()
        question.done(value.strip(), chosen)

    def _put_label(self, label: str) -> None:
        """Show what is asked for; what has no room is cut out of its middle, because its end is what to type."""
        self._whole_label = label
        room = max(self.size.width - FEWEST_TYPED, LABEL_END + 2)
        if len(label) > room:
            label = f"{label[: room - LABEL_END - 1]}…{label[-LABEL_END:]}"
        self._label.styles.width = len(label)
        self._label.put([(((label, "accent"),), "bar")])

    def _fill(self, value: str) -> None:
        self._answer.value = value
        self._answer.cursor_position = len(value)

    def _close(self) -> DialogQuestion | None:
        question, self._question = self._question, None
        self._swap(False)
        self._palette.offer(())
        self.screen.set_focus(None)
        return question

    def _swap(self, asking: bool) -> None:
        self._hints.display = not asking
        self._label.display = self._answer.display = asking
        self.call_after_refresh(lambda: self.tick(self._now))
