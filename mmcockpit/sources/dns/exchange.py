"""One DNS query to one server, and the lookup of a zone's servers; imported with the first poll."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from time import perf_counter

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.deadline import cause

MAX_SERVERS = 8
"""Most servers of a zone that are queried."""
FIRST_TRY = 0.4
"""Part of the timeout after which a datagram that may be lost is sent again."""
_AS_WRITTEN = {"TXT", "CAA"}
"""Types whose answers are kept as text; in others, upper case and the last dot are dropped."""
_REFUSALS = {
    "refused": (FaultKind.FORBIDDEN, "the resolver refuses our queries"),
    "lame": (FaultKind.MALFORMED, "listed as a server of the zone, but has no data of it"),
}
"""Faults of responses without an answer; every other rcode is a server error."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The response of one server; with a `kind` it is a fault, and `why` is the cause."""

    resolver: str
    rcode: str
    ms: float
    answers: tuple[str, ...] = ()
    ttl: int | None = None
    kind: FaultKind | None = None
    why: str = ""
    authoritative: bool = False
    alias: str = ""
    """The end of a CNAME chain whose target was not in the answer."""


class DnsExchanges:
    """Queries DNS servers; `local` are this machine's resolvers, looked up only if needed."""

    def __init__(self, port: int, *, local: bool) -> None:
        self.local = tuple(_local()) if local else ()
        self._port = port

    async def ask(
        self, server: tuple[str, int], name: str, type_: str, timeout: float, *, authoritative: bool = False
    ) -> Answered:
        """Query the records of a name; a failure is returned with its kind and cause."""
        shown = server[0] if server[1] == 53 else f"[{server[0]}]:{server[1]}" if ":" in server[0] else _joined(server)
        began = perf_counter()
        try:
            reply = await _exchange(server, name, type_, timeout, recursive=not authoritative)
            answer = _read(reply, shown, type_)
            if authoritative and answer.kind is None and not reply.flags & dns.flags.AA:
                answer = replace(answer, rcode="lame", kind=_REFUSALS["lame"][0], why=_REFUSALS["lame"][1])
        except (TimeoutError, dns.exception.Timeout):
            answer = Answered(shown, "timeout", 0, kind=FaultKind.TIMEOUT, why=f"no response within {timeout:g}s")
        except (dns.exception.DNSException, EOFError, ValueError) as error:
            answer = Answered(shown, "malformed", 0, kind=FaultKind.MALFORMED, why=f"response is not DNS: {error}")
        except OSError as error:
            kind, why = cause(error)
            answer = Answered(shown, str(kind), 0, kind=kind, why=why)
        ms = round((perf_counter() - began) * 1000, 1)
        return replace(answer, ms=ms, authoritative=authoritative)

    async def authoritative(self, server: tuple[str, int], name: str, type_: str, timeout: float) -> list[Answered]:
        """Query the servers of the zone that contains the name, found through a resolver.

        If the zone only has a CNAME to another zone, the resolver gives the rest. ProbeError if no zone is found.
        """
        zone, names = await self._zone(server, name, timeout)
        addresses = await asyncio.gather(*(self._address(server, label, timeout) for label in names))
        known = [(each, (ip, self._port)) for each, ip in zip(names, addresses, strict=True) if ip]
        if not known:
            raise ProbeError(FaultKind.UNREACHABLE, f"{zone}: no name server has an address")

        async def one(label: str, address: tuple[str, int]) -> Answered:
            answer = await self.ask(address, name, type_, timeout * FIRST_TRY, authoritative=True)
            if answer.kind is None and answer.alias and not answer.answers:
                rest = await self.ask(server, answer.alias, type_, timeout * FIRST_TRY)
                if rest.kind is not None:
                    answer = replace(answer, rcode=rest.rcode, kind=rest.kind, why=rest.why)
                answer = replace(answer, answers=rest.answers, rcode=rest.rcode)
            return replace(answer, resolver=label)

        return list(await asyncio.gather(*(one(label, address) for label, address in known)))

    async def _zone(self, server: tuple[str, int], name: str, timeout: float) -> tuple[str, list[str]]:
        """Return the closest zone above a name, and the names of its servers."""
        at = dns.name.from_text(name)
        while len(at.labels) > 2:
            reply = await _exchange_or_fault(server, str(at), "NS", timeout)
            for records in reply.answer:
                if records.name == at and records.rdtype == dns.rdatatype.NS:
                    return str(at), sorted(str(record.target) for record in records)[:MAX_SERVERS]
            at = at.parent()
        raise ProbeError(FaultKind.NO_DATA, f"{name}: no zone found")

    async def _address(self, server: tuple[str, int], name: str, timeout: float) -> str:
        for type_ in ("A", "AAAA"):
            answer = await self.ask(server, name, type_, timeout * FIRST_TRY)
            if answer.answers:
                return answer.answers[0]
        return ""


