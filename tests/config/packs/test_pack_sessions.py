"""A session holds everything that its packs added; names of packs never collide silently."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.cli.compiled import compiled_cockpit
from mmcockpit.config.text.error import FileError
from mmcockpit.core.facts.event import Event, Opened, SessionMode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.journal.codec import decode, encode
from tests.config.files import loaded, mistakes
from tests.config.packs.shipped import cockpit_file, uses

OWN = """\
name: own
title: Own
about: Of this team.
needs: {cache: {kind: redis, about: The cache.}}
vars: {limit: {type: number, about: A limit., default: 1}}
signals: {own: {cache.info: memory, pass: 'value.used_memory < ${limit}'}}
items: [{id: check, phase: readiness, title: Own, signal: own}]
"""


def test_the_journal_holds_everything_that_packs_added(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    path = cockpit_file(tmp_path, uses("rollback-kubectl", "redis"))
    value = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**value, "use": [*value["use"], "./own.yaml"]}))
    cockpit = loaded(path).cockpit
    event = Event(1, Stamp(0.0, 1.0), Opened("ana", "", "ana", "", SessionMode.LIVE, cockpit))
    line = encode(event)
    (tmp_path / "own.yaml").unlink()
    with pytest.raises(FileError, match="not found"):
        loaded(path)
    again = decode(line)
    assert isinstance(again.body, Opened)
    assert again.body.cockpit == cockpit
    assert {"own", "redis_memory", "previous_revision"} <= {signal.name for signal in again.body.cockpit.signals}
    written = [each.id for each in again.body.cockpit.checklist.procedures if not each.offer]
    assert written == ["rollback-kubectl"]


def test_a_resumed_session_reads_its_packs_again(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pack = tmp_path / "own.yaml"
    pack.write_text(OWN)
    redis = {"cache": {"kind": "redis", "url": "redis://127.0.0.1"}}
    path = tmp_path / "cockpit.yaml"
    path.write_text(yaml.safe_dump({"name": "n", "environment": "e", "use": ["./own.yaml"], "sources": redis}))
    assert compiled_cockpit(path).cockpit.signals[0].rule.passes == "value.used_memory < 1"
    pack.write_text(OWN.replace("default: 1", "default: 25"))
    assert compiled_cockpit(path).cockpit.signals[0].rule.passes == "value.used_memory < 25"
    # A pack of the user's folder replaces the shipped one as soon as it exists.
    path.write_text(path.read_text().replace("./own.yaml", "redis"))
    assert len(compiled_cockpit(path).cockpit.signals) > 1
    (home / "packs").mkdir(parents=True)
    (home / "packs" / "redis.yaml").write_text(OWN)
    os.utime(home / "packs")
    assert [signal.name for signal in compiled_cockpit(path).cockpit.signals] == ["own"]


NAMES = st.sampled_from(["a", "b", "a_b", "x"])
PREFIXES = st.sampled_from(["", "a", "b", "a_a", "x"])


@settings(max_examples=60, deadline=None)
@given(
    packs=st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=3, unique=True), PREFIXES), min_size=1, max_size=4),
    listed=st.lists(NAMES, max_size=2, unique=True),
)
def test_names_of_packs_never_collide_silently(
    tmp_path_factory: pytest.TempPathFactory, packs: list[tuple[list[str], str]], listed: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    entries = []
    wanted = list(listed)
    for n, (names, prefix) in enumerate(packs):
        signals = {name: {"title": f"{n}-{name}", "cache.info": "memory"} for name in names}
        pack = {"name": "p", "title": f"Pack {n}", "about": "x", "needs": {"cache": {"kind": "redis", "about": "x"}}}
        steps = [{"title": "Wait"}]
        runbooks = [{"id": f"run-{name}", "title": f"{n}-{name}", "steps": steps} for name in names]
        items = [{"id": f"check-{name}", "phase": "readiness", "title": f"{n}-{name}"} for name in names]
        written = {**pack, "signals": signals, "procedures": runbooks, "items": items}
        (folder / f"p{n}.yaml").write_text(yaml.safe_dump(written))
        entries.append({"pack": f"./p{n}.yaml", **({"prefix": prefix} if prefix else {})})
        wanted += [f"{prefix}_{name}" if prefix else name for name in names]
    checklist = {"title": "t", "signals": {name: {"title": f"list-{name}", "cache.info": "memory"} for name in listed}}
    (folder / "list.yaml").write_text(yaml.safe_dump(checklist))
    source = {"cache": {"kind": "redis", "url": "redis://127.0.0.1"}}
    value = {"name": "n", "environment": "e", "checklist": "./list.yaml", "use": entries, "sources": source}
    (folder / "cockpit.yaml").write_text(yaml.safe_dump(value))
    found = mistakes(folder / "cockpit.yaml")
    if found:
        assert len(set(wanted)) < len(wanted)
        assert all("prefix: NAME" in each for each in found)
        return
    cockpit = loaded(folder / "cockpit.yaml").cockpit
    assert sorted(signal.name for signal in cockpit.signals) == sorted(wanted)
    assert len({item.id for item in cockpit.checklist.items}) == sum(len(names) for names, _ in packs)
    assert len({each.id for each in cockpit.checklist.procedures}) == sum(len(names) for names, _ in packs)
