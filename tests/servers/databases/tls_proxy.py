"""A proxy on loopback that ends TLS and forwards to a server without it."""

import os
import select
import socket
import ssl
import threading
from contextlib import suppress

from mmcockpit.simulator.servers.process import HOST
from tests.sources.raw import RawServer


class TlsProxy(RawServer):
    """Forwards every connection to a loopback port; a failed handshake is an alert to the client, as by OpenSSL."""

    def __init__(self, target: int, context: ssl.SSLContext) -> None:
        super().__init__(self._forward)
        self._target, self._context = target, context

    def _forward(self, connection: socket.socket, closing: threading.Event) -> None:
        client = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with client, suppress(OSError):
            try:
                client.do_handshake()
            except ssl.SSLError:
                # Without reading what the client has sent, closing would take the alert back.
                socket.socket.shutdown(client, socket.SHUT_WR)
                while connection_data(client):
                    pass
                return
            with socket.create_connection((HOST, self._target), timeout=10) as server:
                self._pump(client, server, closing)

    def _pump(self, client: ssl.SSLSocket, server: socket.socket, closing: threading.Event) -> None:
        ends: dict[socket.socket, socket.socket] = {client: server, server: client}
        while not closing.is_set():
            for ready in select.select(list(ends), [], [], 0.1)[0]:
                data = ready.recv(65_536)
                # What TLS has decrypted already does not wake select.
                while ready is client and client.pending():
                    data += client.recv(65_536)
                if not data:
                    return
                ends[ready].sendall(data)


def connection_data(client: ssl.SSLSocket) -> bytes:
    """Return what a client sent, undecrypted; empty at the end."""
    return os.read(client.fileno(), 65_536)
