"""Judging readings by rules written in CEL, the expression language of Kubernetes validation rules."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mmcockpit.core.clock import Stamp
from mmcockpit.core.reading import Answer, Fault, Reading
from mmcockpit.core.session import Session, SignalState
from mmcockpit.core.signal import Signal
from mmcockpit.core.verdict import Level, Verdict

NO_RULE = "no rule: shown, not judged"

_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")


class RuleError(ValueError):
    """A rule that does not compile: what is wrong, at which line and column of its text (from 1)."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@lru_cache(maxsize=1024)
def compile_rule(text: str, numeric: bool) -> Any:
    """Return the compiled rule, which answers a bool; RuleError says where and why it does not compile.

    In scope: `value` (a double where `numeric`), `vars` (name to string), `now` and `started` (timestamps).
    """
    try:
        rule = _environment(numeric).compile(text)
    except RuntimeError as error:
        raise _located(str(error), text) from error
    if rule.return_type().name() not in ("BOOL", "DYN"):
        raise RuleError(f"the rule answers {rule.return_type().name().lower()}, not true or false", 1, 1)
    return rule


@lru_cache(maxsize=2)
def _environment(numeric: bool) -> Any:
    # Imported here: replaying a journal judges nothing and never needs it.
    from cel_expr_python import cel

    types = cel.Type
    scope = {
        "value": types.DOUBLE if numeric else types.DYN,
        "vars": types.Map(types.STRING, types.STRING),
        "now": types.TIMESTAMP,
        "started": types.TIMESTAMP,
    }
    return cel.NewEnv(variables=scope)


def _located(report: str, text: str) -> RuleError:
    place = _PLACE.search(report)
    if place is None:
        return RuleError(report.splitlines()[0], 1, 1)
    message = place[3]
    if "no matching overload" in message and "(double, int)" in message:
        number = re.search(r"(?<![\w.])(\d+)(?![\w.])", text)
        digits = number[1] if number else "2"
        message = f"a number is compared with the integer {digits}: write {digits}.0"
    return RuleError(message, int(place[1]), int(place[2]))


def judge(signal: Signal, answer: Answer, session: Session, now: Stamp) -> Verdict:
    """Return the verdict on an answer: its own level, then what `persist` makes of the recent ones.

    Turning unknown is immediate; leaving it takes as many agreeing answers as any other change.
    """
    state = session.signals.get(signal.name) or SignalState(signal)
    raw, because = _level(signal, answer, session, now)
    rule = signal.rule
    window = (*state.window, raw)[-rule.of :]
    agree = window.count(raw)
    if raw is Level.UNKNOWN or agree >= rule.agree:
        return Verdict(raw, raw, because, agree, rule.of)
    held = state.verdict.level
    waiting = because if held is not Level.UNKNOWN else f"{raw} {agree} of {rule.agree}, not yet decided"
    return Verdict(held, raw, waiting, agree, rule.of)


def _level(signal: Signal, answer: Answer, session: Session, now: Stamp) -> tuple[Level, str]:
    if isinstance(answer, Fault):
        return Level.UNKNOWN, f"{answer.kind}: {answer.message}"
    if not signal.judged:
        return Level.UNKNOWN, NO_RULE
    value, flaw = _judgeable(signal, answer)
    if flaw:
        return Level.UNKNOWN, flaw
    scope = {
        "value": value,
        "vars": session.cockpit.vars,
        "now": datetime.fromtimestamp(now.wall, UTC),
        "started": datetime.fromtimestamp((session.started or now).wall, UTC),
    }
    for level, text in ((Level.PASS, signal.rule.passes), (Level.WARN, signal.rule.warns)):
        if not text:
            continue
        answered = compile_rule(text, signal.rule.numeric).eval(data=scope)
        truth = answered.value()
        if not isinstance(truth, bool):
            return Level.UNKNOWN, f"the rule cannot be decided: {truth}"
        if truth:
            return level, "" if level is Level.PASS else f"not {signal.rule.passes}"
    return Level.FAIL, f"not {signal.rule.warns or signal.rule.passes}"


def _judgeable(signal: Signal, reading: Reading) -> tuple[Any, str]:
    value = reading.value
    if reading.defect:
        return value, f"no value: {reading.defect}"
    if value is None:
        return value, "no value: null"
    empty = isinstance(value, list | dict) and not value
    if empty and signal.rule.empty == "unknown":
        return value, "no data: the answer is empty"
    if not signal.rule.numeric:
        return value, ""
    if empty:
        return 0.0, ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value, f"a {type(value).__name__} where a number is expected"
    return float(value), ""
