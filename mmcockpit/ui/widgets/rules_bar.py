"""The bars of a replay, and the results of other rules if it is judged by them too."""

from collections.abc import Iterator

from mmcockpit.core.feed import Feed, Otherwise
from mmcockpit.core.model.states import Advice
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.verdicts import advice_word, outcome_text
from mmcockpit.ui.render.advice import ROLE
from mmcockpit.ui.render.text import Line, Span, fit, plain
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.widgets.canvas import Canvas
from mmcockpit.ui.widgets.transport_bar import TransportBar


class RulesBar(Canvas):
    """One line above the transport bar; always shown, so that nothing moves when the results start to differ."""

    DEFAULT_CSS = "RulesBar { dock: bottom; height: 1; margin: 0 0 2 0; width: 1fr; }"

    def __init__(self, paint: Paint, sight: Sight) -> None:
        super().__init__(paint, id="rules")
        self._sight = sight

    def follow(self) -> None:
        """Draw the rules' results; unchanged cells are not repainted."""
        if self.size.width and self._sight.otherwise is not None:
            self.put([(rules_line(self._sight.otherwise, self._sight.session, self.size.width), "bar")])

    def on_resize(self) -> None:
        """Draw in the new width."""
        self.follow()


def bars(feed: Feed, paint: Paint, sight: Sight) -> list[TransportBar | RulesBar]:
    """Return the bars between the board and the bottom line, from the bottom up."""
    shown: list[TransportBar | RulesBar] = []
    if feed.transport is not None:
        shown.append(TransportBar(paint, feed.transport))
    if feed.rules:
        shown.append(RulesBar(paint, sight))
    return shown


def rules_line(other: Otherwise, session: Session, width: int) -> Line:
    """Return the line in `width` cells: the rules' advice if it differs, then what else they judge differently."""
    named: Span = (f" by {plain(other.rules, 30)}: ", "muted")
    differ = list(_differ(other, session))
    if other.advice:
        recorded = advice_word(session.advised.advice) if session.advised else "nothing"
        role = f"{ROLE[other.advice]}-badge" if isinstance(other.advice, Advice) else "badge"
        head: Line = (named, (f" {outcome_text(other.advice)} ", role), (f" instead of {recorded}", "strong"))
    elif differ:
        head = (named, ("the same advice", "text"))
    else:
        return fit((named, ("no difference", "muted")), width)
    return fit((*head, ("".join(f" · {one}" for one in differ), "text")), width)


def _differ(other: Otherwise, session: Session) -> Iterator[str]:
    """Yield each signal and item that is judged differently, by its title, with the rules' result."""
    for name, level in other.signals:
        signal = session.signals.get(name)
        yield plain(f"{signal.signal.title if signal else name} {outcome_text(level)}", 40)
    for name, state in other.items:
        item = session.items.get(name)
        title = f"{item.item.number} {item.item.title}" if item else name
        yield plain(f"{outcome_text(state)} {title}", 40)
