"""The store of shared sessions as commands use it: which one it is, and the session in it."""

import socket
from collections.abc import Mapping

from mmcockpit.share.postgres.address import open_store
from mmcockpit.share.postgres.publisher import Publisher
from mmcockpit.sources.common.secrets import Secrets


def publisher(reference: Mapping[str, str], session: str) -> Publisher:
    """Return the service that copies a driver's session to the store; `reference` is `share.postgres`."""
    return Publisher(open_store(reference, Secrets()), session, socket.gethostname())
