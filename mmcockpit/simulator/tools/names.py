"""DNS of the simulated production: a server on loopback that answers by UDP from a zone file.

The file is read for every query, so that an operator of the demo can switch the names during the cutover.
"""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

HOSTS = ("api.modelmuxer.com", "modelmuxer.com", "www.modelmuxer.com")
OLD_TARGET = "198.51.100.10"
"""Where the names point before the cutover: an address for documentation."""
TTL_S = 60
ZONE = "".join(f"{host}. {TTL_S} IN A {OLD_TARGET}\n" for host in HOSTS)


class NameServer:
    """A resolver that knows only the names of a zone file."""

    def __init__(self, zone: Path) -> None:
        """Write the zone file unless it exists."""
        self._zone = zone
        if not zone.exists():
            zone.write_text(ZONE, encoding="utf-8")
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, datagrams: socket.socket) -> None:
        """Answer the queries that arrive at a bound UDP socket, and those that wait in it."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Queries(self.answer), sock=datagrams)

    def stop(self) -> None:
        """Release the port."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def answer(self, wire: bytes) -> bytes:
        """Return the response to a query; a name without a record does not exist."""
        query = dns.message.from_wire(wire)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        asked = query.question[0]
        sets = [one for one in self._sets() if one.name == asked.name]
        if not sets:
            response.set_rcode(dns.rcode.NXDOMAIN)
        response.answer += [one for one in sets if one.rdtype == asked.rdtype]
        return response.to_wire()

    def _sets(self) -> list[dns.rrset.RRset]:
        """Return the record sets of the zone file; a line that is not a record is skipped."""
        sets: dict[tuple[str, str], tuple[int, list[str]]] = {}
        for line in self._zone.read_text(encoding="utf-8").splitlines():
            words = line.partition(";")[0].split(maxsplit=4)
            if len(words) == 5 and words[1].isdigit():
                _, values = sets.setdefault((words[0], words[3]), (int(words[1]), []))
                values.append(words[4].strip())
        return [dns.rrset.from_text_list(name, ttl, "IN", kind, texts) for (name, kind), (ttl, texts) in sets.items()]


class _Queries(asyncio.DatagramProtocol):
    """Answers each datagram; what is not a DNS query gets no response."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Respond to one query."""
        try:
            response = self._answer(data)
        except (dns.exception.DNSException, IndexError, OSError, ValueError):
            return
        self._transport.sendto(response, addr)
