"""A Textual application whose one label counts the keys j and k: the yardstick for keys."""

from textual.app import App, ComposeResult
from textual.widgets import Label


class Counter(App[None]):
    """One label that changes with every key."""

    BINDINGS = [("j", "add(1)"), ("k", "add(-1)")]  # noqa: RUF012 - Textual's own shape

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def compose(self) -> ComposeResult:
        """Show the label."""
        yield Label("ready 0")

    def action_add(self, step: int) -> None:
        """Count and show."""
        self.count += step
        self.query_one(Label).update(f"ready {self.count}")


if __name__ == "__main__":
    Counter().run()
