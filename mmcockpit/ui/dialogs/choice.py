"""The dialog with a few options, each with its key and its meaning."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key

from mmcockpit.ui.dialogs.dialog import Dialog
from mmcockpit.ui.questions import WIDTH, Way
from mmcockpit.ui.render.text import Line, fit, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.unknown_keys import unknown_key
from mmcockpit.ui.widgets.canvas import Row
from mmcockpit.ui.widgets.header import Header

FEWEST_LINES = 2
"""Lines of the text that stay visible, however many options there are."""

WORD = 6
"""The least width of the words of the options."""


class Choice(Dialog[str]):
    """A dialog of options, dismissed with the word of one; the first has the focus, and Esc chooses it.

    `details` are shown between the question and the options, as many as fit; PgDn shows the rest.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "pick(0)"),
        Binding("enter", "take"),
        Binding("up,k,shift+tab", "move(-1)"),
        Binding("down,j,tab", "move(1)"),
        Binding("pagedown", "scroll_by(5)"),
        Binding("pageup", "scroll_by(-5)"),
    ]

    def __init__(
        self,
        paint: Paint,
        header: Header,
        clock: Callable[[], float],
        question: str,
        answers: Sequence[Way],
        details: Sequence[Line] = (),
    ) -> None:
        super().__init__(paint, header, clock)
        self._details = details
        self._top = self._at = 0
        self._question = question
        self._answers = answers
        self._word = max(WORD, *(len(answer.word) for answer in answers if answer.means), 0)
        self._note = ""
        for n, answer in enumerate(answers):
            self._bindings.bind(answer.key, f"pick({n})")

    def on_key(self, event: Key) -> None:
        """Show why a key does nothing: only lower-case letters choose, and Caps Lock may be on."""
        known = {"j", "k", "q", *(answer.key for answer in self._answers)}
        self._note = unknown_key(event.character, known)
        self.draw()

    def action_move(self, by: int) -> None:
        """Move the cursor to another option."""
        if not self.unseen:
            self._at = (self._at + by) % len(self._answers)
            self.draw()

    def action_scroll_by(self, rows: int) -> None:
        """Scroll the text."""
        self._top = max(0, self._top + rows)
        self.draw()

    def action_take(self) -> None:
        """Choose the option under the cursor."""
        self.action_pick(self._at)

    def action_pick(self, n: int) -> None:
        """Choose an option."""
        if not self.unseen:
            self.dismiss(self._answers[n].word)

    @property
    def _box_width(self) -> int:
        return WIDTH + 2

    def rows(self, width: int, height: int) -> list[Row]:
        """Return the text, a note, and the options."""
        text: list[Line] = [((f" {line}", "strong"),) for line in wrap(self._question, max(10, width - 2))]
        text += self._details
        options = self._options(width, height - 1 - min(len(text), FEWEST_LINES + 1))
        note: Row = (((f" {self._note}", "warn"),), "base")
        return [*self._shown(text, height - 1 - len(options)), note, *options]

    def _shown(self, text: Sequence[Line], room: int) -> list[Row]:
        """Return the lines that fit; the last row shows which of how many."""
        shown = len(text) if len(text) <= room else max(room - 1, 1)
        self._top = max(0, min(self._top, len(text) - shown))
        rows: list[Row] = [(line, "base") for line in text[self._top : self._top + shown]]
        if shown < len(text):
            place = f"  {self._top + 1}-{self._top + shown} of {len(text)}; PgDn, PgUp"
            rows.append((((place, "muted"),), "base"))
        return rows

    def _options(self, width: int, room: int) -> list[Row]:
        """Return the options: their meaning in full if there is room, else in one row each, around the cursor."""
        full = [self._option(n, width) for n in range(len(self._answers))]
        if sum(map(len, full)) <= room:
            return [row for rows in full for row in rows]
        short = [self._short(n, width) for n in range(len(self._answers))]
        first = max(0, min(self._at - room // 2, len(short) - room))
        return short[first : first + max(1, room)]

    def _head(self, n: int) -> str:
        answer = self._answers[n]
        return f"{'>' if n == self._at else ' '} {answer.key}  {answer.word:<{self._word}} "

    def _option(self, n: int, width: int) -> list[Row]:
        ground, head = "cursor" if n == self._at else "base", self._head(n)
        means = wrap(self._answers[n].means, max(10, width - len(head)))
        rows: list[Row] = [(((head, "focus"), (means[0], "text")), ground)]
        return rows + [(((" " * len(head), "text"), (more, "text")), ground) for more in means[1:]]

    def _short(self, n: int, width: int) -> Row:
        line: Line = ((self._head(n), "focus"), (self._answers[n].means, "text"))
        return fit(line, width), "cursor" if n == self._at else "base"
