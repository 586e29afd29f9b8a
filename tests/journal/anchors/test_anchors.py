"""Heads that are signed at gates and at the end, and what the signatures find later."""

import os
import socket
import time
from pathlib import Path

import pytest

from mmcockpit.cli import FAILED, OK, main
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.checklist import Checklist, Item, Phase, Section
from mmcockpit.core.model.cockpit import Anchor, Cockpit
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.words.changes import what_changed
from mmcockpit.core.words.describe import describe, notification
from mmcockpit.engine import anchoring
from mmcockpit.journal.codec import ROOT, base_of, decode, encode, link
from mmcockpit.journal.reader import read
from tests.engine.engine_run import Watcher, running
from tests.journal.anchors.ssh_agent import SshAgent, allowed_signers
from tests.servers.wait import PATIENCE_S

ID = "20261206T020000Z-anchored-0000"


def cockpit(key: Path) -> Cockpit:
    """Return a cockpit of three phases without signals, whose journal is anchored by this key."""
    phases = tuple(
        Phase(name, name.title(), (Section("s", "S", (Item(f"{name}/s/audit", number, "Audit"),)),))
        for number, name in enumerate(("prepare", "deploy", "verify"), 1)
    )
    return Cockpit("Test", "test", Checklist("c", "C", phases), (), Layout("none", ()), anchor=Anchor(os.fspath(key)))


def pass_gate(screen: Watcher, before: str) -> None:
    """Pass the gate of the open phase by an override."""
    screen.do(commands.OpenPhase("ana", before, "as agreed", override=True))
    screen.until(lambda session: any(_passed(event, before) for event in screen.events), f"the gate of {before}")


def _passed(event: Event, phase: str) -> bool:
    return isinstance(event.body, facts.PhaseChanged) and event.body.was == phase


def anchors(screen: Watcher) -> list[facts.Anchored | facts.NotAnchored]:
    return [event.body for event in screen.events if isinstance(event.body, facts.Anchored | facts.NotAnchored)]


def not_anchored(screen: Watcher) -> str:
    """Wait for the fact that a head was not signed; return why."""
    screen.until(lambda _: bool(anchors(screen)), "the anchor or its failure is recorded")
    (fact,) = anchors(screen)
    assert isinstance(fact, facts.NotAnchored)
    return fact.because


@pytest.fixture(scope="module")
def anchored(keys: Path, agent: SshAgent) -> bytes:
    """The journal of a session with a gate, another gate, a note and an end, anchored with the key of ana."""
    path = keys / ID / "journal.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anchoring, "SIGN_S", PATIENCE_S)
        patch.setenv("SSH_AUTH_SOCK", os.fspath(agent.socket))
        with running(cockpit(keys / "ana.pub"), path) as (_, screen):
            for count, phase in enumerate(("prepare", "deploy"), 1):
                pass_gate(screen, phase)
                screen.until(lambda _, count=count: len(anchors(screen)) == count, "the gate is anchored")  # type: ignore[misc]
            screen.do(commands.AddNote("ana", "all is well"))
            screen.do(commands.EndSession("ana", "done"))
            screen.until(lambda session: session.closed is not None, "the session ended")
    # The engine waited for the signature of the end.
    assert [type(event.body) for event in read(path)][-1] is facts.Anchored
    return path.read_bytes()


@pytest.fixture
def journal(tmp_path: Path, anchored: bytes) -> Path:
    path = tmp_path / ID / "journal.jsonl"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(anchored)
    return path


def verify(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> tuple[int, list[str]]:
    """Run `mmcockpit verify`; return its exit code and its lines."""
    code = main(["verify", os.fspath(path), *words])
    shown = capsys.readouterr()
    return code, (shown.out + shown.err).splitlines()


def rewritten(lines: list[bytes], number: int, old: bytes, new: bytes) -> bytes:
    """Return a journal in which a line was edited and every later link was computed again."""
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new)
    events, base = [decode(lines[0])], base_of(decode(lines[0]).stamp)
    events += [decode(line, base) for line in lines[1:]]
    head, written = ROOT, b""
    for event in events:
        line = encode(event, head, base if written else None)
        head, written = link(line[:-1]), written + line
    return written


def line_of(lines: list[bytes], tag: bytes) -> int:
    return next(number for number, line in enumerate(lines) if b',"%b",' % tag in line)


