"""DNS source: what a name resolves to, at several resolvers and at the zone's own servers, and whether they agree."""

import asyncio
import ipaddress
import re
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.text import plain
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Health, Kind, Options, ProbeKind, Question
from mmcockpit.sources.common.library_modules import http_library
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import Workers
from mmcockpit.sources.dns.values import ResolveValue

if TYPE_CHECKING:
    from mmcockpit.sources.dns.exchange import Answered, DnsExchanges

CHECK_TIMEOUT_S = 5.0
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"')
_ESCAPED = re.compile(r'\\(["\\])')


def _resolver(text: str) -> str:
    try:
        ip, port = split_address(text, 53)
        ipaddress.ip_address(ip)
    except ValueError:
        raise ValueError(f"{text!r} is not an address; write 1.1.1.1, 1.1.1.1:53 or [2606:4700::1111]:53") from None
    if not 0 < port < 65_536:
        raise ValueError(f"invalid port {port}")
    return text


def split_address(text: str, port: int) -> tuple[str, int]:
    """Return ip and port of `ip`, `ip:port` or `[ip]:port`; ValueError for anything else."""
    if text.count(":") > 1 and not text.startswith("["):
        return text, port
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.path or parts.username is not None:
        raise ValueError(text)
    return parts.hostname, port if parts.port is None else parts.port


Resolver = Annotated[str, AfterValidator(_resolver)]
_Listed = BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
Resolvers = Annotated[tuple[Resolver, ...], _Listed, Field(max_length=16)]


class DnsOptions(Options):
    """The resolvers that are queried."""

    resolvers: Annotated[Resolvers, Field(description="ip or ip:port; default: the resolvers of this machine.")] = ()
    authoritative: Annotated[bool, Field(description="Also query the servers of the name's zone.")] = False
    port: Annotated[
        int, Field(ge=1, le=65_535, description="Default port of resolvers, and port of the zone's servers.")
    ] = 53


class Resolve(Args):
    """A name, and the type of its records."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_*-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$", max_length=254)]
    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] = "A"
    resolvers: Annotated[Resolvers, Field(description="Instead of the source's.")] = ()
    expect: Annotated[
        tuple[str, ...], _Listed, Field(description="The answers that all servers must give; sets `expected`.")
    ] = ()


class DnsSource(Connectionless):
    """Some resolvers; each poll sends one datagram to each of them, repeated once if it may be lost."""

    def __init__(self, options: DnsOptions, secrets: Secrets) -> None:
        self.authoritative = options.authoritative
        self._resolvers, self._port = options.resolvers, options.port
        self._workers = Workers("dns", 1)
        self._opening = asyncio.Lock()
        self._desk: DnsExchanges | None = None

    async def desk(self) -> "DnsExchanges":
        """Return the Desk that sends queries; its module is imported in a thread, the first time only."""
        async with self._opening:
            if self._desk is None:
                self._desk = await self._workers.run(self._opened)
        return self._desk

    def servers(self, desk: "DnsExchanges", named: tuple[str, ...] = ()) -> list[tuple[str, int]]:
        """Return the addresses of these resolvers, else of the source's, else of this machine's."""
        return [split_address(text, self._port) for text in named or self._resolvers or desk.local]

    async def check(self) -> Health:
        """Query the name servers of the root at every resolver."""
        try:
            desk = await self.desk()
        except ProbeError as error:
            return Health(False, False, message=error.message)
        asked = [desk.ask(server, ".", "NS", CHECK_TIMEOUT_S) for server in self.servers(desk)]
        answers = await asyncio.gather(*asked)
        good = [answer for answer in answers if answer.kind is None]
        missing = tuple(f"{answer.resolver}: {answer.why}" for answer in answers if answer.kind is not None)
        ms = min((answer.ms for answer in good), default=0.0)
        return Health(bool(good), bool(good), ms=ms, missing=missing, message="" if good else "no resolver responds")

    def _opened(self) -> "DnsExchanges":
        # The library of DNS imports the one of HTTP.
        http_library()
        module = import_module("mmcockpit.sources.dns.exchange")
        exchanges: DnsExchanges = module.DnsExchanges(self._port, local=not self._resolvers)
        return exchanges


class ResolveProbe(Connectionless):
    """Queries all servers at once; with `authoritative`, the zone's own servers too."""

    def __init__(self, source: DnsSource, question: Question) -> None:
        self._source, self._question = source, question

    async def read(self) -> Reading:
        """Query all servers at once; ProbeError if no resolver responds, or no server of a zone that is queried."""
        args, timeout = self._question.args, self._question.timeout
        desk = await self._source.desk()
        servers = self._source.servers(desk, args.resolvers)
        try:
            async with asyncio.timeout(timeout):
                answers = await asyncio.gather(
                    *(desk.ask(server, args.name, args.type, timeout * 0.9) for server in servers)
                )
                first = _answered(answers)
                if self._source.authoritative:
                    server = servers[answers.index(first)]
                    zone = await desk.authoritative(server, args.name, args.type, timeout)
                    _answered(zone)
                    answers = [*answers, *zone]
        except TimeoutError as error:
            why = f"{args.name}: no response of the zone's servers within {timeout:g}s"
            raise ProbeError(FaultKind.TIMEOUT, why) from error
        return Reading(_value(answers, args))


