"""The address of the store: a DSN by reference, read again for every new connection."""

from collections.abc import Callable, Mapping

from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.sources.common.credential import Credential
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets


def address(reference: Mapping[str, str], secrets: Secrets) -> Callable[[], str]:
    """Return a function with the current DSN of `share.postgres`; ProbeError(configuration) if there is none."""
    credential: Credential | None = None

    def current() -> str:
        nonlocal credential
        if credential is None:
            credential = Credential(Secret(**reference), secrets)
        return credential.value

    return current


def open_store(reference: Mapping[str, str], secrets: Secrets) -> SharedStore:
    """Return the store of `share.postgres`, not connected yet; secrets are struck out of its messages."""
    return SharedStore(address(reference, secrets), secrets.redact)
