"""The arguments of the probe `compare`, and every mistake in them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.sources.common.contract import Args, DurationText, mistake
from mmcockpit.sources.prometheus.compare.statistics import Direction
from mmcockpit.sources.prometheus.promql import selectors
from mmcockpit.sources.prometheus.promql_syntax import refusal
from mmcockpit.sources.prometheus.promql_window import WindowedQuery, window_refusal, with_window

MAX_SAMPLES = 1_000
"""Most samples of each side; more find differences that matter to no one, and take long."""
PromQL = Annotated[str, Field(min_length=1, max_length=20_000)]


class Counts(BaseModel):
    """The counts of one side."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    errors: Annotated[WindowedQuery, Field(min_length=1, description="PromQL of the number of errors in `[$window]`.")]
    total: Annotated[WindowedQuery, Field(min_length=1, description="PromQL of the number of all events in it.")]


Selection = Annotated[
    Annotated[PromQL, Tag("samples")] | Annotated[Counts, Tag("counts")],
    Discriminator(lambda value: "counts" if isinstance(value, dict | Counts) else "samples"),
]


class Compare(Args):
    """A candidate and its baseline: two queries at the same time, or one query before and after a time."""

    kind: Annotated[
        Literal["samples", "counts"], Field(description="Whether the queries give samples, or {errors, total}.")
    ] = "samples"
    baseline: Annotated[Selection | None, Field(description="PromQL of the present version; one series.")] = None
    candidate: Annotated[Selection | None, Field(description="PromQL of the new version; one series.")] = None
    query: Annotated[Selection | None, Field(description="PromQL that is compared before and after `since`.")] = None
    since: Annotated[str, Field(description="`T0`, or a time in RFC 3339: the candidate begins here.")] = ""
    over: Annotated[DurationText, Field(description="Time range of each side.")] = "30m"
    step: Annotated[DurationText, Field(description="Time between two samples: not less than the query's range.")] = (
        "1m"
    )
    direction: Annotated[Direction, Field(description="Which difference is worse.")] = "higher"
    minimum: Annotated[
        int, Field(ge=8, le=1_000_000, description="Least samples, or events, of each side; with fewer it is unknown.")
    ] = 30
    effect: Annotated[
        float | None,
        Field(
            gt=0, lt=1, description="Smallest relevant Cliff's delta: 0.33; of counts the difference of shares: 0.001."
        ),
    ] = None
    change: Annotated[
        float, Field(ge=0, le=100, description="Smallest relevant change of the median or share, as a ratio.")
    ] = 0.05

    @field_validator("since")
    @classmethod
    def _time(cls, value: str) -> str:
        if value != "T0":
            moment_of(value)
        return value

    @model_validator(mode="after")
    def _fitting(self) -> "Compare":
        sides = (self.baseline, self.candidate)
        if (self.query is None) == (sides == (None, None)) or (self.query is None and None in sides):
            raise mistake("must have either `baseline` and `candidate`, or `query` and `since`")
        if (self.query is None) == bool(self.since):
            raise mistake("must have `since` with `query`, and only with it: T0 or a time")
        if self.query is None and self.baseline == self.candidate:
            raise mistake("must not compare a query with itself; write the labels of each version")
        counts = self.kind == "counts"
        if any(isinstance(each, Counts) is not counts for each in self.selections()):
            wanted = "{errors: PROMQL, total: PROMQL}" if counts else "PromQL (kind: counts has {errors, total})"
            raise mistake(f"is of kind {self.kind}, so each query must be {wanted}")
        return self if counts else self._samples()

    def _samples(self) -> "Compare":
        over_s, step_s = seconds(self.over), seconds(self.step)
        longest = max((each.range_s for text in self.texts() for each in selectors(text)), default=0.0)
        if longest > step_s:
            why = "samples of overlapping ranges are not independent"
            raise mistake(f"must have a step of at least the query's range, {duration(longest)}: {why}")
        possible = int(over_s / step_s)
        if possible > MAX_SAMPLES:
            raise mistake(f"has more than {MAX_SAMPLES} samples; use a longer step")
        if possible < self.minimum:
            way_out = "use a longer `over`, a shorter `step` or a smaller `minimum`"
            raise mistake(f"has at most {counted(possible, 'sample')}, and minimum is {self.minimum}; {way_out}")
        return self

    def selections(self) -> tuple[str | Counts, ...]:
        """Return the queries as written."""
        return tuple(each for each in (self.baseline, self.candidate, self.query) if each is not None)

    def texts(self) -> tuple[str, ...]:
        """Return the PromQL of every query."""
        whole = seconds(self.over)
        parts = (
            (each,) if isinstance(each, str) else (with_window(each.errors, whole), with_window(each.total, whole))
            for each in self.selections()
        )
        return tuple(text for part in parts for text in part)

    def doubts(self, fresh: str) -> list[tuple[str, int, int, str]]:
        written = {name: getattr(self, name) for name in ("baseline", "candidate", "query")}
        texts = {name: each for name, each in written.items() if isinstance(each, str)}
        found = [(name, refused) for name, text in texts.items() if (refused := refusal(text))]
        for name, each in written.items():
            for text in (each.errors, each.total) if isinstance(each, Counts) else ():
                refused = window_refusal(text)
                found += [(name, (1, 1, refused[2]))] if refused else []
        return [(name, line, column, f"promql-parser: {why}") for name, (line, column, why) in found]


def moment_of(text: str) -> float:
    """Return the Unix time of an RFC 3339 text; a mistake for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise mistake("must be T0, or a time with a time zone in RFC 3339, such as 2026-12-06T02:00:00Z")
    return moment.timestamp()
