"""A signal: a named, configured probe with its rules."""

from typing import Any, Literal

import msgspec

from mmcockpit.core.model.shape import UNDECLARED, Shape

BUILT_IN = ("session", "procedures")
"""Sources that exist without being configured; each has a kind of its own name."""


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a reading passes or warns (CEL over `value`, `vars`, `baseline`, `now`, `started`), and for how long.

    A reading that neither passes nor warns fails. A level changes once `agree` of the last `of` readings agree.
    """

    passes: str = ""
    warns: str = ""
    agree: int = 1
    of: int = 1
    empty: Literal["unknown", "value"] = "unknown"
    numeric: bool = False
    """The value is declared as a double, so that comparing it with a text is refused when the file is loaded."""
    applies: str = ""
    """Where this is false, the item does not apply: a check of a service mesh in a cluster without one, say."""
    message: str = ""
    """CEL expression for the text of a warning or failing verdict, over the same names; empty: the broken rule."""


class Signal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One query to one system, polled every `every` seconds and judged by its rule.

    Times are seconds. `stale_after` is the age after which a result (or its newest sample) no longer counts.
    """

    name: str
    title: str
    source: str
    probe: str
    args: dict[str, Any] = msgspec.field(default_factory=dict)
    rule: Rule = Rule()
    unit: str = ""
    every: float = 5.0
    timeout: float = 3.0
    stale_after: float = 60.0
    fresh: str = ""
    """A Prometheus selector whose newest sample must be younger than `stale_after`."""
    may_be_absent: tuple[str, ...] = ()
    """Metrics of a Prometheus query that need no series, because they may not exist yet."""
    saturates_at: float | None = None
    """The largest value that the metric can report: at this value the screen shows `>=`."""
    active: bool = False
    """It costs money or alerts people: polled only when the cockpit file allows it and an operator confirms it."""
    valid_for: float = 600.0
    """How long the result of an active signal counts, in seconds."""
    informational: bool = False
    """Shown and recorded, never part of the advice."""
    tags: tuple[str, ...] = ()
    """What it is about, such as `headline` or `latency`: layouts choose signals by tag."""
    first_in_cockpit: bool = False
    """First defined in the cockpit file, not overridden there: it counts in the advice without an item."""
    workload: bool = False
    """It reads pods or a workload: a pod that restarts during the settle time of its item makes it fail."""
    about: str = ""
    """What is polled, why, and what the result does not prove."""
    impact: str = ""
    """What its failure means for users, for messages and the report: `some requests fail`."""
    effect: str = ""
    """What polling an active signal costs, changes or sends."""
    shape: Shape = UNDECLARED
    """The fields of its value, as its probe declares them."""
    statistical: bool = False
    """Its result is the outcome of a statistical test: it is never the only ground of ROLLBACK."""
    target: str = ""
    """The target that it is about, where its phase is repeated for several targets."""

    @property
    def query(self) -> tuple[str, str, dict[str, Any]]:
        """What is polled: signals with the same source, probe and arguments show the same."""
        return self.source, self.probe, self.args

    @property
    def patience(self) -> float:
        """Seconds without a result after which the last one no longer counts."""
        return self.valid_for if self.active else self.stale_after + self.every

    @property
    def group(self) -> tuple[str, ...]:
        """Names of the signals that this one combines; empty for a signal that is polled."""
        return tuple(self.args.get("signals", ())) if self.source == "session" else ()

    @property
    def procedure(self) -> str:
        """The id of the procedure that it checks; empty for a signal of anything else."""
        return str(self.args.get("procedure", "")) if self.source == "procedures" else ""

    @property
    def records_baseline(self) -> bool:
        """Whether it checks that the baseline is recorded."""
        return self.source == "session" and self.probe == "baseline"

    @property
    def judged(self) -> bool:
        """Whether a rule or the members decide this signal; without either it is shown but not judged."""
        return bool(self.rule.passes or self.group)

    @property
    def question(self) -> str:
        """The query in one line: `cache.info section=memory`."""
        words = [str(value) if key == "query" else f"{key}={_written(value)}" for key, value in self.args.items()]
        return " ".join([f"{self.source}.{self.probe}", *words])


def _written(value: Any) -> str:
    """Return an argument as it is written in a file: `{model: auto, max_tokens: 1}`, `[a, b]`, `true`."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return f"{{{', '.join(f'{key}: {_written(part)}' for key, part in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
    return str(value)
