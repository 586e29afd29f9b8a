"""A forward proxy on loopback: plain requests and CONNECT, with or without a password."""

import base64
import http.client
import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from mmcockpit.simulator.servers.process import HOST, free_port


class Proxy:
    """Forwards to any address of this machine; `asked` lists what it was asked for."""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.port = free_port()
        self.user, self.password = user, password
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer((HOST, self.port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_CONNECT(self) -> None:
        if not self._allowed():
            return
        self.proxy.asked.append(f"CONNECT {self.path}")
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as target:
            self.send_response(200)
            self.end_headers()
            self._pump(self.connection, target)
        self.close_connection = True

    def do_GET(self) -> None:
        if not self._allowed():
            return
        url = urlsplit(self.path)
        self.proxy.asked.append(f"{self.command} {url.scheme}://{url.netloc}")
        connection = http.client.HTTPConnection(url.netloc, timeout=10)
        query = f"?{url.query}" if url.query else ""
        connection.request(self.command, f"{url.path}{query}", headers=dict(self.headers))
        response = connection.getresponse()
        body = response.read()
        self.send_response(response.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def _allowed(self) -> bool:
        wanted = base64.b64encode(f"{self.proxy.user}:{self.proxy.password}".encode()).decode()
        if not self.proxy.user or self.headers.get("Proxy-Authorization") == f"Basic {wanted}":
            return True
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def _pump(self, client: socket.socket, target: socket.socket) -> None:
        ends = {client: target, target: client}
        while True:
            for ready in select.select(list(ends), [], [], 10)[0]:
                data = ready.recv(65_536)
                if not data:
                    return
                ends[ready].sendall(data)
