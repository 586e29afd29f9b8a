"""What `resume` refuses, what it takes when an operator gives a reason, and where what may act comes from."""

import json
import os
import re
from pathlib import Path

from mmcockpit.journal.codec import ROOT, link
from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, answer, ended, in_order, leave


def told(place: Place, *words: str) -> tuple[int, str]:
    """Resume on a terminal; return the exit code and the last line printed, where it is refused."""
    with place.open("resume", *words) as program:
        code = ended(program)
        said = bytes(program.output).decode().rpartition("\x1b[?1049l")[2]
    return code, " ".join(said.split())


def one_tick(place: Place, valkey: Valkey, end: bool = False) -> Path:
    with place.open("run", light(place, valkey.url)) as program:
        program.wait_for(r"\[\+\] clients")
        in_order(program)
        program.press("jj ")
        program.wait_for(r"\[x\] +1 Audit")
        if not end:
            assert leave(program) == 0
        else:
            program.press("q")
            program.wait_for("Leave this go-live")
            answer(program, "e", "Leave this go-live")
            program.wait_for("outcome:")
            program.press("rolled back")
            program.wait_for("rolled back")
            answer(program, "\r", "outcome:", 2.0)
            assert ended(program) == 0
    return place.journal


def rewrite(journal: Path, old: bytes, new: bytes, chain: bool) -> None:
    """Replace text in a journal, and recompute the links as whoever knows the format can."""
    lines = journal.read_bytes().replace(old, new).splitlines()
    if chain:
        head = ROOT
        for number, line in enumerate(lines):
            lines[number] = line[:-18] + head.encode() + line[-2:]
            head = link(lines[number])
    journal.write_bytes(b"".join(line + b"\n" for line in lines))


def test_a_session_that_ended_is_reopened_only_for_a_reason(place: Place, valkey: Valkey) -> None:
    one_tick(place, valkey, end=True)
    before = place.journal.read_bytes()
    code, said = told(place)
    assert code == 1
    assert "this session ended: rolled back" in said
    assert "--reopen REASON" in said
    assert told(place, "--reopen", " ")[0] == 1
    assert place.journal.read_bytes() == before
    assert "rolled back" in place.call("sessions").stdout
    with place.open("resume", "--reopen", "the wrong key") as program:
        in_order(program)
        program.wait_for(r"\[x\] +1 Audit")
        assert leave(program) == 0
    logged = place.call("log").stdout
    assert re.search(r"closed +rolled back[\s\S]*reopened +by ana: the wrong key \(had ended: rolled back\)", logged)
    report = place.call("report").stdout
    assert "the wrong key" in report
    assert "rolled back" in report
    with place.open("resume") as program:
        in_order(program)
        program.wait_for(r"\[x\] +1 Audit")
        assert leave(program) == 0


def test_a_damaged_journal_is_resumed_only_for_a_reason(place: Place, valkey: Valkey) -> None:
    journal = one_tick(place, valkey)
    rewrite(journal, b'"mark":"done"', b'"mark":"override"', chain=False)
    code, said = told(place)
    assert code == 1
    assert re.search(r"edited, or from another journal.*1 problem;.*--accept-damage REASON", said), said
    with place.open("resume", "--accept-damage", "known since noon") as program:
        in_order(program)
        program.wait_for(r"\[o\] +1 Audit")
        assert leave(program) == 0
    assert "damage    journal resumed with 1 problem by ana: known since noon" in place.call("log").stdout
    assert place.call("verify").returncode == 1
    with place.open("resume") as program:
        in_order(program)
        program.wait_for(r"\[o\] +1 Audit")
        assert leave(program) == 0


def test_what_acts_comes_from_the_cockpit_file_not_from_an_edited_journal(place: Place, valkey: Valkey) -> None:
    journal = one_tick(place, valkey)
    canary = place.folder / "canary"
    url = valkey.url.encode()
    rewrite(journal, url, url.replace(b"127.0.0.1", b"127.0.0.2"), chain=True)
    command = {"name": "evil", "kind": "command", "options": {}}
    source = b'"sources":[' + json.dumps(command).encode() + b","
    rewrite(journal, b'"sources":[', source, chain=True)
    allowed = json.dumps({"procedures": True, "probe_commands": [f"touch {canary}"]}).encode()
    rewrite(journal, b'"allow":{}', b'"allow":' + allowed, chain=True)
    assert place.call("verify").returncode == 0, "whoever rewrites the journal recomputes its chain"
    with place.open("resume", size=(120, 30)) as program:
        program.wait_for(r"\[\+\] clients")
        assert leave(program) == 0
    logged = place.call("log").stdout
    assert re.search(
        rf"permissions from {re.escape(os.fspath(place.folder))}/cockpit.yaml by ana: .*source cache changed",
        logged,
    )
    assert "source evil removed" in logged
    assert "allow changed" in logged
    assert not canary.exists()
    with place.open("resume") as program:
        program.wait_for(r"\[\+\] clients")
        assert leave(program) == 0
    assert place.call("log").stdout.count("sources, commands and permissions") == 1


def test_without_a_cockpit_file_an_operator_confirms_what_acts(place: Place, valkey: Valkey) -> None:
    one_tick(place, valkey)
    (place.folder / "cockpit.yaml").rename(place.folder / "moved.yaml")
    with place.open("resume") as program:
        program.wait_for(r"Use it\? \[y/N\]")
        assert re.search(r"source cache \(redis\): .*127\.0\.0\.1", program.text())
        program.press("n\r")
        program.wait_for("--cockpit FILE")
        assert ended(program) == 1
    with place.open("resume", "--cockpit", "moved.yaml") as program:
        program.wait_for(r"\[\+\] clients")
        assert leave(program) == 0
    (place.folder / "moved.yaml").unlink()
    with place.open("resume") as program:
        program.wait_for(r"Use it\? \[y/N\]")
        program.press("y\r")
        program.wait_for(r"\[\+\] clients")
        assert leave(program) == 0
    assert "from the journal, confirmed by ana" in " ".join(place.call("log").stdout.split())


def test_the_cockpit_file_of_another_session_is_refused(place: Place, valkey: Valkey) -> None:
    one_tick(place, valkey)
    other = (place.folder / "cockpit.yaml").read_text().replace("environment: test", "environment: production")
    place.write("other.yaml", other)
    code, said = told(place, "--cockpit", "other.yaml")
    assert code == 1
    assert "its environment is 'production', the session's is 'test'" in said
    place.write("broken.yaml", "name: [")
    assert told(place, "--cockpit", "broken.yaml")[0] == 3
    (place.folder / "cockpit.yaml").chmod(0o666)
    assert "others may change it" in told(place)[1]
