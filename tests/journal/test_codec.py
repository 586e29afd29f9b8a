"""One fact is one line, and that line is the fact again."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event, Noted, Observed, Unread
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.words.describe import describe, describe_event
from mmcockpit.journal.codec import ROOT, UnreadableLine, Unwritable, base_of, decode, encode, link, normal, prev_of
from tests.core.sessions import START, Story
from tests.journal.bodies import BODIES, START_MS, bodies, events, raw_texts

PASS = Verdict(Level.PASS, Level.PASS)
FEW = settings(max_examples=40, deadline=None)
"""For properties of each of some sixty kinds of fact."""


def at(seconds: float, body: AnyBody, seq: int = 1) -> Event:
    return Event(seq, Stamp(seconds, round(START + seconds, 3)), body)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_a_fact_of_any_kind_comes_back_as_it_was(kind: type[AnyBody], data: st.DataObject) -> None:
    event = data.draw(events(kind))
    for base in (None, START_MS, 0):
        line = encode(event, link(b"before"), base)
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        assert prev_of(line[:-1]) == link(b"before")
        assert decode(line[:-1], base) == event


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_text_that_was_not_cleaned_is_clean_after_reading(kind: type[AnyBody], data: st.DataObject) -> None:
    body = data.draw(bodies(kind, raw_texts))
    read = decode(encode(at(1.0, body))[:-1]).body
    assert read == normal(body)
    assert normal(read) == read
    shown = json.dumps(msgspec.to_builtins(read), ensure_ascii=False)
    assert not any(sign in shown for sign in "\x1b\x07\x7f\x9b\u202e\u2028")


@settings(deadline=None)
@given(line=st.binary(max_size=200) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")))
def test_no_line_whatever_breaks_reading(line: bytes) -> None:
    with pytest.raises(UnreadableLine):
        decode(line)


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_a_damaged_line_is_unreadable_or_a_fact_that_can_be_applied(kind: type[AnyBody], data: st.DataObject) -> None:
    line = bytearray(encode(data.draw(events(kind)))[:-1])
    for place in data.draw(st.lists(st.integers(0, len(line) - 1), min_size=1, max_size=4)):
        line[place] = data.draw(st.integers(0, 255))
    session = Story().session
    try:
        event = decode(bytes(line))
    except UnreadableLine:
        return
    evolve(session, event)


HOSTILE = {
    "nested": b'[1,0.0,0,"Noted",' + b"[" * 100_000 + b"]" * 100_000 + b',"AAAAAAAAAAAAAAAA"]',
    "nested value": b'[1,0.0,0,"Observed",["s",' + b"[" * 900 + b'"\\n"' + b"]" * 900 + b'],"AAAAAAAAAAAAAAAA"]',
    "huge number": b'[1,0.0,0,"Observed",["s",' + b"9" * 400 + b'],"AAAAAAAAAAAAAAAA"]',
    "huge time": b'[1,1e300,0,"Noted",{"text":"","by":""},"AAAAAAAAAAAAAAAA"]',
    "infinite": b'[1,0.0,0,"Observed",["s",1e999],"AAAAAAAAAAAAAAAA"]',
    "bytes": b'[1,0.0,0,"Noted",{"text":"\xff\xfe","by":""},"AAAAAAAAAAAAAAAA"]',
    "nothing": b"",
    "not a fact": b'{"seq":1}',
    "too much": b'[1,0.0,0,"Noted",{"text":"","by":""},"AAAAAAAAAAAAAAAA",1]',
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_lines_are_unreadable_or_unread(line: bytes) -> None:
    try:
        event = decode(line)
    except UnreadableLine:
        return
    assert isinstance(event.body, Unread)
    assert fold([event]).unread == 1


def test_a_fact_of_a_later_version_is_kept_as_it_was_written() -> None:
    line = b'[7,1.5,-3,"GateOpened",{"phase":"cut\\u001bover","n":[1]},"' + ROOT.encode() + b'"]'
    assert decode(line, START_MS) == Event(
        7, Stamp(1.5, START + 1.497), Unread("GateOpened", '{"phase":"cut\\u001bover","n":[1]}')
    )


def test_a_known_fact_with_an_unknown_value_is_kept_unread() -> None:
    line = b'[7,1.5,0,"ItemMarked",{"item":"a","mark":"praise","by":"ana"},"' + ROOT.encode() + b'"]'
    assert decode(line, 0).body == Unread("ItemMarked", '{"item":"a","mark":"praise","by":"ana"}')


MARKED = b'{"item":"a","mark":"done","by":"ana","evidence":{"signal":"s","question":"q","rule":"r","level":"pass",'
UNKNOWN_FIELDS = {
    "a field": (b'"Noted",{"text":"x","by":"ana","mood":"calm"}', {"mood": "calm"}),
    "with text to clean": (b'"Noted",{"text":"\\u001bx","by":"ana","mood":"\\u001bc"}', {"mood": "␛c"}),
    "a nested field": (b'"ItemMarked",' + MARKED + b'"value":"1","unit":"%"}}', {"evidence.unit": "%"}),
    "a position": (b'"o",["s",1,0.0,1,1,null,"pass","pass","","",null,"",null,7]', {"13": 7}),
    "a field of the envelope": (b'"Noted",{"text":"x","by":"ana"},{"epoch":2,"seat":3}', {"seat": 3}),
    "another envelope": (b'"Noted",{"text":"x","by":"ana"},[1]', {"envelope": "[1]"}),
}


@pytest.mark.parametrize(("middle", "unknown"), UNKNOWN_FIELDS.values(), ids=UNKNOWN_FIELDS.keys())
def test_unknown_fields_of_a_known_fact_are_kept_and_shown(middle: bytes, unknown: dict[str, object]) -> None:
    event = decode(b'[7,1.5,0,%b,"%b"]' % (middle, ROOT.encode()), 0)
    assert not isinstance(event.body, Unread)
    assert event.unknown == unknown
    assert decode(encode(event, ROOT, 0)[:-1], 0) == event
    assert f"[1 unknown field: {next(iter(unknown))}" in describe_event(event)[1]


def test_identity_command_and_epoch_are_written_only_if_they_are_set() -> None:
    event = msgspec.structs.replace(at(1.0, Noted("x", "ana")), identity="uid 1000", command_id="c-7", epoch=3)
    envelope = json.loads(encode(event))[5]
    assert envelope == {"identity": "uid 1000", "command_id": "c-7", "epoch": 3}
    assert json.loads(encode(msgspec.structs.replace(event, identity="", command_id="")))[5] == {"epoch": 3}
    assert len(json.loads(encode(at(1.0, Noted("x", "ana"))))) == 6


def test_the_first_line_carries_the_clock_and_the_others_only_how_it_moved() -> None:
    first, later = at(5.0, Noted("x", "ana")), Event(2, Stamp(6.0, START + 6.25), Noted("y", "ana"))
    base = base_of(first.stamp)
    assert json.loads(encode(first))[:3] == [1, 5.0, START_MS]
    assert json.loads(encode(later, ROOT, base))[:3] == [2, 6.0, 250]
    assert decode(encode(later, ROOT, base)[:-1], base) == later


def test_only_what_differs_from_its_default_is_written() -> None:
    assert encode(at(0.0, Noted("x", "ana"))) == (
        b'[1,0.0,%d,"Noted",{"text":"x","by":"ana"},"%s"]\n' % (START_MS, ROOT.encode())
    )
    assert encode(at(0.0, facts.Closed("")), base=START_MS) == (
        b'[1,0.0,0,"Closed",{"outcome":""},"%s"]\n' % ROOT.encode()
    )


def test_a_plain_reading_takes_no_more_than_68_bytes() -> None:
    event = at(86_399.123, Observed("error_rate_5", Reading(0.0123), PASS), 865_000)
    assert len(encode(event, ROOT, START_MS)) <= 68


def test_readings_of_schema_1_are_read_as_they_were_written() -> None:
    event = at(1.5, Observed("error_rate", Reading(0.0123), PASS, 12.5), 7)
    line = encode(event, ROOT, START_MS)[:-1]
    for old in (line, line.replace(b"error_rate", b"error\\u005frate")):
        assert decode(old.replace(b'"o"', b'"Observed"'), START_MS) == decode(old, START_MS) == event
    assert decode(line.replace(b"0.0123", b'0.0123,"much"'), START_MS).body == Unread(
        "o", '["error_rate",0.0123,"much",12.5]'
    )


def test_a_fault_has_its_kind_and_its_message() -> None:
    verdict = Verdict(Level.UNKNOWN, Level.UNKNOWN, "timeout", 1, 3)
    event = at(1.0, Observed("p95", Fault(FaultKind.TIMEOUT, "no answer in 3 s"), verdict, 3000.5))
    row = json.loads(encode(event))[4]
    assert row == ["p95", None, 3000.5, 1, 3, None, "unknown", "unknown", "timeout", "no answer in 3 s", "timeout"]
    assert decode(encode(event)[:-1]) == event


def test_a_remark_on_a_reading_is_recorded_and_shown_in_the_log() -> None:
    note = "the engine's note: metric might not be a counter"
    event = at(1.0, Observed("p95", Reading(0.5, remark=note), PASS))
    assert decode(encode(event)[:-1]) == event
    assert describe(event.body) == ("observed", f"p95 pass 1/1: 0.5 (remark: {note})")


UNWRITABLE = {
    "a lone surrogate": Noted("\ud800", "ana"),
    "no JSON": Observed("s", Reading(object()), PASS),
    "NaN points": facts.Backfilled("s", ((1.0, float("nan")),)),
    "a huge number": Observed("s", Reading(10**400), PASS),
    "too long": Noted("x" * (17 * 1024 * 1024), "ana"),
}


@pytest.mark.parametrize("body", UNWRITABLE.values(), ids=UNWRITABLE.keys())
def test_what_json_cannot_hold_is_refused_before_it_is_written(body: AnyBody) -> None:
    with pytest.raises(Unwritable, match="#1"):
        encode(at(0.0, body))
