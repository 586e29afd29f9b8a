"""The commands of a procedure in their order: which of them depend on a step before."""

from dataclasses import dataclass, field

from mmcockpit.config.markdown.headings import is_back
from mmcockpit.config.markdown.shell.cases import is_if, login_of
from mmcockpit.config.markdown.shell.commands import Shell
from mmcockpit.config.markdown.shell.state import ShellState


@dataclass(slots=True)
class CommandCourse:
    """What came before a command in its procedure."""

    back: bool
    """Whether the procedure is a rollback: `if it fails` before its first command is then no other case."""
    around: ShellState = field(default_factory=ShellState)
    _first: str | None = None

    def enter(self, title: str) -> None:
        """Take the title of a step, which may log in to a host."""
        if login := login_of(title):
            self.around.log_in(login)

    def place(self, shell: Shell) -> Shell:
        """Return a command as one that cannot run if it depends on a step before it; take what it changes itself."""
        if shell.label:
            return shell
        if self._first is None:
            self._first = shell.why if self.back and is_if(shell.why) else ""
        if shell.held and (shell.why == self._first or (self.back and is_back(shell.why))):
            shell = shell._replace(argv=shell.held, why="", held=())
        needed = self.around.needed_by(shell.written) if shell.argv else ""
        self.around.run(shell.written, block=False)
        return shell.only(f"depends on `{needed}` in a step before it") if needed else shell
