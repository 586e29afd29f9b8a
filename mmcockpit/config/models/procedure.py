"""Models of procedures and messages, as written in a checklist or a cockpit file."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from mmcockpit.config.models.fields import Duration, FileModel, Line, Name, SecretReference, Text, mistake

MOST_PROCEDURES = 500
"""Maximum number of procedures in a go-live: each is compared with every other."""


def _no_line(value: Any) -> Any:
    if isinstance(value, str):
        raise mistake("must be a list of words, because no shell runs it; write [kubectl, get, pods]")
    return value


def _no_short_form(shown: str) -> BeforeValidator:
    """Return a check whose message shows how a mapping is written, where a single value is."""

    def check(value: Any) -> Any:
        if not isinstance(value, dict | BaseModel):
            raise mistake(f"must be {shown}")
        return value

    return BeforeValidator(check)


Word = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Command = Annotated[tuple[Word, ...], BeforeValidator(_no_line), Field(min_length=1, max_length=200)]
Choice = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ValueName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class CaptureEntry(FileModel):
    """A value that a step extracts from its output, for the commands of later steps."""

    pattern: Annotated[str, StringConstraints(min_length=1, max_length=400)]
    """A regular expression with one group, searched in every line; the group is the value. Named groups (?P<image>…)
    are details shown beside it. The newest value that is known to have been good is offered first: one with text in the
    group `good`, or one whose image the session saw run while the abort rules' signals passed; never one with `bad`."""
    pick: Literal["choose", "first", "last", "previous"] = "choose"
    """Which of several values: the operator chooses, or the first, the last, or the one before the last is taken."""
    about: Line | None = None
    """A description of the value, shown when the operator chooses."""
    running: Literal["highest"] | None = None
    """Which value is in use now: the one with the highest number. It cannot be chosen."""
    differs: ValueName | None = None
    """The named group in which a value must differ from the one in use to be offered first."""
    means: dict[str, Literal["image", "cause", "since", "good", "bad"]] = Field(default_factory=dict)
    """What named groups mean, such as `{container: image}`: the image, the change cause, since when it exists, a text
    in favour of the value, one against it. A group with the name of a meaning needs no entry."""


class ApproveEntry(FileModel):
    """Who has to approve a step, from a seat of their own."""

    role: Line
    """The role of a person in `people`."""


class RetryEntry(FileModel):
    """How a failed command is started again by itself; one confirmation covers this command and all attempts."""

    times: int = Field(ge=1, le=20)
    """How often it is started again after the first attempt."""
    every: Duration = 10.0
    """How long after a failure; at most 1h."""


class WaitEntry(FileModel):
    """What a step waits for: a time, or a condition. It changes nothing, and continues while the cockpit is away."""

    for_s: Duration | None = Field(default=None, alias="for")
    """How long it waits."""
    until: Text = ""
    """CEL that has to be true, as in `when`; the step fails if it is not true within its `timeout`."""


class AskEntry(FileModel):
    """A text or a choice that the operator enters, for the commands of later steps."""

    name: ValueName
    """The name of the value: `${values.NAME}` in the commands of later steps."""
    about: Line | None = None
    """What to enter."""
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=400)] | None = None
    """A regular expression for the whole text; any text of one line unless given."""
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=20)] | None = None
    """The texts to choose from, instead of a pattern."""


