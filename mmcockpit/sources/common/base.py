"""Base classes of sources and probes: nothing to close, and one time limit for a poll."""

from abc import ABC, abstractmethod
from typing import Any, Protocol

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.common.deadline import deadline


class Connectionless:
    """A source or probe that keeps nothing open between polls, or whose connections belong to its source."""

    __slots__ = ()

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


class Named(Protocol):
    """A system with a name for messages."""

    @property
    def host(self) -> str:
        """The name of the system in messages."""
        ...


class TimedProbe(Connectionless, ABC):
    """A probe of one system; all requests of a poll together have the timeout of its signal."""

    def __init__(self, system: Named, question: Question) -> None:
        self._system = system
        self.args = question.args
        self.timeout = question.timeout

    async def read(self) -> Reading:
        """Poll once; ProbeError if there is no valid result in time."""
        await self.ready()
        async with deadline(self.timeout, self._system.host):
            return await self.poll()

    async def ready(self) -> None:
        """Prepare the first poll, for example sign in; this does not count as time of the poll."""
        return

    @abstractmethod
    async def poll(self) -> Reading:
        """Return a reading, without a time limit of its own; ProbeError if there is no valid result."""


class ValueProbe(TimedProbe):
    """A probe that returns a value, and in `remark` what has to be known of it, such as that a standby was polled."""

    def __init__(self, system: Named, question: Question) -> None:
        super().__init__(system, question)
        self.remark = ""

    async def poll(self) -> Reading:
        self.remark = ""
        value = await self.value()
        return Reading(value, remark=self.remark)

    @abstractmethod
    async def value(self) -> Any:
        """Return the reading's value, without a time limit of its own; ProbeError if there is no valid one."""
