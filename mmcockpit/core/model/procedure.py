"""Procedures as data: steps, the values captured from their output, and what calls for a procedure."""

import re
from enum import StrEnum
from typing import Literal

import msgspec


class Danger(StrEnum):
    """What a step does to production; a dangerous one runs only after its target was typed."""

    READS = "reads"
    CHANGES = "changes"
    DANGEROUS = "dangerous"


class Meaning(StrEnum):
    """What a detail beside a captured value is; `good` and `bad` are texts for and against the value."""

    IMAGE = "image"
    CAUSE = "cause"
    SINCE = "since"
    GOOD = "good"
    BAD = "bad"


class Capture(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value for later steps (`${values.NAME}`): group 1 of `pattern`, matched against each line of standard output.

    `pick` selects one of several matches: the operator chooses, or the first, the last, or the one before the last is
    taken. Named groups are details that are shown beside the value. `running` defines which value is in use now; a
    value with the same `differs` detail as the one in use is not offered first.
    """

    name: str
    pattern: str
    pick: Literal["choose", "first", "last", "previous"] = "choose"
    about: str = ""
    running: Literal["", "highest"] = ""
    differs: str = ""
    means: dict[str, Meaning] = {}
    """What its named groups mean; a group that has the name of a meaning has that one."""

    def meaning(self, group: str) -> Meaning | None:
        """Return what a named group means; None for one that is only shown."""
        return self.means.get(group) or next((one for one in Meaning if one == group), None)


VALUES = "values"
"""Prefix of references to captured values; other prefixes are names of clusters."""
REFERENCE = re.compile(
    r"\$\{(?=(?:values|cluster)\.|[^.}]+\.(?:kubeconfig|context|server)\})"
    r"([A-Za-z_][A-Za-z0-9_-]*)\.([A-Za-z_][A-Za-z0-9_]*)\}"
)
"""A reference in the argv of a step: `${values.revision}`, `${cluster.context}`, of the source eu `${eu.context}`."""


class StepRetry(msgspec.Struct, frozen=True):
    """How often a failed command is started again by itself (`times`), and how many seconds after it failed."""

    times: int
    every: float


class StepWait(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a step waits for: `for_s` seconds of clock time, or until a CEL expression is true."""

    for_s: float = 0.0
    until: str = ""


ANY_TEXT = ".+"
"""The pattern of a question that has none."""


class StepQuestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text or a choice that an operator enters, kept as `${values.NAME}`.

    The answer is one of the `choices`, or matches the whole `pattern` where there are none.
    """

    name: str
    about: str = ""
    pattern: str = ANY_TEXT
    choices: tuple[str, ...] = ()


STOP = "stop"
"""`on_fail`: nothing further starts until the failed step was repeated or skipped."""
ASK = "ask"
"""`on_fail`: as STOP, and the operator is asked at once whether to repeat, skip or abandon."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a procedure; times are seconds.

    `argv` is the command, in which `${values.NAME}` and `${cluster.NAME}` are replaced when it is shown and run; it is
    never passed to a shell. `signal` has to pass for `hold` seconds after it. `phrase` has to be typed in addition to
    the target.
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
    rehearsed: float = 0.0
    """When a rehearsal measured the estimate, in Unix seconds; 0 if none did."""
    unrehearsed: str = ""
    """Why a rehearsal does not run it."""
    timeout: float = 600.0
    if_fails: str = ""
    no_return: bool = False
    """Once this has started, no rollback is possible: ROLLBACK becomes FIX FORWARD."""
    captures: tuple[Capture, ...] = ()
    message: str = ""
    """The id of the message that is sent at this step."""
    approve: str = ""
    """The role of the second person who has to approve the command before it runs; empty if no person has to."""
    when: str = ""
    """CEL: the step is skipped if this is false once it is ready."""
    retry: StepRetry | None = None
    wait: StepWait | None = None
    ask: StepQuestion | None = None
    manual: bool = False
    """A person does it; its command is shown and copied, never run."""
    on_fail: str = STOP
    """STOP, ASK, or the id of the procedure that is queued when it fails."""
    group: str = ""
    """The id of the parallel group that it belongs to; members are next to each other."""

    @property
    def only_waits(self) -> bool:
        """Whether it is only a signal to wait for."""
        return bool(self.signal) and not (self.argv or self.manual or self.ask or self.wait or self.message)

    @property
    def typed(self) -> tuple[str, ...]:
        """The texts that an operator has to type, character for character, before the step may run."""
        if self.danger is not Danger.DANGEROUS:
            return ()
        return tuple(part for part in (self.target, self.phrase) if part)

    @property
    def cluster(self) -> str:
        """Which cluster its command connects to: `cluster`, or the name of a source; empty if it connects to none."""
        sources = (source for word in self.argv for source, _ in REFERENCE.findall(word))
        return next((source for source in sources if source != VALUES), "")


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a generated procedure is offered: beside the signal, while `when` is true of its value.

    `when` is CEL; `label` and `place` are CEL texts: what it does, and where the delivery is. `stops` is whether it
    takes back a new version, so that it comes before a rollback; `advances` is whether a new version waits for it.
    """

    signal: str
    when: str
    label: str
    place: str = ""
    stops: bool = False
    advances: bool = False


class Procedure(msgspec.Struct, frozen=True, omit_defaults=True):
    """An emergency or rollback runbook: ordered steps, and what queues it.

    `aborts` are signals of abort rules; `alerts` are label sets (label name to a regular expression for the whole
    value) of firing alerts. While a procedure in `after` is queued or open, this one is its consequence and is left
    out of the queue. `estimate` is how many seconds all of it takes; if 0, `usual_s` adds up its steps.
    """

    id: str
    title: str
    steps: tuple[Step, ...] = ()
    about: str = ""
    aborts: tuple[str, ...] = ()
    alerts: tuple[dict[str, str], ...] = ()
    after: tuple[str, ...] = ()
    estimate: float = 0.0
    groups: dict[str, str] = {}
    """The titles of its parallel groups by their ids."""
    offer: Offer | None = None
    """Where it is offered; None for one that a file defines, which the list always shows."""
    target: str = ""
    """The target that it changes, where its phase is repeated for several targets."""

    @property
    def usual_s(self) -> float:
        """How many seconds it usually takes: its own estimate, or the sum of its steps'; 0 if that is not known.

        Of the steps of a group, which run at the same time, the longest counts.
        """
        times: dict[str, float] = {}
        for step in self.steps:
            of = step.group or step.id
            times[of] = max(times.get(of, 0.0), step.estimate)
        return self.estimate or sum(times.values())


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message template; `${update}` and similar references in its text are filled from the session."""

    id: str
    title: str
    text: str


class Cluster(msgspec.Struct, frozen=True, omit_defaults=True):
    """A polled cluster, as the argv of a step refers to it: `${cluster.kubeconfig}`, `${cluster.context}`, ...

    `${NAME.context}` is that of the kubernetes source NAME.
    """

    kubeconfig: str = ""
    context: str = ""
    server: str = ""
