"""Refusals as text: one table, from the code of a refusal to its sentence."""

from collections.abc import Callable, Iterable

from mmcockpit.core.model.procedure import ANY_TEXT
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import STANDING, STATE_WORD
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.keys import NO_KEYS, Keys, press
from mmcockpit.core.words.seat_refusals import SEAT_SENTENCES
from mmcockpit.core.words.values import joined_names

Sentence = Callable[[Refusal, Keys], str]

_MARKED = {str(mark): STATE_WORD[state] for mark, state in STANDING.items()}


def refusal_words(refusal: Refusal, keys: Keys = NO_KEYS) -> str:
    """Return the sentence of a refusal; `keys` are the keys that it may mention."""
    return SENTENCES[refusal.code](refusal, keys)


def _known(kind: str) -> Sentence:
    def sentence(refusal: Refusal, keys: Keys) -> str:
        known = f"; known: {', '.join(refusal.names)}" if refusal.names else ""
        return f"unknown {kind} {refusal.subject!r}{known}"

    return sentence


def _answer_words(pattern: str) -> str:
    return "one line of text that does not begin with -" if pattern == ANY_TEXT else f"a text that matches {pattern}"


def _needs_reason(purpose: str) -> Sentence:
    return lambda refusal, keys: f"a reason is required to {purpose}"


def _sensed(refusal: Refusal, keys: Keys) -> str:
    because = f": {refusal.text}" if refusal.text else ""
    return f"{refusal.subject} cannot be ticked: signal {refusal.other} decides it{because}; {_overrides(keys)}"


def _not_passing(refusal: Refusal, keys: Keys) -> str:
    now = f"; now {refusal.state}" if refusal.state else ""
    because = f": {refusal.text}" if refusal.text else ""
    return f"cannot attest {refusal.subject} until {refusal.other} passes{now}{because}; {_overrides(keys)}"


def _overrides(keys: Keys) -> str:
    return f"{press(keys, 'override')} to override it, with a reason"


def _gate_closed(refusal: Refusal, keys: Keys) -> str:
    more = f" and {counted(refusal.count, 'more item')}" if refusal.count else ""
    return f"the gate of {refusal.subject} is closed: {_listed(refusal.parts)}{more}; `:go! REASON` overrides it"


def _gate_needs_reason(refusal: Refusal, keys: Keys) -> str:
    if refusal.count:
        verb = "is" if refusal.count == 1 else "are"
        return f"{counted(refusal.count, 'item')} {verb} not satisfied: a reason is required to override the gate"
    return f"a reason is required to override the gate: {_listed(refusal.parts)}"


def _too_few_points(refusal: Refusal, keys: Keys) -> str:
    when = f"{age(refusal.for_s)} before {refusal.other} opened" if refusal.other else f"last {age(refusal.for_s)}"
    after = "; later values belong to the new production" if refusal.other else ""
    least = f"a baseline needs at least {counted(refusal.count, 'point')}"
    name = refusal.parts[0].subject if refusal.parts else "SIGNAL"
    set_value = f"`:baseline {name}=VALUE REASON` sets a known value"
    return f"{_listed(refusal.parts)} in the {when}: {least}{after}; {set_value}"


def _listed(parts: Iterable[Refusal]) -> str:
    return ", ".join(map(refusal_words, parts))


