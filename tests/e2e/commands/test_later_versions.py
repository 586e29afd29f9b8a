"""Journals of later versions: what is unknown is shown, counted and never resumed; a later major version is refused."""

import os
import re
from pathlib import Path

import msgspec
import pytest

from mmcockpit.config.load import load_layout
from mmcockpit.core.facts.event import MINOR, Noted
from mmcockpit.journal.codec import ROOT, link
from mmcockpit.journal.writer import Writer
from tests.core.sessions import Story, cockpit
from tests.e2e.pty_session import Place, ended

UNKNOWN_FACT = b'[%d,9.0,0,"Levitated",{"height":3},"%b"]'
UNKNOWN_FIELD = b'[%d,9.0,0,"Noted",{"text":"calm","by":"ana","weather":"sunny"},"%b"]'
READERS = ("log", "report", "verify", "resume", "replay", "watch")


def journal(place: Place, *later: bytes, opening: tuple[bytes, bytes] = (b"", b"")) -> str:
    """Write a small journal that ends with these lines; replace text in its first line."""
    path = place.folder / "20261206T020000Z-test-0000" / "journal.jsonl"
    story = Story(msgspec.structs.replace(cockpit(), layout=load_layout("go-live")))
    story.tell(Noted("before", "ana"))
    writer = Writer.create(path, "ana")
    for event in story.events:
        writer.append(event)
    writer.close()
    lines = [path.read_bytes().splitlines()[0].replace(*opening), *path.read_bytes().splitlines()[1:]]
    head = ROOT
    for number, line in enumerate(lines):
        lines[number] = line[:-18] + head.encode() + line[-2:]
        head = link(lines[number])
    for number, line in enumerate(later, len(lines) + 1):
        lines.append(line % (number, head.encode()))
        head = link(lines[-1])
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return os.fspath(path)


def test_an_unknown_fact_is_shown_counted_and_not_resumed(place: Place) -> None:
    path = journal(place, UNKNOWN_FACT, UNKNOWN_FACT)
    note = "2 unknown facts (Levitated), written by a later mmcockpit: upgrade to read everything"
    logged = place.call("log", path)
    assert re.search(r'#3 unknown +unknown fact Levitated: \{"height":3\}', logged.stdout), logged.stdout
    assert note in logged.stderr
    assert "unknown fact Levitated" in place.call("report", path).stdout
    verified = place.call("verify", path)
    assert verified.returncode == 1
    assert f"chain ok, but {note}" in verified.stdout
    resumed = place.call("resume", path)
    assert resumed.returncode == 1
    assert "cannot be resumed, because this version would lose what it does not know: 2 unknown facts" in resumed.stderr
    assert "`mmcockpit replay 20261206T020000Z-test-0000` shows what is readable" in resumed.stderr
    with place.open("replay", path, "--at", "100%", size=(160, 50)) as program:
        program.wait_for("2 unknown facts")
        program.wait_for("unknown +unknown fact Levitated")


def test_an_unknown_field_of_a_known_fact_is_shown_counted_and_not_resumed(place: Place) -> None:
    path = journal(place, UNKNOWN_FIELD)
    note = "1 unknown field (Noted.weather), written by a later mmcockpit"
    logged = place.call("log", path)
    assert "ana: calm [1 unknown field: weather sunny]" in logged.stdout
    assert note in logged.stderr
    assert '"unknown":{"weather":"sunny"}' in place.call("log", path, "--format", "jsonl").stdout
    assert "1 unknown field: weather sunny" in place.call("report", path).stdout
    assert f"chain ok, but {note}" in place.call("verify", path).stdout
    resumed = place.call("resume", path)
    assert (resumed.returncode, note in resumed.stderr) == (1, True)


def test_a_later_minor_version_without_unknown_facts_reads_as_usual(place: Place) -> None:
    path = journal(place, opening=(b'"schema":3', b'"schema":3,"minor":9'))
    verified = place.call("verify", path)
    assert (verified.returncode, "chain ok\n" in verified.stdout) == (0, True)
    assert place.call("log", path).stderr == ""


@pytest.mark.parametrize("command", READERS)
def test_a_later_major_version_is_refused_by_every_reader(place: Place, command: str) -> None:
    path = journal(place, opening=(b'"schema":3', b'"schema":4'))
    says = f"written by a later mmcockpit (schema 4.0; this one reads up to 3.{MINOR}): upgrade mmcockpit to read it"
    if command in ("replay", "watch"):
        with place.open(command, path, size=(200, 24)) as program:
            code = ended(program)
            assert says in " ".join(bytes(program.output).decode().split())
        assert code == 1
        return
    done = place.call(command, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"mmcockpit {command}: {path}: {says}\n"


def test_a_later_major_version_is_named_in_the_list_of_sessions(place: Place) -> None:
    path = Path(journal(place, opening=(b'"schema":3', b'"schema":4')))
    sessions = place.folder / "state" / "mmcockpit" / "sessions"
    sessions.mkdir(parents=True, mode=0o700)
    path.parent.rename(sessions / path.parent.name)
    assert "written by a later mmcockpit" in place.call("sessions").stdout
