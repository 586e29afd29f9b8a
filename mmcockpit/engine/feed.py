"""The live feed: gives the screen the engine's facts."""

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.feed import Batch
from mmcockpit.engine.engine import Engine


class EngineCommands:
    """Submits one operator's commands to the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.operator = engine.operator

    def submit(self, command: AnyCommand, saw: int | None = None) -> None:
        """Submit a command to the engine; returns at once."""
        self._engine.submit(command, saw)


class LiveFeed:
    """A running session, its facts from the engine and its commands to it."""

    transport = None
    rules = ""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.commands = EngineCommands(engine)

    def drain(self) -> Batch:
        """Return what happened since the last call, without blocking."""
        return self._engine.batch()
