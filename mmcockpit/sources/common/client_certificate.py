"""A client certificate: its files are read again when they change, as a certificate manager renews them."""

import os
import ssl
from pathlib import Path

from mmcockpit.core.model.reading import FaultKind, ProbeError


class ClientCertificate:
    """The certificate and key that prove who we are to a server that asks for them; PEM files."""

    def __init__(self, certificate: str, key: str) -> None:
        self._certificate = Path(certificate).expanduser()
        self._key = Path(key or certificate).expanduser()
        self._loaded: tuple[object, ...] | None = None

    def load(self, context: ssl.SSLContext) -> None:
        """Load the files into a TLS context, unless they are unchanged; connections that are open keep the old one.

        Raises ProbeError(configuration) for files that are missing, do not belong together, or need a passphrase.
        """
        state = (id(context), *_state(self._certificate), *_state(self._key))
        if state == self._loaded:
            return
        try:
            # Without a password, OpenSSL would ask for one at the terminal.
            context.load_cert_chain(self._certificate, self._key, password=lambda: b"")
        except ssl.SSLError as error:
            why = "no PEM certificate with a key that belongs to it and needs no passphrase"
            raise ProbeError(FaultKind.CONFIGURATION, f"client certificate {self._certificate}: {why}") from error
        except OSError as error:
            why = f"client certificate {self._certificate}: {error.strerror}"
            raise ProbeError(FaultKind.CONFIGURATION, why) from error
        self._loaded = state


def _state(path: Path) -> tuple[object, ...]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise ProbeError(FaultKind.CONFIGURATION, f"client certificate {path}: {error.strerror}") from error
    return status.st_mtime_ns, status.st_size, status.st_ino
