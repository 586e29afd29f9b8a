"""Prompts and dialogs as lines: each prints what it asks, and takes one line as the answer."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from mmcockpit.core.state.options import Option
from mmcockpit.ui.questions import DialogQuestion, RunSheet, Way
from mmcockpit.ui.render.release import known_words, since_words
from mmcockpit.ui.render.shell_quote import command_lines
from mmcockpit.ui.render.text import Line, plain

WIDTH = 100
"""Columns after which a long command continues on the next line."""

CANCELS = "an empty line cancels"


class LineReply(NamedTuple):
    """The reply to an answer: what it does once the question is closed (None: it stays open), and what is printed."""

    done: Callable[[], None] | None = None
    says: str = ""


class LineQuestion(Protocol):
    """A question that is open."""

    def lines(self) -> Iterator[str]:
        """Yield what is asked."""
        ...

    def take(self, text: str) -> LineReply:
        """Take one line as the answer."""
        ...


class TextQuestion:
    """A prompt for a text."""

    def __init__(self, question: DialogQuestion) -> None:
        self._question = question

    def lines(self) -> Iterator[str]:
        """Yield the label, and what is offered."""
        for line in self._question.changed(""):
            yield flat(line)
        yield f"? {self._question.label} ({'an empty line leaves it out' if self._question.empty else CANCELS})"

    def take(self, text: str) -> LineReply:
        """Take the text; the best of what is offered for it counts, as on the screen."""
        question = self._question
        if not text and not question.empty:
            return LineReply(question.cancelled)
        return LineReply(lambda: question.done(text, 0))


class ChoiceQuestion:
    """A dialog with a few options, by number, key or word."""

    def __init__(
        self, title: str, ways: Sequence[Way], chosen: Callable[[str | None], None], details: Sequence[Line]
    ) -> None:
        self._title, self._ways, self._chosen, self._details = title, ways, chosen, details

    def lines(self) -> Iterator[str]:
        """Yield the question, its details and the options with their numbers."""
        for line in self._details:
            yield flat(line)
        yield f"? {self._title}"
        for n, way in enumerate(self._ways, 1):
            yield f"  {n} {way.word}{f': {way.means}' if way.means else ''}"
        yield f"? a number or a word; {CANCELS}"

    def take(self, text: str) -> LineReply:
        """Take the option with this number, key or word."""
        if not text:
            return LineReply(lambda: self._chosen(None), "cancelled")
        wanted = text.casefold()
        for n, way in enumerate(self._ways, 1):
            if wanted in (str(n), way.key.casefold(), way.word.casefold()):
                return LineReply(partial(self._chosen, way.word))
        return LineReply(says=f"{plain(text, 40)!r} is not an option: {', '.join(way.word for way in self._ways)}")


class RunQuestion:
    """The question before a command runs: exactly what runs and where, and the texts that have to be typed."""

    def __init__(self, sheet: RunSheet, done: Callable[[tuple[str, ...] | None], None]) -> None:
        self._sheet, self._done = sheet, done
        self._typed: list[str] = []

    def lines(self) -> Iterator[str]:
        """Yield the command and its circumstances, or what is still to be typed."""
        sheet = self._sheet
        if not self._typed:
            yield f"? {sheet.title}"
            yield from (f"    {line}" for line in command_lines(sheet.argv, WIDTH))
            yield from (f"  {label + ':' if label else ' '} {text}" for label, text, _ in (*sheet.known, *sheet.live()))
        if locked := sheet.locked():
            yield f"? locked: {locked}; {CANCELS}"
        elif len(self._typed) < len(sheet.typed):
            yield f"? type {sheet.typed[len(self._typed)]} to {sheet.verb.casefold()} it, {sheet.means}; {CANCELS}"
        else:
            yield f"? type {sheet.verb.casefold()} to {sheet.verb.casefold()} it, {sheet.means}; {CANCELS}"

    def take(self, text: str) -> LineReply:
        """Take the next text that has to be typed, or the word that confirms."""
        sheet = self._sheet
        if not text:
            return LineReply(lambda: self._done(None))
        if locked := sheet.locked():
            return LineReply(says=locked)
        wanted = sheet.typed[len(self._typed)] if sheet.typed else sheet.verb
        if text != wanted and (sheet.typed or text.casefold() != wanted.casefold()):
            return LineReply(says=f"{plain(text, 60)!r} is not {wanted!r}, letter for letter; {sheet.cancels}")
        if sheet.typed:
            self._typed.append(text)
        if len(self._typed) < len(sheet.typed):
            return LineReply()
        return LineReply(lambda: self._done(tuple(self._typed)))


class ValueQuestion:
    """The choice of one of a step's captured values."""

    def __init__(
        self, title: str, offered: Sequence[Option], default: str, chosen: Callable[[str | None], None], wall: float
    ) -> None:
        self._title, self._offered, self._default, self._chosen = title, offered, default, chosen
        self._wall = wall

    def lines(self) -> Iterator[str]:
        """Yield each value with what is known of it; the one that is known to have been good is named."""
        yield f"? {self._title}"
        for one in self._offered:
            about = [one.image, one.cause, since_words(one.since, self._wall), known_words(one, self._wall)[0]]
            yield f"  {plain(one.value, 40)}: {', '.join(plain(text, 120) for text in about if text)}"
        good = f"{self._default} was good before" if self._default else "no value is known to have been good"
        yield f"? one of these values; {good}; {CANCELS}"

    def take(self, text: str) -> LineReply:
        """Take a value; the one in use now cannot be chosen."""
        if not text:
            return LineReply(lambda: self._chosen(None))
        one = next((one for one in self._offered if one.value == text), None)
        if one is None:
            return LineReply(says=f"{plain(text, 40)!r} is not one of the values")
        if one.running:
            return LineReply(says=f"{plain(text, 40)} runs now: choosing it would change nothing")
        return LineReply(lambda: self._chosen(text))


def flat(line: Line) -> str:
    """Return a line of the screen as plain text."""
    return "".join(text for text, _ in line).rstrip()
