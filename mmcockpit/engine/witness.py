"""Records what sources report beside readings; results of another system become faults."""

from collections.abc import Callable

from mmcockpit.core.decide.identities import another
from mmcockpit.core.facts.event import AnyBody, FailedOver, IdentityDiffered, SourceIdentified, VerificationChanged
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain


class SourceWitness:
    """Compares what one source reports with the session; publishes only what is new."""

    def __init__(self, source: str, session: Callable[[], Session], publish: Callable[[AnyBody], None]) -> None:
        self._source, self._session, self._publish = source, session, publish

    def identified(self, identity: Identity) -> None:
        """Record the first identity; ProbeError(configuration) for any other until an operator accepts it."""
        session = self._session()
        known = session.identities.get(self._source)
        if known is None or known.same(identity):
            learned = known is not None and identity.unique and not known.unique
            if known is None or learned or self._source in session.strangers:
                self._publish(SourceIdentified(self._source, identity))
            return
        if session.strangers.get(self._source) != identity:
            self._publish(IdentityDiffered(self._source, identity))
        raise ProbeError(FaultKind.CONFIGURATION, another(self._source, known, identity))

    def unverified(self, why: str) -> None:
        """Record that TLS verification was turned off, or on again."""
        if self._session().unverified.get(self._source, "") != why:
            self._publish(VerificationChanged(self._source, plain(why, 200)))

    def failed_over(self, what: str, was: str, now: str) -> None:
        """Record a failover; readings continue."""
        self._publish(FailedOver(self._source, plain(what, 100), plain(was, 100), plain(now, 100)))
