"""The kinds of facts that procedures make."""

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.states import StepState


class ProcedureQueued(Body, frozen=True):
    """An abort rule or a firing alert calls for a procedure, or something else does as well, or one of them no longer.

    `causes` are what calls for it: `abort SIGNAL`, or `alert SIGNAL` with the signal that lists the alerts.
    """

    procedure: str
    because: str
    causes: tuple[str, ...] = ()


class ProcedureUnqueued(Body, frozen=True):
    """What called for a procedure is gone."""

    procedure: str


class ProcedureOpened(Body, frozen=True):
    """An operator began a procedure."""

    procedure: str
    by: str


class ProcedureClosed(Body, frozen=True):
    """A procedure is over: every step is done or skipped, or it was abandoned for a reason."""

    procedure: str
    abandoned: bool = False
    by: str = ""
    reason: str = ""


class StepChanged(Body, frozen=True):
    """A step of a procedure changed: to what, by whom or because of what.

    Started, it says exactly what runs: `argv` and the API server it is for, `where`. Ended, the `exit` code (minus the
    signal's number where one ended it), `ms`, what it captured by name (`found`: everything that matched, `values`:
    what was taken, `details`: what named groups matched beside each of `found`), and the file that holds `output` too
    long for the journal. Running with an exit code, it waits for its signal.
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


class StepOutput(Body, frozen=True):
    """Lines that a running step wrote; `dropped` counts lines that are only in its file."""

    procedure: str
    step: str
    text: str
    error: bool = False
    dropped: int = 0


class StepProcess(Body, frozen=True):
    """The process of a step's command on `host`: it was started (`runs` is None), or a resumed session looked for it.

    `started` tells it from a later process with the same number.
    """

    procedure: str
    step: str
    pid: int
    started: str
    host: str = ""
    runs: bool | None = None


class StepsRepeated(Body, frozen=True):
    """An operator took an open procedure back to a step: it and all behind it are to be done again."""

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
    """A message about a `change` went out: `to` the clipboard or the webhook; `failed` says why it did not."""

    message: str
    change: str
    text: str
    to: str
    by: str
    failed: str = ""
