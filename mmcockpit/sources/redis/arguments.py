"""The arguments of the Redis probes."""

from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from mmcockpit.sources.common.contract import Args


class InfoArgs(Args):
    """A section of INFO; without one, the server's default sections."""

    shorthand: ClassVar[str] = "section"
    section: Annotated[str, Field(pattern=r"^[A-Za-z_]*$", description="e.g. memory, persistence, stats")] = ""
    fields: Annotated[tuple[str, ...], Field(description="Keep only these fields.")] = ()


class ConfigArgs(Args):
    """The name of the parameter."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$", description="e.g. maxmemory-policy")]

    @field_validator("name")
    @classmethod
    def _no_secret(cls, name: str) -> str:
        if "pass" in name or name.endswith("auth"):
            raise ValueError(f"{name} is a password; secrets are never read")
        return name


class HitRateArgs(Args):
    """The least number of lookups between two polls for a rate."""

    min_lookups: Annotated[int, Field(ge=1, description="With fewer lookups than this there is no data.")] = 50

    @property
    def numeric(self) -> bool:
        return True


class SnapshotArgs(Args):
    """The largest age of the last snapshot."""

    max_age_s: Annotated[int, Field(ge=1, description="Maximum age of a snapshot in seconds.")] = 86_400
