"""A witness that keeps the failovers of a source."""

from mmcockpit.core.facts.sources import Identity


class Failovers:
    """`recorded` are what failed over, the former member and the new one."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, str, str]] = []

    def identified(self, identity: Identity) -> None:
        """Accept any system."""

    def unverified(self, why: str) -> None:
        """Record nothing."""

    def failed_over(self, what: str, was: str, now: str) -> None:
        """Keep it."""
        self.recorded.append((what, was, now))