def test_gates_and_the_end_are_anchored_and_verify_tells_by_whom(
    journal: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = [event.body for event in read(journal) if isinstance(event.body, facts.Anchored)]
    assert len(signed) == 3
    signers = allowed_signers(tmp_path / "signers", ana=keys / "ana.pub", bo=keys / "bo.pub")
    code, lines = verify(capsys, journal, "--signers", os.fspath(signers))
    last = max(event.seq for event in read(journal))
    ranges = zip((1, signed[0].seq + 1, signed[1].seq + 1), (fact.seq for fact in signed), strict=True)
    assert lines[1:] == [
        *(f"{ID}: facts #{first} to #{end} anchored by ana, key {signed[0].key}" for first, end in ranges),
        f"{ID}: fact #{last} not anchored",
    ]
    assert code == OK
    code, lines = verify(capsys, journal)
    assert f"anchored by the key {signed[0].key}" in lines[1]
    assert lines[-1] == f"{ID}: the keys are not checked against a list; --signers FILE checks them"
    assert code == OK


def test_the_facts_have_sentences_and_a_failure_pops_up_on_the_screen(journal: Path) -> None:
    head, key = "8fJk2", "SHA256:t9Fh"
    signed = facts.Anchored(412, head, key, "…", "mmcockpit")
    failed = facts.NotAnchored(412, head, "no ssh-agent")
    assert describe(signed) == ("anchor", f"head {head} after fact #412 signed with the key {key}")
    assert describe(failed) == ("anchor", "not anchored: no ssh-agent (fact #412)")
    assert (notification(signed), notification(failed)) == ("", "journal not anchored: no ssh-agent")
    shown = what_changed(read(journal))
    assert not any(isinstance(change.first.body, facts.Anchored) for change in shown)
    assert fold(read(journal)).closed == facts.Closed("done", "ana")


def test_a_journal_that_was_rewritten_after_it_was_anchored_is_found(
    journal: Path, anchored: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = anchored.splitlines()
    journal.write_bytes(rewritten(lines, line_of(lines, b"PhaseChanged"), b"as agreed", b"by a vote"))
    code, shown = verify(capsys, journal)
    assert "chain ok" in shown[0]
    assert sum(line.endswith(": rewritten") for line in shown) == 3
    assert any(line.endswith("not anchored") and "facts #1 to" in line for line in shown)
    assert code == FAILED


def test_what_was_rewritten_after_the_last_anchor_is_not_anchored(
    journal: Path, anchored: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = anchored.splitlines()
    note = line_of(lines, b"Noted")
    journal.write_bytes(rewritten(lines[: note + 1], note, b"all is well", b"all is bad!"))
    code, shown = verify(capsys, journal)
    assert code == OK
    assert shown[-2].endswith("not anchored")
    assert f" to #{decode(lines[note], 0).seq} " in shown[-2]


def test_a_key_that_is_not_in_the_list_and_a_journal_without_anchors_fail(
    journal: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = allowed_signers(tmp_path / "others", bo=keys / "bo.pub")
    code, shown = verify(capsys, journal, "--signers", os.fspath(others))
    assert sum(f"which is not in {others}" in line for line in shown) == 3
    assert code == FAILED
    nothing = main(["verify", "sample", "--signers", os.fspath(others)])
    assert nothing == FAILED
    assert "not anchored" in capsys.readouterr().out


def test_a_signature_that_was_edited_is_wrong(
    journal: Path, anchored: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = anchored.splitlines()
    foreign = next(event.body for event in read(journal) if isinstance(event.body, facts.Anchored))
    number = line_of(lines, b"Anchored")
    other = foreign.signature.replace("U1NIU0lH", "U1NIU0lI", 1)
    journal.write_bytes(
        rewritten(
            lines, number, foreign.signature.encode().replace(b"\n", b"\\n"), other.encode().replace(b"\n", b"\\n")
        )
    )
    code, shown = verify(capsys, journal)
    assert any("wrong signature of the head" in line for line in shown)
    assert code == FAILED


def test_an_agent_without_the_key_is_a_fact_with_the_way_out(
    keys: Path, agent: SshAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", os.fspath(agent.socket))
    with running(cockpit(keys / "bo.pub"), tmp_path / ID / "journal.jsonl") as (_, screen):
        pass_gate(screen, "prepare")
        because = not_anchored(screen)
    assert because == f"ssh-keygen: Couldn't find key in agent; `ssh-add {keys / 'bo'}` puts the key into ssh-agent"


def test_a_dead_agent_is_a_fact(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SshAgent(tmp_path / "agent.sock") as dead:
        pass
    assert dead.socket.exists()
    monkeypatch.setenv("SSH_AUTH_SOCK", os.fspath(dead.socket))
    with running(cockpit(keys / "ana.pub"), tmp_path / ID / "journal.jsonl") as (_, screen):
        pass_gate(screen, "prepare")
        assert "Couldn't get agent socket" in not_anchored(screen)


def test_an_agent_that_never_answers_delays_no_gate_and_the_end_only_for_a_while(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ID / "journal.jsonl"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(os.fspath(tmp_path / "silent.sock"))
        silent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", os.fspath(tmp_path / "silent.sock"))
        monkeypatch.setattr(anchoring, "CLOSE_S", 0.5)
        with running(cockpit(keys / "ana.pub"), path) as (_, screen):
            began = time.monotonic()
            pass_gate(screen, "prepare")
            pass_gate(screen, "deploy")
            screen.do(commands.EndSession("ana", "done"))
            screen.until(lambda session: session.closed is not None, "the session ended")
        assert time.monotonic() - began < PATIENCE_S / 2, "a gate or the end waited for a signature"
    failed = [event for event in read(path) if isinstance(event.body, facts.NotAnchored)]
    passed = [event for event in read(path) if isinstance(event.body, facts.PhaseChanged)]
    assert [event.body.because for event in failed] == ["ssh-keygen was still running when the cockpit ended"] * 3  # type: ignore[union-attr]
    assert passed[1].stamp.at < failed[0].stamp.at, "the second gate waited for the first signature"
    assert failed[0].stamp.at - passed[1].stamp.at >= 0.5
    code, shown = verify(capsys, path)
    assert sum("not anchored after fact #" in line for line in shown) == 3
    assert shown[-1].endswith(f"facts #1 to #{failed[-1].seq} not anchored")
    assert code == OK
