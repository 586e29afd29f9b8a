"""The help: the effective keys, and the commands."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import SESSION, Session, Topic
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.text import Line, pad
from mmcockpit.ui.widgets.panel import Panel

LETTERS = (
    ("[ ]", "open"),
    ("[x]", "done manually"),
    ("[+]", "sensed, passes"),
    ("[!]", "failing"),
    ("[?]", "no data or stale: never go"),
    ("[R]", "regressed: was satisfied, is not any more"),
)


class HelpPanel(Panel):
    """`options.rows` are tuples of group, keys, title, and whether this session allows it."""

    title = "Help"
    ages = False

    @property
    def watches(self) -> frozenset[Topic]:
        """Only the session: the help does not change."""
        return frozenset({SESSION})

    def summary(self, session: Session, now: Stamp) -> Line:
        """The keys to go back and to filter."""
        return (("Esc goes back, / filters", "muted"),)

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return one row for every key and command, below the name of its group."""
        lines: list[tuple[object, Line]] = []
        group = ""
        wide = 26 if width >= 70 else 18
        for name, keys, title, possible in self.spec.options.get("rows", ()):
            if name != group:
                group = name
                lines.append((("group", name), ((f" {name}", "accent"),)))
            meaning = title if possible else f"{title} (not in a read-only session)"
            role = "strong" if possible else "muted"
            lines.append(
                ((name, keys, title), ((pad(f"   {keys}", wide), role), (meaning, "text" if possible else "muted")))
            )
        lines.append((("group", "letters"), ((" State letters", "accent"),)))
        lines += [(letter, ((pad(f"   {letter}", wide), "strong"), (words, "text"))) for letter, words in LETTERS]
        return Rows.of(lines)


PANEL = HelpPanel
