"""The facts about the systems behind sources: which system responds, and whether its TLS certificate is verified."""

import msgspec

from mmcockpit.core.facts.body import Body


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """The identity of a system among others of its kind.

    `unique` is its own identifier (UID of namespace kube-system, PostgreSQL's system_identifier), empty where it is not
    readable: then `address` is compared, and `limits` is the reason. `authorities` are SHA-256 fingerprints of its CA.
    """

    address: str
    unique: str = ""
    authorities: tuple[str, ...] = ()
    limits: str = ""

    def same(self, other: "Identity") -> bool:
        """Return whether both are the same system; during a CA rotation, one common certificate is enough."""
        trusted = set(self.authorities) & set(other.authorities) or self.authorities == other.authorities
        if self.unique and other.unique:
            return bool(trusted) and self.unique == other.unique
        return bool(trusted) and self.address == other.address

    def __str__(self) -> str:
        marks = [self.unique and f"id {self.unique}", self.authorities and f"CA {self.authorities[0][:12]}"]
        limits = f" ({self.limits})" if self.limits else ""
        return f"{', '.join([part for part in marks if part] + [f'at {self.address}'])}{limits}"


class SourceIdentified(Body, frozen=True):
    """The identity of a source's system was recorded: at its first response, or when the known system is back."""

    source: str
    identity: Identity


class IdentityDiffered(Body, frozen=True):
    """Another system responded for a source: its results are faults until an operator accepts it."""

    source: str
    identity: Identity


class IdentityAccepted(Body, frozen=True):
    """An operator accepted another system for a source."""

    source: str
    identity: Identity
    by: str
    reason: str


class FailedOver(Body, frozen=True):
    """Another member of a source's system responds, or its role changed; readings continue.

    `what` is the member or the property, `was` and `now` are its values.
    """

    source: str
    what: str
    was: str
    now: str


class LogRead(Body, frozen=True):
    """The end of the log of one entry of a signal's value, such as a pod, was read because an operator requested it.

    `lines` are the last ones, oldest first, cleaned and without credentials; `previous` is set if they are those of the
    container's run before the present one. `failed` is why nothing was read.
    """

    signal: str
    entry: str
    container: str = ""
    lines: tuple[str, ...] = ()
    previous: bool = False
    failed: str = ""


class VerificationChanged(Body, frozen=True):
    """TLS verification of a source is off because of `off`, or on again where `off` is empty."""

    source: str
    off: str
