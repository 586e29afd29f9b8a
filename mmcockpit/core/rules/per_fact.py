"""Keeps the result of a rule until the session's next fact: several panels need it for the same frame."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from mmcockpit.core.state.session import Session

More = ParamSpec("More")
Value = TypeVar("Value")


def per_fact(rule: Callable[Concatenate[Session, More], Value]) -> Callable[Concatenate[Session, More], Value]:
    """Return the rule with its latest result kept; only for rules that depend on nothing but facts and arguments."""
    latest: tuple[Session, int, object, Value] | None = None

    def kept(session: Session, /, *args: More.args, **named: More.kwargs) -> Value:
        nonlocal latest
        known, more = latest, (args, named)
        if known is not None and known[0] is session and known[1] == session.seq and known[2] == more:
            return known[3]
        value = rule(session, *args, **named)
        latest = (session, session.seq, more, value)
        return value

    kept.__doc__, kept.__name__ = rule.__doc__, rule.__name__
    return kept
