"""Real DNS messages over loopback: what names resolve to, who disagrees, and what is no answer."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading, normalise
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.sources import kind
from tests.servers.dns import DnsServer, Twist, cut, cut_tcp_only, fails, garbage, other_question, silent
from tests.sources.polling import answer, fault, in_time, opened, probe, value

pytestmark = pytest.mark.anyio

NAME = "api.modelmuxer.test."
HERE, THERE = ["192.0.2.2", "192.0.2.1"], ["198.51.100.7"]


@pytest.fixture
def pair() -> Iterator[tuple[DnsServer, DnsServer]]:
    """Give two resolvers that agree on NAME."""
    with DnsServer() as one, DnsServer() as other:
        for each, ttl in ((one, 300), (other, 120)):
            each.records = {(NAME, "A"): (ttl, HERE)}
        yield one, other


async def ask(servers: tuple[DnsServer, ...], name: str = NAME, timeout: float = 30.0, **args: Any) -> Answer:
    async with opened("dns", resolvers=[each.address for each in servers]) as source:
        return await answer(probe("dns", source, "resolve", {"name": name, **args}, timeout=timeout))


async def resolved(servers: tuple[DnsServer, ...], name: str = NAME, **args: Any) -> dict[str, Any]:
    """Return the value, which has no null in it; a fault fails the test."""
    read = await ask(servers, name, **args)
    assert isinstance(read, Reading), read
    assert normalise(read.value)[1] == ""
    assert isinstance(read.value, dict)
    return read.value


async def resolved_in_time(servers: tuple[DnsServer, ...], timeout: float, **args: Any) -> dict[str, Any]:
    """Return the value of the first poll in which the machine gave the resolvers their time."""
    async with opened("dns", resolvers=[each.address for each in servers]) as source:
        read = await in_time(probe("dns", source, "resolve", {"name": NAME, **args}, timeout=timeout))
    assert isinstance(read, Reading), read
    assert isinstance(read.value, dict)
    return read.value


async def test_resolvers_that_agree(pair: tuple[DnsServer, DnsServer]) -> None:
    read = await resolved(pair, NAME.rstrip("."))
    rows = read.pop("per_resolver")
    assert read == {"answers": sorted(HERE), "agree": True, "differing": [], "nxdomain": False, "ttl": 120}
    assert all(row.pop("ms") > 0 for row in rows)
    assert rows == [
        {"resolver": each.address, "authoritative": False, "answers": sorted(HERE), "rcode": "noerror", "ttl": ttl}
        for each, ttl in zip(pair, (300, 120), strict=True)
    ]
    assert pair[0].asked == [(NAME, "A", True)]


async def test_a_change_that_has_reached_one_of_them(pair: tuple[DnsServer, DnsServer]) -> None:
    pair[1].records[NAME, "A"] = (60, THERE)
    read = await resolved(pair, expect=THERE)
    assert (read["answers"], read["agree"], read["expected"]) == (sorted([*HERE, *THERE]), False, False)
    pair[0].records[NAME, "A"] = (60, THERE)
    read = await resolved(pair, expect=THERE)
    assert (read["answers"], read["agree"], read["expected"], read["ttl"]) == (THERE, True, True, 60)


async def test_a_name_that_does_not_exist_is_a_reading(pair: tuple[DnsServer, DnsServer]) -> None:
    read = await resolved(pair, "gone.modelmuxer.test")
    assert (read["answers"], read["agree"], read["nxdomain"], "ttl" in read) == ([], True, True, False)
    assert [row["rcode"] for row in read["per_resolver"]] == ["nxdomain", "nxdomain"]
    read = await resolved(pair, NAME, type="AAAA", expect=["2001:db8::1"])
    assert (read["answers"], read["agree"], read["nxdomain"], read["expected"]) == ([], True, False, False)
    del pair[1].records[NAME, "A"]
    read = await resolved(pair)
    assert (read["agree"], read["nxdomain"]) == (False, False)


async def test_aliases_are_followed_and_the_shortest_ttl_counts(pair: tuple[DnsServer, DnsServer]) -> None:
    for each in pair:
        each.records = {
            (NAME, "CNAME"): (30, ["LB.example.test."]),
            ("LB.example.test.", "A"): (600, HERE),
            (NAME, "TXT"): (9, ['"Key=A."']),
        }
    read = await resolved(pair)
    assert (read["answers"], read["ttl"]) == (sorted(HERE), 30)
    assert (await resolved(pair, type="CNAME", expect=["lb.Example.test"]))["expected"] is True
    assert (await resolved(pair, type="TXT"))["answers"] == ['"Key=A."']


async def test_an_expected_address_or_text_counts_in_any_of_its_forms(pair: tuple[DnsServer, DnsServer]) -> None:
    spf, key = "v=spf1 include:_spf.example.test ~all", "v=DKIM1; p=" + "A" * 300
    split = f'"{key[:255]}" "{key[255:]}"'
    for each in pair:
        each.records = {
            (NAME, "AAAA"): (30, ["2001:db8::1"]),
            (NAME, "TXT"): (30, [f'"{spf}"', split, '"a \\"b\\" \\\\"']),
        }
    for same in ("2001:db8::1", "2001:DB8:0:0::1", "2001:0db8:0000::0001"):
        assert (await resolved(pair, type="AAAA", expect=[same]))["expected"] is True
    assert (await resolved(pair, type="AAAA", expect=["2001:db8::2"]))["expected"] is False
    for texts in ([spf, key, 'a "b" \\'], [f'"{spf}"', split, '"a \\"b\\" \\\\"']):
        read = await resolved(pair, type="TXT", expect=texts)
        assert (read["expected"], read["differing"]) == (True, [])
    assert (await resolved(pair, type="TXT", expect=[spf.upper(), key, 'a "b" \\']))["expected"] is False


async def test_a_long_answer_comes_by_tcp(pair: tuple[DnsServer, DnsServer]) -> None:
    pair[0].twist = cut_tcp_only
    assert (await resolved(pair))["agree"] is True
    assert len(pair[0].asked) == 2


BAD: dict[str, tuple[Twist, str, FaultKind, str]] = {
    "silent": (silent, "timeout", FaultKind.TIMEOUT, "no response within"),
    "SERVFAIL": (fails("SERVFAIL"), "servfail", FaultKind.SERVER_ERROR, "SERVFAIL"),
    "NOTIMP": (fails("NOTIMP"), "notimp", FaultKind.SERVER_ERROR, "NOTIMP"),
    "REFUSED": (fails("REFUSED"), "refused", FaultKind.FORBIDDEN, "refuses"),
    "garbage": (garbage, "malformed", FaultKind.MALFORMED, "not DNS"),
    "cut off": (cut, "malformed", FaultKind.MALFORMED, "not DNS"),
    "another question's": (other_question, "malformed", FaultKind.MALFORMED, "not DNS"),
    "empty": (lambda answer: b"", "malformed", FaultKind.MALFORMED, "not DNS"),
    "an echo": (lambda answer: b"\0" * 12, "malformed", FaultKind.MALFORMED, "not DNS"),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_is_no_answer_is_a_fault_of_all_and_a_disagreement_of_one(
    pair: tuple[DnsServer, DnsServer], case: str
) -> None:
    twist, rcode, expected, words = BAD[case]
    pair[0].twist = twist
    timeout = 1.0 if expected is FaultKind.TIMEOUT else 30.0
    read = await resolved_in_time(pair, timeout=timeout, expect=HERE)
    assert (read["answers"], read["agree"], read["expected"], read["ttl"]) == (sorted(HERE), False, False, 120)
    assert (read["per_resolver"][0]["rcode"], read["per_resolver"][0]["answers"]) == (rcode, [])
    pair[1].twist = twist
    found = await ask(pair, timeout=timeout)
    assert isinstance(found, Fault)
    assert (found.kind, words in found.message, pair[0].address in found.message) == (expected, True, True), found


async def test_a_lost_datagram_is_asked_again(pair: tuple[DnsServer, DnsServer]) -> None:
    lost: list[bool] = []

    def first_is_lost(reply: Any) -> bytes | None:
        lost.append(True)
        return None if len(lost) == 1 else reply.to_wire()

    pair[0].twist = first_is_lost
    assert (await resolved(pair, timeout=5.0))["agree"] is True
    assert len(lost) >= 2, "once more for each time that a busy machine is late"


async def test_an_unreachable_server_is_a_fault() -> None:
    async with opened("dns", resolvers=[f"{HOST}:{free_port()}"]) as source:
        found = await fault(probe("dns", source, "resolve", {"name": NAME}, timeout=0.3))
        assert found.kind in (FaultKind.TIMEOUT, FaultKind.REFUSED)


@pytest.fixture
def zone() -> Iterator[tuple[DnsServer, DnsServer, DnsServer]]:
    """Give a resolver and the two servers of its zone, which answer at the same port of other addresses."""
    if sys.platform != "linux":
        pytest.skip("NOT TESTED: only Linux has more than one address of loopback")
    port = free_port()
    with ExitStack() as stack:
        resolver = stack.enter_context(DnsServer(port=port))
        servers = [stack.enter_context(DnsServer(host=f"127.0.0.{n}", port=port, authoritative=True)) for n in (2, 3)]
        resolver.records = {
            (NAME, "A"): (17, HERE),
            ("modelmuxer.test.", "NS"): (900, ["ns1.dns.test.", "ns2.dns.test."]),
            ("ns1.dns.test.", "A"): (900, ["127.0.0.2"]),
            ("ns2.dns.test.", "A"): (900, ["127.0.0.3"]),
        }
        for each in servers:
            each.records = {(NAME, "A"): (300, HERE)}
        yield resolver, servers[0], servers[1]


async def authoritative(resolver: DnsServer, name: str = NAME, timeout: float = 30.0) -> Answer:
    async with opened("dns", resolvers=resolver.address, authoritative=True, port=resolver.port) as source:
        return await answer(probe("dns", source, "resolve", {"name": name}, timeout=timeout))


async def test_the_servers_of_the_zone_are_asked_themselves(zone: tuple[DnsServer, DnsServer, DnsServer]) -> None:
    resolver, one, other = zone
    read = await authoritative(resolver)
    assert isinstance(read, Reading), read
    assert (read.value["agree"], read.value["ttl"], read.value["authoritative_ttl"]) == (True, 17, 300)
    assert [row["resolver"] for row in read.value["per_resolver"]] == [
        resolver.address, "ns1.dns.test.", "ns2.dns.test.",
    ]  # fmt: skip
    assert one.asked == [(NAME, "A", False)]

    other.records[NAME, "A"] = (30, THERE)
    read = await authoritative(resolver)
    assert isinstance(read, Reading)
    assert (read.value["agree"], read.value["authoritative_ttl"]) == (False, 30)

    other.authoritative = False
    read = await authoritative(resolver)
    assert isinstance(read, Reading)
    assert (read.value["agree"], read.value["per_resolver"][2]["rcode"]) == (False, "lame")


async def test_an_alias_into_another_zone_is_finished_by_the_resolver(
    zone: tuple[DnsServer, DnsServer, DnsServer],
) -> None:
    resolver, *servers = zone
    resolver.records |= {(NAME, "CNAME"): (5, ["lb.other.test."]), ("lb.other.test.", "A"): (40, THERE)}
    del resolver.records[NAME, "A"]
    for each in servers:
        each.records = {(NAME, "CNAME"): (120, ["lb.other.test."])}
    read = await authoritative(resolver)
    assert isinstance(read, Reading), read
    assert (read.value["answers"], read.value["agree"]) == (THERE, True)
    assert (read.value["ttl"], read.value["authoritative_ttl"]) == (5, 120)


async def test_a_zone_that_cannot_be_asked_is_a_fault(zone: tuple[DnsServer, DnsServer, DnsServer]) -> None:
    resolver, *servers = zone
    for each in servers:
        each.twist = silent
    found = await authoritative(resolver, timeout=2.0)
    assert isinstance(found, Fault)
    assert (found.kind, "ns1.dns.test." in found.message) == (FaultKind.TIMEOUT, True), found
    del resolver.records["ns1.dns.test.", "A"], resolver.records["ns2.dns.test.", "A"]
    found = await authoritative(resolver)
    assert isinstance(found, Fault)
    assert (found.kind, "has an address" in found.message) == (FaultKind.UNREACHABLE, True), found
    found = await authoritative(resolver, "elsewhere.test.")
    assert isinstance(found, Fault)
    assert (found.kind, "no zone" in found.message) == (FaultKind.NO_DATA, True), found


async def test_check_names_the_resolvers_that_do_not_answer(pair: tuple[DnsServer, DnsServer]) -> None:
    async with opened("dns", resolvers=[each.address for each in pair]) as source:
        assert (await source.check()).missing == ()
        pair[1].twist = fails("REFUSED")
        health = await source.check()
        assert (health.reachable, len(health.missing)) == (True, 1)
        assert health.missing[0].startswith(pair[1].address)
        pair[0].twist = fails("SERVFAIL")
        assert (await source.check()).reachable is False


async def test_resolvers_of_the_question_come_before_those_of_the_source(pair: tuple[DnsServer, DnsServer]) -> None:
    async with opened("dns", resolvers=pair[0].address) as source:
        read = await value(probe("dns", source, "resolve", {"name": NAME, "resolvers": [pair[1].address]}))
        assert [row["resolver"] for row in read["per_resolver"]] == [pair[1].address]


@pytest.mark.parametrize("text", ["dns.example", "1.2.3", "1.2.3.4:0", "1.2.3.4:x", "1.2.3.4:70000", "u@1.2.3.4", ""])
async def test_what_a_cockpit_file_may_not_say(text: str) -> None:
    with pytest.raises(ValidationError):
        kind("dns").options.model_validate({"resolvers": text})
    with pytest.raises(ValidationError):
        kind("dns").probes["resolve"].args.model_validate({"name": f"a b {text}"})


@pytest.mark.parametrize("text", ["1.1.1.1", "1.1.1.1:5353", "::1", "[::1]:53", "2606:4700::1111"])
async def test_addresses_of_resolvers(text: str) -> None:
    assert kind("dns").options.model_validate({"resolvers": text})
