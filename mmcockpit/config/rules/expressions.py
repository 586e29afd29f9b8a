"""The CEL expressions of files: the mistakes in them are reported at their lines and columns."""

from mmcockpit.config.loader import Part
from mmcockpit.core.rules.cel.checks import ExpressionKind, check_expression
from mmcockpit.core.rules.cel.evaluation import RuleError
from mmcockpit.core.rules.cel.loops import LOOPS_WARNING, nested_loop

OVER_VALUE = "a rule is a CEL expression over `value`"
"""What to write, for a mistake in a rule that has no better fix."""


def accepts_expression(
    part: Part, text: str, kind: ExpressionKind, label: str, *, fix: str = "", usual_fix: str = OVER_VALUE
) -> bool:
    """Return whether an expression can be used; a mistake in it is reported at its place, after a label.

    `fix` is what to write whatever the mistake is, `usual_fix` what to write for one that has no fix of its own.
    """
    try:
        check_expression(text, kind)
    except RuleError as error:
        message = "; ".join(filter(None, (f"{label}: {error.message}", fix or error.fix or usual_fix)))
        part.error_inside(error.line, error.column, message)
        return False
    return True


def warn_of_nested_loop(part: Part, text: str, label: str) -> None:
    """Warn about an expression whose work grows with the product of two lists."""
    place = nested_loop(text)
    if place is not None:
        part.warn_inside(*place, f"{label}: {LOOPS_WARNING}")
