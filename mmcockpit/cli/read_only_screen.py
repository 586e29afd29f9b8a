"""The read-only screen: a replay, or a session that another process runs."""

from collections.abc import Sequence
from pathlib import Path

from mmcockpit.cli.compiled import compiled_appearance, other_layouts
from mmcockpit.cli.leaving import Leaving
from mmcockpit.cli.screen import prepare_process, tell
from mmcockpit.cli.splash import handed_over
from mmcockpit.core.feed import Feed
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.journal.files import private_folder
from mmcockpit.journal.reader import Problem
from mmcockpit.journal.sessions import sessions_root


def look_on(
    feed: Feed, cockpit: Cockpit, path: Path, problems: Sequence[Problem], mouse: bool, notice: str = ""
) -> int:
    """Show the screen until the viewer leaves; return the exit code. First shows `notice` and unreadable lines."""
    outcome = sit(feed, cockpit, path, problems, mouse, notice)
    return outcome if isinstance(outcome, int) else 0


def sit(
    feed: Feed, cockpit: Cockpit, path: Path, problems: Sequence[Problem], mouse: bool, notice: str = ""
) -> int | str:
    """Show the screen of a seat until its person leaves; return the exit code, or why the seat is to take over."""
    prepare_process()
    from mmcockpit.ui.app import CockpitApp as Screen

    appearance = compiled_appearance(cockpit.theme)
    # Never beside the journal, which may belong to another user.
    folder = sessions_root().parent
    private_folder(folder)
    copies = folder / "copied.txt"
    screen = Screen(
        feed,
        cockpit.layout,
        appearance.themes,
        keymap=appearance.keymap,
        mouse=mouse,
        copy_file=copies,
        layouts=other_layouts(cockpit),
        attention=appearance.attention,
    )
    first = [notice, _unread(problems, path) if problems else "", *appearance.problems]
    if any(first):
        screen.say("; ".join(filter(None, first)), "warn")
    with Leaving(screen):
        screen.run()
    handed_over()
    if screen.return_value == "takeover":
        return screen.takeover_reason
    return 0 if screen.bug is None else tell(screen.bug, copies)


def _unread(problems: Sequence[Problem], path: Path) -> str:
    first, more = problems[0], f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"line {first.line} of the journal: {first.what}{more}; `mmcockpit verify {path.parent.name}` lists all"
