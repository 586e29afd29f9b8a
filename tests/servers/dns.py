"""A scriptable DNS server on loopback, by UDP and TCP: zones of records, and answers that no good server gives."""

import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from mmcockpit.simulator.servers.process import HOST, free_port

Twist = Callable[[dns.message.Message], bytes | None]
"""Makes of a good answer the bytes that are sent by UDP, None for silence."""


def silent(answer: dns.message.Message) -> bytes | None:
    """Say nothing."""
    return None


def garbage(answer: dns.message.Message) -> bytes:
    """Answer this question with bytes that are no DNS."""
    return struct.pack("!H", answer.id) + b"\x81\x80\xff\xff not dns"


def cut(answer: dns.message.Message) -> bytes:
    """Break off in the middle."""
    wire = answer.to_wire()
    return wire[: len(wire) - 5]


def cut_tcp_only(answer: dns.message.Message) -> bytes:
    """Say that the answer is too long for UDP; TCP has it."""
    answer.answer.clear()
    answer.flags |= dns.flags.TC
    return answer.to_wire()


def other_question(answer: dns.message.Message) -> bytes:
    """Answer a question that was not asked."""
    return dns.message.make_response(dns.message.make_query("other.test.", "A", id=answer.id)).to_wire()


def fails(rcode: str) -> Twist:
    """Answer nothing but this rcode, e.g. SERVFAIL."""

    def twist(answer: dns.message.Message) -> bytes:
        answer.answer.clear()
        answer.set_rcode(dns.rcode.from_text(rcode))
        return answer.to_wire()

    return twist


class DnsServer:
    """Answers from `records`: (name, type) to its TTL and texts; a CNAME is followed where its target is known.

    A name without any record is NXDOMAIN. Everything may change at any time. `host` is any address of 127.0.0.0/8.
    """

    def __init__(self, *, host: str = HOST, port: int | None = None, authoritative: bool = False) -> None:
        self.host, self.port = host, port or free_port()
        self.authoritative = authoritative
        self.records: dict[tuple[str, str], tuple[int, list[str]]] = {}
        self.twist: Twist | None = None
        self.asked: list[tuple[str, str, bool]] = []
        """Name, type and whether recursion was desired, in order."""
        self._servers: list[socketserver.BaseServer] = []
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> str:
        """What a cockpit file calls it."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        for base in (_Datagrams, _Streams):
            server = base((self.host, self.port), _Stream if base is _Streams else _Datagram)
            server.owner = self
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            self._servers.append(server)
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(10)

    def answer(self, wire: bytes) -> dns.message.Message:
        """Return the good answer to a question."""
        query = dns.message.from_wire(wire)
        asked = query.question[0]
        self.asked.append((str(asked.name), dns.rdatatype.to_text(asked.rdtype), bool(query.flags & dns.flags.RD)))
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA if self.authoritative else dns.flags.RA
        name = str(asked.name)
        if not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        while True:
            if self._add(answer, name, dns.rdatatype.to_text(asked.rdtype)) or (name, "CNAME") not in self.records:
                return answer
            self._add(answer, name, "CNAME")
            name = self.records[name, "CNAME"][1][0]

    def _add(self, answer: dns.message.Message, name: str, type_: str) -> bool:
        if (name, type_) not in self.records:
            return False
        ttl, texts = self.records[name, type_]
        answer.answer.append(dns.rrset.from_text_list(dns.name.from_text(name), ttl, "IN", type_, texts))
        return True


class _Datagrams(socketserver.ThreadingUDPServer):
    owner: DnsServer
    daemon_threads = True
    allow_reuse_address = True


class _Streams(socketserver.ThreadingTCPServer):
    owner: DnsServer
    daemon_threads = True
    allow_reuse_address = True


class _Datagram(socketserver.BaseRequestHandler):
    server: _Datagrams

    def handle(self) -> None:
        wire, back = self.request
        answer = self.server.owner.answer(wire)
        said = self.server.owner.twist(answer) if self.server.owner.twist else answer.to_wire()
        if said is not None:
            back.sendto(said, self.client_address)


class _Stream(socketserver.BaseRequestHandler):
    server: _Streams

    def handle(self) -> None:
        connection: Any = self.request
        with suppress(OSError):
            (length,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
            wire = self.server.owner.answer(connection.recv(length, socket.MSG_WAITALL)).to_wire()
            connection.sendall(struct.pack("!H", len(wire)) + wire)
