"""Runbooks as data: a procedure, its steps, what a step takes from an earlier one, and what calls for it."""

from enum import StrEnum
from typing import Literal

import msgspec


class Danger(StrEnum):
    """What a step does to production; a dangerous one runs only after its target's name was typed."""

    READS = "reads"
    CHANGES = "changes"
    DANGEROUS = "dangerous"


class Capture(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value that later steps use as `${values.NAME}`: group 1 of `pattern`, looked for in every line of the standard
    output.

    `pick` says which of several: the operator chooses, or the first, the last, or the one before the last is taken.
    Named groups are details that are shown beside the value. `running` says which value is in use now; one whose detail
    `differs` is the same as that of the one in use is not offered first.
    """

    name: str
    pattern: str
    pick: Literal["choose", "first", "last", "previous"] = "choose"
    about: str = ""
    running: Literal["", "highest"] = ""
    differs: str = ""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a procedure; times are seconds.

    `argv` is the command, in which `${values.NAME}` and `${cluster.NAME}` are replaced when it is shown and run: never
    a shell's line. `signal` has to pass for `hold` seconds after it. `phrase` has to be typed besides the target.
    """

    id: str
    title: str
    text: str = ""
    argv: tuple[str, ...] = ()
    danger: Danger = Danger.READS
    target: str = ""
    phrase: str = ""
    signal: str = ""
    hold: float = 0.0
    estimate: float = 0.0
    timeout: float = 600.0
    if_fails: str = ""
    no_return: bool = False
    """Once this has started there is no way back: ROLLBACK reads NO-GO: FIX FORWARD."""
    captures: tuple[Capture, ...] = ()
    message: str = ""
    """The id of the message that this step is about to send."""

    @property
    def typed(self) -> tuple[str, ...]:
        """What has to be typed, word for word, before the step may run."""
        if self.danger is not Danger.DANGEROUS:
            return ()
        return tuple(part for part in (self.target, self.phrase) if part)


class Procedure(msgspec.Struct, frozen=True, omit_defaults=True):
    """An emergency or rollback runbook: ordered steps, and what queues it.

    `aborts` are signals of abort rules; `alerts` label sets (name to a regular expression for the whole value) of
    firing alerts. While a procedure of `after` is queued or open, this one is its consequence and stays behind it.
    """

    id: str
    title: str
    steps: tuple[Step, ...] = ()
    about: str = ""
    aborts: tuple[str, ...] = ()
    alerts: tuple[dict[str, str], ...] = ()
    after: tuple[str, ...] = ()


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ready-made message; `${advice}` and the like in its text are filled from the session."""

    id: str
    title: str
    text: str


class Cluster(msgspec.Struct, frozen=True, omit_defaults=True):
    """The watched cluster, as the argv of a step names it: `${cluster.kubeconfig}`, `${cluster.context}`, ..."""

    kubeconfig: str = ""
    context: str = ""
    server: str = ""
