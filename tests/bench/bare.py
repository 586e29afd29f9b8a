"""The smallest Textual application: what every figure is compared with."""

from textual.app import App, ComposeResult
from textual.widgets import Label


class Bare(App[None]):
    """One label."""

    def compose(self) -> ComposeResult:
        """Show the label."""
        yield Label("ready")


if __name__ == "__main__":
    Bare().run()
