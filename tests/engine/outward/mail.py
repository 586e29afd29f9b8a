"""A real SMTP server on loopback that keeps every mail; with a TLS context each connection begins with TLS."""

import ssl
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from mmcockpit.simulator.servers.process import HOST, free_port

ACCEPTED = "250 OK"


class MailServer:
    """Takes mails; `mails` are their bytes in order, `answer` is what it answers to the next ones."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.port = free_port()
        self.mails: list[bytes] = []
        self.answer = ACCEPTED
        self._controller = Controller(self, hostname=HOST, port=self.port, ssl_context=tls, ready_timeout=30.0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a mail: the name of this method is that of the library."""
        content: Any = envelope.content
        self.mails.append(content if isinstance(content, bytes) else content.encode())
        return self.answer

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()
