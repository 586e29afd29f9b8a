"""The address of the store: a DSN by reference, read again for every new connection."""

from collections.abc import Callable, Mapping
from typing import Any

from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.sources.common.credential import Credential
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets


def address(reference: Mapping[str, Any], secrets: Secrets) -> Callable[[], str]:
    """Return a function with the current DSN of `share.postgres`; ProbeError if there is none.

    It is called for every new connection, and may block while a program prints the DSN: call it in a thread.
    """
    secret = Secret(**reference)
    credential: Credential | None = None

    def current() -> str:
        nonlocal credential
        if credential is None:
            credential = Credential(secret, secrets)
        elif secret.command is not None:
            credential.renewed("")
        return credential.value

    return current


def open_store(reference: Mapping[str, Any], secrets: Secrets) -> SharedStore:
    """Return the store of `share.postgres`, not connected yet; secrets are struck out of its messages."""
    return SharedStore(address(reference, secrets), secrets.redact)
