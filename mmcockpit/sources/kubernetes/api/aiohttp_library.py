"""Imports aiohttp, without the machine's certificate authorities that it reads twice into contexts of its own.

The Kubernetes client makes a context for each API server; those of aiohttp take 0.1 s and 2 MB, and are not used.
"""

import ssl
import threading
from asyncio.sslproto import SSLProtocol
from importlib import import_module
from typing import Any

READ_BYTES = 64 * 1024
"""The buffer of a TLS connection: with asyncio's 256 KiB, 40 watches take 10 MB, and long lists more CPU."""
_importing = threading.Lock()


class LateTrust(ssl.SSLContext):
    """A TLS context that reads the machine's authorities before its first connection, and is an ordinary one then."""

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Return a connection over memory buffers, as asyncio uses it."""
        self._complete()
        return self.wrap_bio(*args, **options)

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """Return a connection over a socket."""
        self._complete()
        return self.wrap_socket(*args, **options)

    def _complete(self) -> None:
        self.__class__ = ssl.SSLContext  # type: ignore[assignment]
        self.set_default_verify_paths()


def aiohttp_library() -> Any:
    """Import aiohttp; whoever uses its own contexts gets the machine's authorities with the first connection."""
    SSLProtocol.max_size = READ_BYTES
    with _importing:
        importer, own = threading.get_ident(), ssl.SSLContext.set_default_verify_paths

        def later(context: ssl.SSLContext) -> None:
            # Contexts that other threads make meanwhile are as ever.
            if threading.get_ident() == importer:
                context.__class__ = LateTrust
            else:
                own(context)

        ssl.SSLContext.set_default_verify_paths = later  # type: ignore[method-assign, assignment]
        try:
            return import_module("aiohttp")
        finally:
            # The method is inherited: without ours it is the former one again.
            del ssl.SSLContext.set_default_verify_paths
