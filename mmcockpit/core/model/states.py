"""The states of sessions, items and steps, the marks of operators, and the kinds of advice."""

from enum import StrEnum


class SessionMode(StrEnum):
    """Whether a session is live, a rehearsal or a demo; shown at the far left of the screen."""

    LIVE = "live"
    REHEARSAL = "rehearsal"
    DEMO = "demo"


class State(StrEnum):
    """The state of an item; its letter in brackets can be read without colour and searched with grep."""

    OPEN = " "
    DONE = "x"
    GOOD = "+"
    HOLDING = "~"
    BAD = "!"
    UNKNOWN = "?"
    REGRESSED = "R"
    OVERRIDDEN = "o"
    NOT_APPLICABLE = "-"
    DEFERRED = ">"
    BLOCKED = "#"
    WAITING = "2"


class Mark(StrEnum):
    """The marks that an operator can set on an item."""

    DONE = "done"
    OVERRIDE = "override"
    NOT_APPLICABLE = "not applicable"
    DEFER = "defer"
    BLOCK = "block"
    CLAIM = "claim"
    VERIFY = "verify"
    UNDO = "undo"


class Advice(StrEnum):
    """The advice of the cockpit; an operator decides."""

    GO = "GO"
    HOLD = "HOLD"
    NO_GO = "NO-GO"
    FIX_FORWARD = "NO-GO: FIX FORWARD"
    ROLLBACK = "ROLLBACK"


class StepState(StrEnum):
    """The state of a step of a procedure."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    RETRYING = "retrying"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    ABANDONED = "abandoned"
    UNKNOWN = "outcome unknown"


SATISFIED = frozenset({State.DONE, State.GOOD, State.OVERRIDDEN, State.NOT_APPLICABLE, State.DEFERRED})
"""States in which an item does not keep its gate closed."""

STANDING = {
    Mark.OVERRIDE: State.OVERRIDDEN,
    Mark.NOT_APPLICABLE: State.NOT_APPLICABLE,
    Mark.DEFER: State.DEFERRED,
    Mark.BLOCK: State.BLOCKED,
}
"""Marks that are in force until they are undone or expire, and the state of the item under each."""

STATE_WORD = {
    State.OPEN: "open",
    State.DONE: "done manually",
    State.GOOD: "sensed, passes",
    State.BAD: "failing",
    State.UNKNOWN: "unknown",
    State.REGRESSED: "regressed: was satisfied, is not any more",
    State.HOLDING: "passes, settling",
    State.OVERRIDDEN: "overridden",
    State.NOT_APPLICABLE: "not applicable",
    State.DEFERRED: "deferred",
    State.BLOCKED: "blocked",
    State.WAITING: "needs a second person",
}
