"""The check of an expression that a file contains: it compiles, and it has no constant that it cannot use."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from mmcockpit.core.rules.cel.constants import check_constants
from mmcockpit.core.rules.cel.evaluation import compile_duration, compile_rule, compile_text
from mmcockpit.core.rules.cel.step_rules import compile_step_rule


class ExpressionKind(StrEnum):
    """What an expression is for: it determines the names in scope and the type of the result."""

    RULE = "rule"
    NUMERIC_RULE = "numeric rule"
    """A rule over a value that is a number."""
    MESSAGE = "message"
    NUMERIC_MESSAGE = "numeric message"
    SETTLE_TIME = "settle time"
    STEP_CONDITION = "step condition"


_COMPILE: dict[ExpressionKind, Callable[[str], Any]] = {
    ExpressionKind.RULE: lambda text: compile_rule(text, False),
    ExpressionKind.NUMERIC_RULE: lambda text: compile_rule(text, True),
    ExpressionKind.MESSAGE: lambda text: compile_text(text, False),
    ExpressionKind.NUMERIC_MESSAGE: lambda text: compile_text(text, True),
    ExpressionKind.SETTLE_TIME: compile_duration,
    ExpressionKind.STEP_CONDITION: compile_step_rule,
}


def check_expression(text: str, kind: ExpressionKind) -> None:
    """Raise RuleError for an expression that does not compile, or that has a constant that it cannot use."""
    _COMPILE[kind](text)
    check_constants(text)