SENTENCES: dict[Code, Sentence] = {
    Code.RECORDED_TEXT: lambda r, keys: r.text,
    Code.READ_ONLY: lambda r, keys: "read-only session: the screen of its operator records",
    # Marks of items.
    Code.UNKNOWN_ITEM: _known("item"),
    Code.MARK_NEEDS_REASON: lambda r, keys: (
        f"a reason is required to mark {r.subject} as {_MARKED.get(r.state, r.state)}"
    ),
    Code.MARK_IN_FORCE: lambda r, keys: (
        f"{r.subject} is {_MARKED.get(r.state, r.state)} by {r.by}; {press(keys, 'undo')} to undo that mark first"
    ),
    Code.SENSED: _sensed,
    Code.ALREADY_DONE: lambda r, keys: f"{r.subject} is already done by {r.by}; {press(keys, 'undo')} to undo it",
    Code.SIGNAL_NOT_PASSING: _not_passing,
    Code.WARNING_NEEDS_REASON: lambda r, keys: f"a reason is required to accept the warning of {r.subject}: {r.text}",
    Code.PHASE_NOT_OPEN: lambda r, keys: (
        f"cannot attest {r.subject} before its phase opens: its signal still measures the old state; "
        "`:go` opens the next phase"
    ),
    Code.EVIDENCE_REQUIRED: lambda r, keys: f"evidence is required to tick {r.subject}: give its place as the reason",
    Code.OUT_OF_ORDER: lambda r, keys: f"{r.other} comes first: the items of this section are done in order",
    Code.NEEDS_FIRST: lambda r, keys: f"{r.subject} needs {joined_names(r.names, len(r.names))} first",
    Code.OVERRIDE_NEEDS_DURATION: lambda r, keys: "an override needs a duration, such as 30m",
    Code.CLAIMED: lambda r, keys: (
        f"{r.subject} is claimed by {r.by}: agree with them, or {press(keys, 'comment')} to add a note"
    ),
    Code.NO_APPROVAL_NEEDED: lambda r, keys: f"{r.subject} does not require a second person",
    Code.NOT_MARKED_YET: lambda r, keys: (
        f"nothing to verify: {r.subject} is not marked yet; {press(keys, 'tick')} to tick it first"
    ),
    Code.SECOND_PERSON_REQUIRED: lambda r, keys: f"{r.subject} requires the name of a second person",
    Code.UNKNOWN_PERSON: _known("person"),
    Code.SAME_PERSON: lambda r, keys: f"{r.subject} requires another person: {r.by} has already agreed to it",
    Code.UNDO_OF_ITEM: lambda r, keys: f"{press(keys, 'undo')} to undo your latest mark",
    Code.NO_MARK: lambda r, keys: f"{r.by} has no mark to undo",
    # Gates.
    Code.UNKNOWN_PHASE: lambda r, keys: f"unknown phase {r.subject!r}; {r.other} is open",
    Code.GATE_PASSED: lambda r, keys: f"the gate of {r.subject} was already passed; {r.other} is open",
    Code.GATE_NOT_REACHED: lambda r, keys: f"{r.subject} is not open yet: the gate of {r.other} comes first",
    Code.LAST_PHASE: lambda r, keys: "no gate follows the last phase",
    Code.ON_HOLD: lambda r, keys: f"on hold by {r.by} ({r.text}); {press(keys, 'hold')} to resume",
    Code.PROCEDURE_OPEN: lambda r, keys: f"{r.subject} is open: finish or abandon it first",
    Code.GATE_CLOSED: _gate_closed,
    Code.GATE_NEEDS_REASON: _gate_needs_reason,
    Code.GATE_CHANGED: lambda r, keys: f"the gate has changed: {r.subject} is not satisfied either; review it again",
    Code.NOT_PROVEN: lambda r, keys: (
        f"no rollback is possible after this gate, and {_listed(r.parts)} is not proven; `:go! REASON` overrides it"
    ),
    Code.ITEM_NOT_SATISFIED: lambda r, keys: f"[{r.state}] {r.subject}",
    Code.SIGNAL_FAILING: lambda r, keys: f"[!] {r.subject}: {r.text}",
    Code.ROLE_UNASSIGNED: lambda r, keys: f"contact {r.subject} is unassigned",
    Code.BASELINE_NOT_RECORDED: lambda r, keys: "the baseline is not recorded (`:baseline`)",
    # The hold, the poll, the advice.
    Code.ALREADY_ON_HOLD: lambda r, keys: f"already on hold by {r.by}: {r.text}",
    Code.NOT_ON_HOLD: lambda r, keys: "the go-live is not on hold",
    Code.HOLD_NEEDS_REASON: _needs_reason("hold the go-live"),
    Code.NO_POLL_ROLES: lambda r, keys: "the cockpit file lists no roles under poll:",
    Code.POLL_ALREADY_OPEN: lambda r, keys: "the poll is already open",
    Code.NO_POLL: lambda r, keys: f"no poll is open; {press(keys, 'poll')} to open it",
    Code.UNKNOWN_ROLE: _known("role"),
    Code.ALL_VOTED: lambda r, keys: "every role has answered: the conductor decides",
    Code.ROLE_FIRST: lambda r, keys: f"{r.other} answers first",
    Code.NOT_CONDUCTOR: lambda r, keys: f"only the conductor can decide the poll: {' or '.join(r.names)}",
    Code.NO_GO_NEEDS_REASON: lambda r, keys: (
        f"a reason is required to decide go against the no-go of {', '.join(r.names)}"
    ),
    Code.NO_ADVICE: lambda r, keys: "no advice to accept or dismiss",
    Code.ADVICE_CHANGED: lambda r, keys: f"the advice has changed: it is {r.state} now",
    Code.NEW_REASON: lambda r, keys: f"the advice has a new reason: {r.text}",
    Code.NO_ALARM: lambda r, keys: "nothing to acknowledge: no rollback is advised and no required item regressed",
    Code.ALREADY_ACKNOWLEDGED: lambda r, keys: f"the alarm was already acknowledged by {r.by}",
    Code.ADVICE_NEEDS_REASON: _needs_reason("accept or dismiss the advice"),
    # Seats.
    Code.TAKEOVER_NEEDS_REASON: _needs_reason("take the controls"),
    **SEAT_SENTENCES,
    # Notes, polls of signals, the record, the end.
    Code.EMPTY_NOTE: lambda r, keys: "the note is empty",
    Code.INVALID_TIME: lambda r, keys: "invalid time: T0 must be a date and a time",
    Code.UNKNOWN_SIGNAL: _known("signal"),
    Code.UNKNOWN_LOG: lambda r, keys: f"no log of {r.subject}: {r.other} does not list it any more",
    Code.ACTIVE_NOT_ALLOWED: lambda r, keys: (
        f"{r.subject} is an active check: add {r.other} to allow.active in the cockpit file"
    ),
    Code.ACTIVE_NOT_CONFIRMED: lambda r, keys: f"{r.subject} is an active check: it runs only after a confirmation",
    Code.UNRECORDED_NEEDS_REASON: _needs_reason("continue without a record"),
    Code.OUTCOME_REQUIRED: lambda r, keys: "an outcome is required to end the session",
    Code.NOT_RECORDING: lambda r, keys: f"not recording ({r.text}): `:accept REASON` continues without a record",
    Code.GATE_NOT_RECORDED: lambda r, keys: f"not recording ({r.text}): no gate opens until facts can be recorded",
    # The baseline.
    Code.NO_BASELINE_SIGNALS: lambda r, keys: (
        "neither the checklist nor the cockpit file lists signals under baseline:"
    ),
    Code.TOO_FEW_POINTS: _too_few_points,
    Code.POINTS: lambda r, keys: f"{r.subject} has {counted(r.count, 'point')}",
    Code.NOT_A_NUMBER: lambda r, keys: f"the baseline of {r.subject} must be a number",
    Code.BASELINE_NEEDS_REASON: _needs_reason("set a value of the baseline, such as its origin"),
    # Other systems behind a source.
    Code.UNKNOWN_SOURCE: _known("source"),
    Code.SAME_SYSTEM: lambda r, keys: f"{r.subject}: no other system has responded; nothing to accept",
    Code.SYSTEM_CHANGED: lambda r, keys: f"{r.subject}: yet another system responds now: {r.text}",
    Code.IDENTITY_NEEDS_REASON: lambda r, keys: f"a reason is required: `:accept-identity {r.subject} REASON`",
    # Procedures.
    Code.UNKNOWN_PROCEDURE: _known("procedure"),
    Code.PROCEDURE_ALREADY_OPEN: lambda r, keys: f"{r.subject} is already open",
    Code.PROCEDURE_NOT_OPEN: lambda r, keys: f"this procedure is not open; {press(keys, 'emergency')} to open it",
    Code.ABANDON_NEEDS_REASON: _needs_reason("abandon a procedure"),
    Code.UNKNOWN_STEP: _known("step"),
    Code.STEP_STATE: lambda r, keys: f"{r.subject} is {r.state}",
    Code.STEP_RUNNING: lambda r, keys: (
        f"{r.subject} is still running; {press(keys, 'run_step')} in the procedures panel to stop it first"
    ),
    Code.PROCESS_RUNNING: lambda r, keys: (
        f"process {r.count} of {r.subject} is still running: wait until it ends, or end it"
    ),
    Code.NOTHING_RUNNING: lambda r, keys: "no command is running",
    Code.NO_COMMAND: lambda r, keys: f"{r.subject} has no command: record its result",
    Code.MANUAL_STEP: lambda r, keys: (
        f"{r.subject} is done by a person: {press(keys, 'copy')} to copy its command, then record the result"
    ),
    Code.ANSWER_REQUIRED: lambda r, keys: f"{r.subject} is a question: answer it, or skip it with a reason",
    Code.WHEN_UNKNOWN: lambda r, keys: (
        f"{r.subject} cannot start while its condition is unknown: {r.text}; it can be skipped with a reason"
    ),
    Code.WHEN_FALSE: lambda r, keys: f"the condition of {r.subject} is false: {r.text}; skip it with a reason",
    Code.TYPE_TO_RUN: lambda r, keys: f"type {' and '.join(r.names)} to run {r.subject}",
    Code.STEPS_NOT_ALLOWED: lambda r, keys: (
        f"running steps is not allowed: set allow.procedures to true, or {press(keys, 'copy')} to copy the command"
    ),
    Code.NO_VALUE: lambda r, keys: f"{', '.join(r.names)} has no value yet: choose one first",
    Code.COMMAND_CHANGED: lambda r, keys: "the command has changed since the dialog showed it: review it again",
    Code.OTHER_CLUSTER: lambda r, keys: r.text,
    Code.PROGRAM_MISSING: lambda r, keys: (
        f"{r.subject} was not started: {r.other}: {r.text}; install it, or {press(keys, 'copy')} to copy the command"
    ),
    Code.TERMINAL_GONE: lambda r, keys: "the cockpit is ending, so no operator would see its output",
    Code.RESULT_NEEDS_REASON: lambda r, keys: f"a reason is required to record the result of {r.subject}",
    Code.WRONG_ANSWER: lambda r, keys: (
        f"{r.subject} needs " + (f"one of: {', '.join(r.names)}" if r.names else _answer_words(r.text))
    ),
    Code.SECRET_ANSWER: lambda r, keys: f"the answer to {r.subject} contains a known secret: enter one without it",
    Code.SKIP_NEEDS_REASON: lambda r, keys: f"a reason is required to skip {r.subject}",
    Code.UNKNOWN_VALUE: _known("value"),
    Code.VALUE_IN_USE: lambda r, keys: f"{r.subject} {r.other} is in use now: choose another value",
    Code.VALUE_USED: lambda r, keys: (
        f"{r.subject} was already used: repeat the step that lists the values to choose again"
    ),
    Code.STEP_NOT_OVER: lambda r, keys: f"{r.subject} is {r.state}: only a finished step can be repeated",
    Code.RESULT_UNKNOWN: lambda r, keys: f"the result of {r.subject} is unknown: record it first",
    Code.REPEAT_NEEDS_REASON: _needs_reason("repeat steps"),
    # Messages.
    Code.UNKNOWN_MESSAGE: _known("message"),
    Code.EMPTY_MESSAGE: lambda r, keys: "the message is empty",
    Code.NO_WEBHOOK: lambda r, keys: "the cockpit file has no webhook: set messages.webhook",
    Code.UNKNOWN_CHANNEL: _known("channel"),
    Code.SITUATION_CHANGED: lambda r, keys: (
        "the situation has changed since the message was written: review the message"
    ),
    Code.ALREADY_SENT: lambda r, keys: "the message was already sent, and nothing has changed since",
}
"""Every code has a sentence."""
