"""The runs of procedures in a report: every attempt of every step, with its output."""

from dataclasses import dataclass, field

from mmcockpit.core.facts.procedures import ProcedureClosed
from mmcockpit.core.model.states import StepState
from mmcockpit.core.words.facts.procedures import procedure_end
from mmcockpit.report.times import When

TONES = {
    StepState.OK: "pass",
    StepState.FAILED: "fail",
    StepState.UNKNOWN: "unknown",
    StepState.SKIPPED: "warn",
    StepState.ABANDONED: "warn",
    StepState.RUNNING: "warn",
    StepState.WAITING: "warn",
    StepState.RETRYING: "warn",
}


@dataclass(slots=True)
class Tried:
    """One attempt of a step, run or set manually: its command, where it ran, its output, and how it ended."""

    step: str
    title: str
    when: When
    state: StepState
    by: str = ""
    because: str = ""
    argv: tuple[str, ...] = ()
    where: str = ""
    exit: int | None = None
    ms: float = 0.0
    file: str = ""
    dropped: int = 0
    values: dict[str, str] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """The colour of the step's state."""
        return TONES.get(self.state, "text")


@dataclass(slots=True)
class Followed:
    """One run of a procedure; `closed` and `ended` are None while it is open."""

    id: str
    title: str
    when: When
    by: str
    closed: ProcedureClosed | None = None
    ended: When | None = None
    tried: list[Tried] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    @property
    def end(self) -> str:
        """How it ended; empty while it is open."""
        return procedure_end(self.closed) if self.closed is not None else ""

    @property
    def done(self) -> bool:
        """Whether it was done to its end."""
        return self.closed is not None and not self.closed.abandoned

    def latest(self, step: str) -> Tried | None:
        """Return the latest attempt of a step."""
        return next((one for one in reversed(self.tried) if one.step == step), None)
