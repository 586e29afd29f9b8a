"""An authority that only the tests trust, and certificates of it for servers and clients."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from mmcockpit.simulator.servers.process import HOST


class Authority:
    """Certificates of an authority that only these tests trust."""

    def __init__(self, folder: Path) -> None:
        self._made = trustme.CA()
        self.ca = str(folder / "ca.pem")
        self._made.cert_pem.write_to_path(self.ca)

    def context(self, name: str = HOST, ends: timedelta = timedelta(days=9), strict: bool = False) -> ssl.SSLContext:
        """Return what a server needs; a strict one asks clients for a certificate."""
        now = datetime.now(UTC)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued = self._made.issue_cert(name, not_before=now - timedelta(days=20), not_after=now + ends)
        issued.configure_cert(context)
        if strict:
            context.verify_mode = ssl.CERT_REQUIRED
            self._made.configure_trust(context)
        return context

    def issue(self, path: Path) -> str:
        """Write a certificate of a client with its key."""
        issued = self._made.issue_cert("cockpit@example.com")
        issued.private_key_and_cert_chain_pem.write_to_path(path)
        return str(path)
