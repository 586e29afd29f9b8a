"""Refusals: why a command was not carried out, as a value; `core/words/refusals.py` has the sentence of each code."""

from enum import StrEnum, auto

import msgspec


class Code(StrEnum):
    """The reasons for which a command is refused; a code stays once it is in a journal."""

    RECORDED_TEXT = auto()
    """The sentence of an earlier journal."""
    READ_ONLY = auto()

    UNKNOWN_ITEM = auto()
    MARK_NEEDS_REASON = auto()
    MARK_IN_FORCE = auto()
    SENSED = auto()
    ALREADY_DONE = auto()
    SIGNAL_NOT_PASSING = auto()
    WARNING_NEEDS_REASON = auto()
    PHASE_NOT_OPEN = auto()
    EVIDENCE_REQUIRED = auto()
    OUT_OF_ORDER = auto()
    NEEDS_FIRST = auto()
    OVERRIDE_NEEDS_DURATION = auto()
    CLAIMED = auto()
    NO_APPROVAL_NEEDED = auto()
    NOT_MARKED_YET = auto()
    SECOND_PERSON_REQUIRED = auto()
    UNKNOWN_PERSON = auto()
    SAME_PERSON = auto()
    UNDO_OF_ITEM = auto()
    NO_MARK = auto()

    UNKNOWN_PHASE = auto()
    GATE_PASSED = auto()
    GATE_NOT_REACHED = auto()
    LAST_PHASE = auto()
    ON_HOLD = auto()
    PROCEDURE_OPEN = auto()
    GATE_CLOSED = auto()
    GATE_NEEDS_REASON = auto()
    GATE_CHANGED = auto()
    NOT_PROVEN = auto()
    ITEM_NOT_SATISFIED = auto()
    SIGNAL_FAILING = auto()
    ROLE_UNASSIGNED = auto()
    BASELINE_NOT_RECORDED = auto()

    ALREADY_ON_HOLD = auto()
    NOT_ON_HOLD = auto()
    HOLD_NEEDS_REASON = auto()
    NO_POLL_ROLES = auto()
    POLL_ALREADY_OPEN = auto()
    NO_POLL = auto()
    UNKNOWN_ROLE = auto()
    ALL_VOTED = auto()
    ROLE_FIRST = auto()
    NOT_CONDUCTOR = auto()
    NO_GO_NEEDS_REASON = auto()
    NO_ADVICE = auto()
    ADVICE_CHANGED = auto()
    NEW_REASON = auto()
    ADVICE_NEEDS_REASON = auto()
    NO_ALARM = auto()
    ALREADY_ACKNOWLEDGED = auto()

    VIEWER_ONLY = auto()
    CONTROLS_NEEDED = auto()
    HAS_CONTROLS = auto()
    ALREADY_REQUESTED = auto()
    HOLDER_IS_HERE = auto()
    TAKEOVER_NEEDS_REASON = auto()
    NOT_HERE = auto()
    NOT_DRIVER = auto()
    FENCED = auto()
    NO_VOTE = auto()
    NOT_YOUR_ROLE = auto()
    APPROVAL_MISSING = auto()
    APPROVAL_DIFFERS = auto()
    APPROVAL_EXPIRED = auto()
    APPROVED_BY_SELF = auto()
    APPROVER_HAS_CONTROLS = auto()
    NOT_APPROVER = auto()
    APPROVAL_NEEDS_DURATION = auto()
    UNKNOWN_FACT = auto()
    CHANGED_SINCE = auto()
    INVALID_ID = auto()
    ID_TAKEN = auto()
    TOO_OLD = auto()
    SESSION_ENDED = auto()
    NO_HANDOVER = auto()
    NOT_RECEIVER = auto()
    RECEIVER_IS_HERE = auto()

    EMPTY_NOTE = auto()
    INVALID_TIME = auto()
    UNKNOWN_SIGNAL = auto()
    UNKNOWN_LOG = auto()
    ACTIVE_NOT_ALLOWED = auto()
    ACTIVE_NOT_CONFIRMED = auto()
    UNRECORDED_NEEDS_REASON = auto()
    OUTCOME_REQUIRED = auto()
    NOT_RECORDING = auto()
    GATE_NOT_RECORDED = auto()

    NO_BASELINE_SIGNALS = auto()
    TOO_FEW_POINTS = auto()
    POINTS = auto()
    NOT_A_NUMBER = auto()
    BASELINE_NEEDS_REASON = auto()

    UNKNOWN_SOURCE = auto()
    SAME_SYSTEM = auto()
    SYSTEM_CHANGED = auto()
    IDENTITY_NEEDS_REASON = auto()

    UNKNOWN_PROCEDURE = auto()
    PROCEDURE_ALREADY_OPEN = auto()
    PROCEDURE_NOT_OPEN = auto()
    ABANDON_NEEDS_REASON = auto()
    UNKNOWN_STEP = auto()
    STEP_STATE = auto()
    STEP_RUNNING = auto()
    PROCESS_RUNNING = auto()
    NOTHING_RUNNING = auto()
    NO_COMMAND = auto()
    MANUAL_STEP = auto()
    ANSWER_REQUIRED = auto()
    WHEN_UNKNOWN = auto()
    WHEN_FALSE = auto()
    TYPE_TO_RUN = auto()
    STEPS_NOT_ALLOWED = auto()
    NO_VALUE = auto()
    COMMAND_CHANGED = auto()
    OTHER_CLUSTER = auto()
    PROGRAM_MISSING = auto()
    TERMINAL_GONE = auto()
    RESULT_NEEDS_REASON = auto()
    SKIP_NEEDS_REASON = auto()
    WRONG_ANSWER = auto()
    SECRET_ANSWER = auto()
    UNKNOWN_VALUE = auto()
    VALUE_IN_USE = auto()
    VALUE_USED = auto()
    STEP_NOT_OVER = auto()
    RESULT_UNKNOWN = auto()
    REPEAT_NEEDS_REASON = auto()

    UNKNOWN_MESSAGE = auto()
    EMPTY_MESSAGE = auto()
    NO_WEBHOOK = auto()
    UNKNOWN_CHANNEL = auto()
    SITUATION_CHANGED = auto()
    ALREADY_SENT = auto()


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a command is refused: `subject` is the item, step, signal, phase or person that it is about.

    `other` is a second one that it depends on, `state` the state, mark, level or advice of the subject, `by` the person
    whose mark or hold applies. `text` is recorded text: a reason of an operator, or the cause of a verdict. `names` are
    known or missing names. `count` is a number of points, items or of a process, `for_s` a duration. `parts` are the
    causes of a refusal that has several, such as a closed gate.
    """

    code: Code
    subject: str = ""
    other: str = ""
    state: str = ""
    by: str = ""
    text: str = ""
    names: tuple[str, ...] = ()
    count: int = 0
    for_s: float = 0.0
    parts: "tuple[Refusal, ...]" = ()
