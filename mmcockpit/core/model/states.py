"""The states of sessions and items, and the kinds of advice."""

from enum import StrEnum


class SessionMode(StrEnum):
    """What the session is about; it stands at the far left of the screen."""

    LIVE = "live"
    REHEARSAL = "rehearsal"
    DEMO = "demo"


class State(StrEnum):
    """How an item stands: the letter in brackets survives monochrome, grep and a projector."""

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
    """What an operator says of an item."""

    DONE = "done"
    OVERRIDE = "override"
    NOT_APPLICABLE = "not applicable"
    DEFER = "defer"
    BLOCK = "block"
    CLAIM = "claim"
    VERIFY = "verify"
    UNDO = "undo"


class Advice(StrEnum):
    """What the cockpit advises; a human decides."""

    GO = "GO"
    HOLD = "HOLD"
    NO_GO = "NO-GO"
    FIX_FORWARD = "NO-GO: FIX FORWARD"
    ROLLBACK = "ROLLBACK"


class StepState(StrEnum):
    """How a step of a procedure stands."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
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
"""Marks that stand until they are undone or run out, and the state they make."""

STATE_WORD = {
    State.OPEN: "open",
    State.DONE: "done by hand",
    State.GOOD: "sensed good",
    State.BAD: "sensed bad",
    State.UNKNOWN: "unknown",
    State.REGRESSED: "regressed: was satisfied, is not any more",
    State.HOLDING: "good, holding",
    State.OVERRIDDEN: "overridden",
    State.NOT_APPLICABLE: "not applicable",
    State.DEFERRED: "deferred",
    State.BLOCKED: "blocked",
    State.WAITING: "waits for a second person",
}
