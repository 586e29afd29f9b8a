"""The kinds of facts about the watched systems: which one answers, and whether its certificate is verified."""

import msgspec

from mmcockpit.core.facts.body import Body


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What tells one system from another of its kind.

    `unique` is its own identifier (UID of namespace kube-system, PostgreSQL's system_identifier), empty where it is not
    readable: then `address` decides, and `limits` says why. `authorities` are SHA-256 fingerprints of its CA.
    """

    address: str
    unique: str = ""
    authorities: tuple[str, ...] = ()
    limits: str = ""

    def same(self, other: "Identity") -> bool:
        """Return whether both are one system; a CA that is being replaced shares a certificate with the former one."""
        trusted = set(self.authorities) & set(other.authorities) or self.authorities == other.authorities
        if self.unique and other.unique:
            return bool(trusted) and self.unique == other.unique
        return bool(trusted) and self.address == other.address

    def __str__(self) -> str:
        told = [self.unique and f"id {self.unique}", self.authorities and f"CA {self.authorities[0][:12]}"]
        limits = f" ({self.limits})" if self.limits else ""
        return f"{', '.join([part for part in told if part] + [f'at {self.address}'])}{limits}"


class SourceIdentified(Body, frozen=True):
    """A source answered for the first time, or the known system answers again: this is who it is."""

    source: str
    identity: Identity


class IdentityDiffered(Body, frozen=True):
    """Another system answered for a source: its results are faults until an operator accepts it."""

    source: str
    identity: Identity


class IdentityAccepted(Body, frozen=True):
    """An operator accepted another system for a source."""

    source: str
    identity: Identity
    by: str
    reason: str


class FailedOver(Body, frozen=True):
    """Another member of a source's system answers, or its role changed; readings continue.

    `what` names the member or the property, `was` and `now` are its values.
    """

    source: str
    what: str
    was: str
    now: str


class VerificationChanged(Body, frozen=True):
    """TLS certificates of a source are not verified because of `off`; empty: they are verified again."""

    source: str
    off: str