class MemberEntry(FileModel):
    """One step: a command, a wait, a question, work that a person does, or waiting for a signal."""

    id: Name | None = None
    """Its short name; derived from the title unless given."""
    title: Line
    """What to do, in a few words."""
    text: Text = ""
    """How to do it."""
    command: Command | None = None
    """The program and its arguments as a list of words: no shell reads them. `${values.NAME}` is a value that an
    earlier step captured; `${cluster.kubeconfig}` and `${cluster.context}` name the watched cluster,
    of several the one of the source `cluster`; `${NAME.context}` that of the kubernetes source NAME."""
    danger: Literal["reads", "changes", "dangerous"] | None = None
    """What the command does to production; a dangerous one runs only after the operator typed its target."""
    target: Line | None = None
    """The text that the operator types before a dangerous step runs; the procedure's target unless given."""
    phrase: Line | None = None
    """A text that the operator types in addition to the target."""
    signal: Name | None = None
    """The signal that has to pass after it, to confirm its effect."""
    hold: Duration | None = None
    """How long the signal has to pass."""
    estimate: Duration | None = None
    """How long it usually takes."""
    timeout: Duration = 600.0
    """How long the command may take; after it, how long the signal may take to pass, in addition to `hold`."""
    if_fails: Text = ""
    """What to do when it fails."""
    point_of_no_return: bool = False
    """Once this has started, no rollback is possible: ROLLBACK becomes FIX FORWARD."""
    captures: dict[ValueName, CaptureEntry] = Field(default_factory=dict)
    """Values by name to extract from the output, for later steps."""
    message: Name | None = None
    """The message to send with this step."""
    approve: ApproveEntry | None = None
    """Who has to approve exactly this command before it runs, from a seat of their own: {role: database}."""
    when: Text = ""
    """CEL: once it is the step's turn, it is skipped if this is false, and cannot run as long as it is not known.
    In scope: `values`, `vars`, `signals.NAME.verdict`, `signals.NAME.value`, `steps["ID"].state`."""
    retry: Annotated[RetryEntry, _no_short_form("{times: 2, every: 30s}")] | None = None
    """How a failed command is started again by itself: {times: 2, every: 30s}."""
    wait: Annotated[WaitEntry, _no_short_form("{for: 5m} or {until: CEL}")] | None = None
    """Instead of a command: {for: 5m} or {until: 'signals.errors.verdict == "pass"'}."""
    ask: Annotated[AskEntry, _no_short_form("{name: version, about: what to enter}")] | None = None
    """Instead of a command: a text or a choice that the operator enters, kept as a value."""
    manual: bool = False
    """Whether a person does it; a command is then shown and copied, never run."""
    on_fail: Name | None = None
    """What happens when it fails: `stop` (the default: nothing further starts), `ask` (in addition, the operator is
    asked at once whether to repeat, skip or abandon), or the id of another procedure, which is queued."""

    @model_validator(mode="before")
    @classmethod
    def _no_group(cls, value: Any) -> Any:
        if cls is MemberEntry and isinstance(value, dict) and "parallel" in value:
            raise mistake("must not be a group in a group; write its steps in one group, or after this one")
        return value


class StepEntry(MemberEntry):
    """One step of a procedure, or a group of steps that run at the same time."""

    parallel: Annotated[tuple[MemberEntry, ...], Field(min_length=2, max_length=20)] | None = None
    """Steps that all become ready at the same time; the next step follows once all are over. A group has only `id`,
    `title` and this."""


class QueuedByEntry(FileModel):
    """What queues a procedure automatically."""

    abort: tuple[Name, ...] = ()
    """Signals of abort rules: the procedure is queued while their rule advises ROLLBACK."""
    alerts: tuple[dict[str, str], ...] = ()
    """Firing alerts: each a mapping of labels to regular expressions for the whole value."""


class ProcedureEntry(FileModel):
    """An emergency or rollback runbook. In a cockpit file, one with the same id changes the checklist's."""

    id: Name | None = None
    """Its short name; derived from the title unless given."""
    title: Line | None = None
    """Its heading."""
    about: Text = ""
    """When to use it."""
    target: Line | None = None
    """The text that the operator types before its dangerous steps."""
    queued_by: QueuedByEntry = QueuedByEntry()
    """What queues it automatically."""
    after: tuple[Name, ...] = ()
    """Procedures that come first while they are queued or open: this one is their consequence."""
    estimate: Duration | None = None
    """How long it usually takes; the sum of the estimates of its steps unless given."""
    steps: tuple[StepEntry, ...] = ()
    """Its steps, in order."""


class MessageEntry(FileModel):
    """A ready-made message."""

    title: Line
    """Its title in the list."""
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    """Its text. Filled in when it is sent, before variables of the same name: `${update}` (all of it, for
    stakeholders), its parts `${situation}`, `${impact}`, `${since}`, `${activity}` and `${next_update}`, and
    `${advice}`, `${phase}`, `${procedure}`, `${environment}`, `${target}`, `${name}`, `${count}`, `${clock}` and
    `${operator}`. `${reasons}` is the same as `${impact}`."""


class WebhookSecret(SecretReference):
    """Where the address or the token of a channel is: whoever knows it can send messages, so it is a secret."""
