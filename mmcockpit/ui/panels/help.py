"""The help: the effective keys and the commands, grouped by what one does, filtered while one types."""

from collections.abc import Iterator
from typing import ClassVar

from rich.cells import cell_len

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import STATE_WORD
from mmcockpit.core.state.session import SESSION, Session, Topic
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.text import Line, pad, plain
from mmcockpit.ui.widgets.panel import Panel

HelpLine = tuple[str, str, str, str, bool, bool]
"""Group, keys, title, other words, whether this session allows it, and whether it needs the controls."""

WIDEST_KEYS = 34
LETTERS = "Letters of items"


class HelpPanel(Panel):
    """`options.rows` are the lines of the keys and commands, as `HelpLine`."""

    title = "Help"
    ages: ClassVar[bool] = False

    @property
    def watches(self) -> frozenset[Topic]:
        """Only the session: the help does not change."""
        return frozenset({SESSION})

    def summary(self, session: Session, now: Stamp) -> Line:
        """The keys to filter and to go back."""
        keys = self.lens.keys
        ways = [f"{keys[action]} {word}" for action, word in (("filter", "find"), ("back", "back")) if action in keys]
        return ((", ".join(ways), "muted"),)

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return one row for every key and command, below the heading of its group; with a filter those that match."""
        rows = self._wanted([*self.spec.options.get("rows", ()), *_letters()])
        room = max(12, min(WIDEST_KEYS, width * 2 // 5))
        wide = min(max((cell_len(row[1]) for row in rows), default=0), room) + 4
        lines: list[tuple[object, Line]] = []
        group = ""
        for name, keys, title, _, works, controls in rows:
            if name != group:
                group = name
                lines.append((("group", name), ((f" {name}", "accent"),)))
            possible = works and (self.lens.controls or not controls)
            without = f"{plain(session.controls, 20)} has the controls" if session.controls else "controls are free"
            why = without if works else "not in a read-only session"
            meaning = title if possible else f"{title} ({why})"
            lines.append(
                (
                    (name, keys, title),
                    (
                        (pad(f"   {keys}", wide), "strong" if possible else "muted"),
                        (f" {meaning}", "text" if possible else "muted"),
                    ),
                )
            )
        return Rows.of(lines or [("none", ((f" nothing here matches {self.filter}", "muted"),))])

    def matches(self, n: int) -> bool:
        """Whether a row is a key or a command: every one that is shown matches the filter."""
        key = self._list.keys[n]
        return isinstance(key, tuple) and key[0] != "group"

    def _filtered(self, rows: Rows) -> Rows:
        return rows

    def _wanted(self, rows: list[HelpLine]) -> list[HelpLine]:
        """Return the rows that match the filter; one character is a key if it is bound."""
        words = self.filter.casefold().split()
        bound = [row for row in rows if self.filter in row[1].split()] if len(self.filter) == 1 else []
        return bound or [row for row in rows if all(word in " ".join(row[:4]).casefold() for word in words)]


def _letters() -> Iterator[HelpLine]:
    for state, word in STATE_WORD.items():
        yield LETTERS, f"[{state.value}]", word, "state", True, False
    yield LETTERS, ">", "the row under the cursor", "cursor", True, False
    yield LETTERS, "ana*", "this person has the controls", "people", True, False


PANEL = HelpPanel