def _local() -> list[str]:
    try:
        resolver = dns.resolver.Resolver()
    except (dns.resolver.NoResolverConfiguration, OSError) as error:
        why = "this machine has no resolver; set resolvers"
        raise ProbeError(FaultKind.CONFIGURATION, why) from error
    return [str(server) for server in resolver.nameservers]


def _joined(server: tuple[str, int]) -> str:
    return f"{server[0]}:{server[1]}"


async def _exchange_or_fault(server: tuple[str, int], name: str, type_: str, timeout: float) -> dns.message.Message:
    try:
        return await _exchange(server, name, type_, timeout, recursive=True)
    except (TimeoutError, dns.exception.Timeout) as error:
        raise ProbeError(FaultKind.TIMEOUT, f"{_joined(server)}: no response for the zone of {name}") from error
    except (dns.exception.DNSException, EOFError, ValueError, OSError) as error:
        raise ProbeError(FaultKind.MALFORMED, f"{_joined(server)}: no DNS response for the zone of {name}") from error


async def _exchange(
    server: tuple[str, int], name: str, type_: str, timeout: float, *, recursive: bool
) -> dns.message.Message:
    """Send the query, once more if the first datagram may be lost; by TCP if the response is too long."""
    query = dns.message.make_query(name, type_, use_edns=0, payload=1232)
    if not recursive:
        query.flags &= ~dns.flags.RD
    ip, port = server
    async with asyncio.timeout(timeout):
        for part in (FIRST_TRY, None):
            try:
                reply, _ = await dns.asyncquery.udp_with_fallback(
                    query, ip, part and part * timeout, port, ignore_unexpected=True
                )
                return reply
            except dns.exception.Timeout:
                if part is None:
                    raise
    raise TimeoutError


def _read(reply: dns.message.Message, shown: str, type_: str) -> Answered:
    """Return what a response contains about the queried name."""
    rcode = dns.rcode.to_text(reply.rcode()).lower()
    if rcode not in ("noerror", "nxdomain"):
        kind, why = _REFUSALS.get(rcode, (FaultKind.SERVER_ERROR, f"response {rcode.upper()}"))
        return Answered(shown, rcode, 0, kind=kind, why=why)
    if rcode == "nxdomain":
        return Answered(shown, rcode, 0)
    if not isinstance(reply, dns.message.QueryMessage):
        raise ValueError("not a response to the query")
    chain = reply.resolve_chaining()
    if chain.answer is None:
        ttls = [alias.ttl for alias in chain.cnames]
        end = str(chain.canonical_name) if ttls else ""
        return Answered(shown, rcode, 0, ttl=min(ttls, default=None), alias=end)
    return Answered(shown, rcode, 0, tuple(sorted(_texts(chain.answer, type_))), chain.minimum_ttl)


def _texts(records: dns.rrset.RRset, type_: str) -> Iterable[str]:
    texts = (rdata.to_text() for rdata in records)
    return texts if type_ in _AS_WRITTEN else (text.rstrip(".").lower() for text in texts)
