"""The facts of procedures."""

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.facts.reasons import Reason, ReasonKind
from mmcockpit.core.model.states import StepState


class Cause(msgspec.Struct, frozen=True):
    """What calls for a procedure: an abort rule (ABORT), alerts that a signal lists (ALERT), a failed step (STEP).

    `signal` is the one of the rule, the one with the list, or `procedure/step`.
    """

    kind: ReasonKind
    signal: str


class ProcedureQueued(Body, frozen=True):
    """A procedure was called for, for a reason, or its causes changed; `causes` are all present ones."""

    procedure: str
    reason: Reason
    causes: tuple[Cause, ...] = ()


class ProcedureUnqueued(Body, frozen=True):
    """No cause calls for the procedure any more."""

    procedure: str


class ProcedureOpened(Body, frozen=True):
    """An operator started a procedure."""

    procedure: str
    by: str


class ProcedureClosed(Body, frozen=True):
    """A procedure ended: every step is done or skipped, or it was abandoned for a reason."""

    procedure: str
    abandoned: bool = False
    by: str = ""
    reason: str = ""


class StepChanged(Body, frozen=True):
    """A step of a procedure changed its state: the new state, and who or what changed it.

    On start: `argv`, the exact command, and `where`, the API server it runs against. At the end: the `exit` code (minus
    the signal's number where a signal ended it), `ms`, the captures by name (`found`: all matches, `values`: the chosen
    ones, `details`: the named groups of each match in `found`), and the file with the `output` that is too long for the
    journal. A running step with an exit code waits for its signal. `attempt` counts the starts after one confirmation,
    also that of an attempt which failed because it could not start.
    """

    procedure: str
    step: str
    now: StepState
    by: str = ""
    because: str = ""
    argv: tuple[str, ...] = ()
    where: str = ""
    exit: int | None = None
    ms: float = 0.0
    found: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    values: dict[str, str] = msgspec.field(default_factory=dict)
    output: str = ""
    details: dict[str, tuple[dict[str, str], ...]] = msgspec.field(default_factory=dict)
    attempt: int = 0


class StepOutput(Body, frozen=True):
    """Lines of output of a running step; `dropped` counts lines that are only in its output file."""

    procedure: str
    step: str
    text: str
    error: bool = False
    dropped: int = 0


class StepProcess(Body, frozen=True):
    """The process of a step's command on `host`: it was started (`runs` is None), or a resumed session checked it.

    `started` distinguishes it from a later process with the same PID.
    """

    procedure: str
    step: str
    pid: int
    started: str
    host: str = ""
    runs: bool | None = None


class StepsRepeated(Body, frozen=True):
    """An operator reset an open procedure to a step: this step and all later ones have to be repeated."""

    procedure: str
    step: str
    by: str
    reason: str


class ValueChosen(Body, frozen=True):
    """An operator chose one of the captured values."""

    procedure: str
    name: str
    value: str
    by: str


class MessageSent(Body, frozen=True):
    """A message about a `change` was sent: `to` is the clipboard or a channel; `failed` is why it failed."""

    message: str
    change: str
    text: str
    to: str
    by: str
    failed: str = ""