def _answered(answers: "list[Answered]") -> "Answered":
    """Return the first valid answer; ProbeError if all are faults, of the kind of the first."""
    for answer in answers:
        if answer.kind is None:
            return answer
    causes = dict.fromkeys(f"{answer.resolver}: {answer.why}" for answer in answers)
    raise ProbeError(answers[0].kind or FaultKind.NO_DATA, plain("; ".join(causes), 300))


def _value(given: "list[Answered]", args: Resolve) -> dict[str, object]:
    good = [answer for answer in given if answer.kind is None]
    sets = [set(answer.answers) for answer in good]
    whole = len(good) == len(given)
    value: dict[str, object] = {
        "answers": sorted(set().union(*sets)),
        "agree": whole and all(each == sets[0] for each in sets) and len({each.rcode for each in good}) == 1,
        "nxdomain": all(answer.rcode == "nxdomain" for answer in good),
        "per_resolver": [_row(answer) for answer in given],
    }
    for name, authoritative in (("ttl", False), ("authoritative_ttl", True)):
        ttls = [answer.ttl for answer in good if answer.authoritative is authoritative and answer.ttl is not None]
        if ttls:
            value[name] = min(ttls)
    wanted = {_usual(text, args.type) for text in args.expect}
    if args.expect:
        value["expected"] = whole and all({_usual(text, args.type) for text in each} == wanted for each in sets)
    first = {_usual(text, args.type) for text in sets[0]} if good else set()
    like = (wanted, "noerror") if args.expect else (first, good[0].rcode if good else "")
    value["differing"] = [
        f"{answer.resolver}: {', '.join(answer.answers) or answer.rcode}"
        for answer in given
        if ({_usual(text, args.type) for text in answer.answers}, answer.rcode) != like
    ]
    return value


def _usual(text: str, type_: str) -> str:
    """Return an answer in the form in which answers are compared: addresses have one, names end without a dot.

    A text is one whether it is written in quotes, in several parts, or as it is.
    """
    if type_ == "TXT":
        return _ESCAPED.sub(r"\1", "".join(_QUOTED.findall(text))) if text.startswith('"') else text
    try:
        return str(ipaddress.ip_address(text)) if type_ in ("A", "AAAA") else text.rstrip(".").lower()
    except ValueError:
        return text.rstrip(".").lower()


def _row(answer: "Answered") -> dict[str, object]:
    row = {
        "resolver": answer.resolver,
        "authoritative": answer.authoritative,
        "answers": list(answer.answers),
        "rcode": answer.rcode,
        "ms": answer.ms,
    }
    return row if answer.ttl is None else row | {"ttl": answer.ttl}


PROBES = {"resolve": ProbeKind(Resolve, ResolveProbe, ResolveValue)}

KIND = Kind(
    options=DnsOptions,
    open=DnsSource,
    probes=PROBES,
    target=lambda options: f"dns {', '.join(options.resolvers) or 'resolvers of this machine'}",
)
