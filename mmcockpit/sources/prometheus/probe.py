"""What all Prometheus probes share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.prometheus.freshness import Freshness
from mmcockpit.sources.prometheus.series import KnownSeries

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine


class PrometheusClient(Protocol):
    """What a probe needs of its source."""

    freshness: Freshness
    series: KnownSeries

    async def ask(self, timeout: float, job: Any) -> Any:
        """Run the job in a thread with a line to the server."""
        ...


@dataclass(frozen=True, slots=True)
class PrometheusProbe(Connectionless):
    """A probe of one Prometheus; it queries only while the samples behind the query are fresh."""

    source: PrometheusClient
    question: Question

    async def read(self) -> Reading:
        """Poll once; a `fresh` selector whose newest sample is too old or missing is the fault stale."""
        reading: Reading = await self.source.ask(self.question.timeout, self._read)
        return reading

    def answer(self, line: "PrometheusLine") -> Any:
        """Run the query of the probe; the result is the reading's value."""
        raise NotImplementedError

    def _read(self, line: "PrometheusLine") -> Reading:
        sampled = self.source.freshness.newest(line, self.question) if self.question.fresh else None
        value = self.answer(line)
        remarks = [*line.notes, *self.verify(line, value)]
        return Reading(value, sampled, remark="; ".join(remarks))

    def verify(self, line: "PrometheusLine", value: Any) -> list[str]:
        """Return remarks on a value; ProbeError if it proves nothing."""
        return []
