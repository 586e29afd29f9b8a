"""`use:` adds packs to cockpit files and checklists: names, sources, variables, phases, and every mistake."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.cockpit import Cockpit
from tests.config.files import HEAD, loaded, mistakes, written

PACK = """\
name: queue
title: Queue
about: Watches a queue.
needs:
  cache: {kind: redis, about: The queue.}
vars:
  limit: {type: number, about: The largest length., default: 10}
  owner: {about: Who repairs it.}
signals:
  length: {title: length, cache.info: memory, pass: 'value.used_memory < ${limit}'}
  both: {title: all, session.all_of: [length]}
items:
  - {id: short, phase: readiness, title: The queue is short, signal: length, role: '${owner}', hold: 1m}
  - {id: told, phase: verification, section: People, title: '${owner} is informed'}
abort:
  - {signal: length, for: 2m, from: verification}
readiness: [both]
procedures:
  - id: drain
    title: Drain
    queued_by: {abort: [length]}
    steps: [{title: Wait, signal: length, hold: 1m}]
  - {id: report, title: Report, after: [drain], steps: [{title: Write it}]}
"""
SOURCES = """\
sources:
  cache: {kind: redis, url: 'redis://127.0.0.1'}
  carts: {kind: redis, url: 'redis://127.0.0.1'}
  web: {kind: http, url: 'http://127.0.0.1'}
"""
PHASES = (
    "phases: [{title: Readiness, sections: [{title: s, items: [{title: own}]}]}, {id: after, title: Verification}]\n"
)


def use(folder: Path, entries: str, checklist: str = "", pack: str = PACK, more: str = "", head: str = HEAD) -> Path:
    """Write a cockpit file with `use:`, its pack and perhaps a checklist; return its path."""
    named = "checklist: list.yaml\n" if checklist else ""
    written(folder, queue=pack, list=checklist or "title: none\n")
    return written(folder, cockpit=f"{head}{named}use: {entries}\n{SOURCES}{more}") / "cockpit.yaml"


def used(folder: Path, entries: str, checklist: str = "", **texts: str) -> Cockpit:
    """Return the cockpit of such a file."""
    return loaded(use(folder, entries, checklist, **texts)).cockpit


OWNED = "[{pack: ./queue.yaml, vars: {owner: ana}}]"


def test_a_pack_adds_signals_items_rules_and_procedures(tmp_path: Path) -> None:
    cockpit = used(tmp_path, OWNED, PHASES)
    assert [(item.id, item.number, item.title, item.mode, item.role) for item in cockpit.checklist.items] == [
        ("readiness/s/own", 1, "own", Mode.MANUAL, ""),
        ("readiness/queue/the-queue-is-short", 2, "The queue is short", Mode.SENSED, "ana"),
        ("after/people/ana-is-informed", 3, "ana is informed", Mode.MANUAL, ""),
    ]
    assert [signal.name for signal in cockpit.signals] == ["length", "both"]
    assert cockpit.signals[0].rule.passes == "value.used_memory < 10"
    assert [(abort.signal, abort.phase) for abort in cockpit.aborts] == [("length", "after")]
    assert cockpit.readiness == ("both",)
    assert [procedure.id for procedure in cockpit.checklist.procedures] == ["drain", "report"]


def test_the_signals_of_a_pack_are_not_judged_without_an_item_or_a_rule(tmp_path: Path) -> None:
    cockpit = used(tmp_path, OWNED, PHASES, more="signals: {own: {cache.info: memory}, length: {every: 9s}}\n")
    assert {signal.name: signal.first_in_cockpit for signal in cockpit.signals} == {
        "length": False,
        "both": False,
        "own": True,
    }


def test_without_a_checklist_the_phases_of_the_packs_are_made(tmp_path: Path) -> None:
    checklist = used(tmp_path, OWNED).checklist
    assert [(phase.id, phase.title) for phase in checklist.phases] == [
        ("readiness", "Readiness"),
        ("verification", "Verification"),
    ]
    assert checklist.title == "Night"


def test_the_same_pack_twice_with_prefixes(tmp_path: Path) -> None:
    entry = "{{pack: ./queue.yaml, prefix: {0}, source: {0}, vars: {{owner: ana}}}}"
    cockpit = used(tmp_path, f"[{entry.format('cache')}, {entry.format('carts')}]", PHASES)
    assert [(each.name, each.title, each.source) for each in cockpit.signals] == [
        ("cache_length", "cache: length", "cache"),
        ("cache_both", "cache: all", "session"),
        ("carts_length", "carts: length", "carts"),
        ("carts_both", "carts: all", "session"),
    ]
    assert cockpit.signals[3].group == ("carts_length",)
    assert [(each.title, [item.title for item in each.items]) for each in cockpit.checklist.phases[0].sections] == [
        ("s", ["own"]),
        ("cache: Queue", ["cache: The queue is short"]),
        ("carts: Queue", ["carts: The queue is short"]),
    ]
    assert [abort.signal for abort in cockpit.aborts] == ["cache_length", "carts_length"]
    assert cockpit.readiness == ("cache_both", "carts_both")
    first, second, third, fourth = cockpit.checklist.procedures
    assert (first.id, first.title, first.aborts) == ("cache-drain", "cache: Drain", ("cache_length",))
    assert (third.steps[0].signal, fourth.after) == ("carts_length", ("carts-drain",))
    assert second.after == ("cache-drain",)


def test_a_checklist_uses_packs_too_and_changes_their_signals_and_procedures(tmp_path: Path) -> None:
    own = "signals: {length: {pass: value.used_memory < 99}}\nprocedures: [{id: drain, title: Empty it}]\n"
    text = f"vars: {{owner: bo}}\nuse: [./queue.yaml]\n{PHASES}{own}"
    written(tmp_path, queue=PACK, list=text)
    path = written(tmp_path, cockpit=f"{HEAD}checklist: list.yaml\n{SOURCES}") / "cockpit.yaml"
    cockpit = loaded(path).cockpit
    assert cockpit.signals[0].rule.passes == "value.used_memory < 99"
    assert [(each.title, len(each.steps)) for each in cockpit.checklist.procedures] == [("Empty it", 1), ("Report", 1)]
    assert [item.role for item in cockpit.checklist.items] == ["", "bo", ""]
    assert check_file(tmp_path / "list.yaml", sources) == []


def test_own_abort_rules_are_added_to_those_of_the_packs_and_win_for_the_same_signal(tmp_path: Path) -> None:
    own = "signals: {own: {cache.info: memory, pass: 'true'}}\nabort: [{signal: own, for: 1m, from: after}]\n"
    cockpit = used(tmp_path, OWNED, PHASES, more=own + "readiness: [own]\n")
    assert [(abort.signal, abort.for_s) for abort in cockpit.aborts] == [("own", 60.0), ("length", 120.0)]
    assert cockpit.readiness == ("own", "both")
    changed = used(tmp_path, OWNED, PHASES, more="abort: [{signal: length, for: 1m, from: after}]\n")
    assert [(abort.signal, abort.for_s) for abort in changed.aborts] == [("length", 60.0)]


def test_the_abort_rules_of_a_cockpit_file_replace_those_of_the_checklist_with_its_packs(tmp_path: Path) -> None:
    written(tmp_path, queue=PACK, list=f"vars: {{owner: bo}}\nuse: [./queue.yaml]\n{PHASES}")
    more = "signals: {own: {cache.info: memory, pass: 'true'}}\nabort: [{signal: own, for: 1m, from: after}]\n"
    written(
        tmp_path, cockpit=f"{HEAD}checklist: list.yaml\n{SOURCES}{more}procedures: [{{id: drain, queued_by: {{}}}}]"
    )
    assert [abort.signal for abort in loaded(tmp_path / "cockpit.yaml").cockpit.aborts] == ["own"]


def test_items_and_procedures_can_be_left_out_and_moved(tmp_path: Path) -> None:
    entry = "[{pack: ./queue.yaml, vars: {owner: ana}, without: [told, report], phase: {readiness: after}}]"
    pack = PACK.replace("from: verification", "from: readiness")
    checklist = used(tmp_path, entry, PHASES.replace("Verification", "Later"), pack=pack).checklist
    assert [item.id for item in checklist.items] == ["readiness/s/own", "after/queue/the-queue-is-short"]
    assert [procedure.id for procedure in checklist.procedures] == ["drain"]


def test_a_signal_that_is_left_out_takes_its_items_and_rules_with_it(tmp_path: Path) -> None:
    entry = "[{pack: ./queue.yaml, vars: {owner: ana}, without: [length, both, drain, report]}]"
    cockpit = used(tmp_path, entry, PHASES)
    assert [item.title for item in cockpit.checklist.items] == ["own", "ana is informed"]
    assert (cockpit.signals, cockpit.aborts, cockpit.readiness, cockpit.checklist.procedures) == ((), (), (), ())
    found = mistakes(use(tmp_path, entry.replace(", drain, report", ""), PHASES))
    assert "procedure 'drain' of pack './queue.yaml' waits for signal 'length'; leave it out too" in found[0]


def test_the_signals_of_a_pack_come_before_those_of_the_file_that_uses_it(tmp_path: Path) -> None:
    (tmp_path / "list").mkdir()
    written(tmp_path, queue=PACK)
    for name, text in {
        "a": "title: A\nsignals: {first: {cache.info: memory}}\n" + PHASES,
        "b": "vars: {owner: bo}\nuse: [../queue.yaml]\nsignals: {last: {cache.info: memory}, both: {every: 9s}}\n",
    }.items():
        (tmp_path / "list" / f"{name}.yaml").write_text(text)
    path = written(tmp_path, cockpit=f"{HEAD}checklist: ./list\n{SOURCES}") / "cockpit.yaml"
    signals = loaded(path).cockpit.signals
    assert [(each.name, each.every) for each in signals] == [("first", 5), ("length", 5), ("both", 9), ("last", 5)]


def test_only_the_named_parts_are_used(tmp_path: Path) -> None:
    entry = "[{pack: ./queue.yaml, vars: {owner: ana}, only: [signals]}]"
    cockpit = used(tmp_path, entry, PHASES)
    assert [item.title for item in cockpit.checklist.items] == ["own"]
    assert (cockpit.aborts, cockpit.readiness, cockpit.checklist.procedures) == ((), (), ())
    assert [signal.name for signal in cockpit.signals] == ["length", "both"]


def test_a_markdown_checklist_takes_packs(tmp_path: Path) -> None:
    written(tmp_path, queue=PACK)
    (tmp_path / "list.md").write_text("# Night\n\n## Readiness\n\n- [ ] own\n\n## Verification\n\n- [ ] last\n")
    path = written(tmp_path, cockpit=f"{HEAD}checklist: list.md\nuse: {OWNED}\n{SOURCES}") / "cockpit.yaml"
    assert [item.title for item in loaded(path).cockpit.checklist.items] == [
        "own",
        "The queue is short",
        "last",
        "ana is informed",
    ]


def test_a_variable_keeps_its_spelling_and_comes_from_the_use_the_file_or_the_default(tmp_path: Path) -> None:
    head = HEAD + "vars: {owner: bo, limit: 2.50}\n"
    assert used(tmp_path, "[./queue.yaml]", head=head).signals[0].rule.passes == "value.used_memory < 2.50"
    entry = "[{pack: ./queue.yaml, vars: {limit: 7.0}}]"
    assert used(tmp_path, entry, head=head).signals[0].rule.passes == "value.used_memory < 7.0"


def test_a_pack_of_the_user_wins_over_the_shipped_one(tmp_path: Path, home: Path) -> None:
    (home / "packs").mkdir(parents=True)
    (home / "packs" / "redis.yaml").write_text(PACK)
    assert used(tmp_path, "[{pack: redis, vars: {owner: ana}}]").signals[0].name == "length"


@pytest.mark.parametrize(
    ("entries", "mistake"),
    [
        ("[rollback-kubectI]", "cockpit.yaml:4:7: unknown pack 'rollback-kubectI'; did you mean 'rollback-kubectl'?"),
        ("[./queues.yaml]", "cockpit.yaml:4:7: pack './queues.yaml' not found; the path is relative to"),
        ("[./queue.yaml]", "cockpit.yaml:4:7: missing variable 'owner' of pack './queue.yaml': Who repairs it."),
        ("[./queue.yaml]", "(queue.yaml:8); write {pack: ./queue.yaml, vars: {owner: ...}}, or owner under vars:"),
        (
            "[{pack: ./queue.yaml, vars: {owner: a, limits: 3}}]",
            "cockpit.yaml:4:45: unknown variable 'limits' of pack './queue.yaml'; did you mean 'limit'?",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a, limit: many}}]",
            "cockpit.yaml:4:52: variable 'limit' of pack './queue.yaml' must be a number, not 'many'",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a}, source: carst}]",
            "cockpit.yaml:4:7: pack './queue.yaml' needs the redis source 'carst', which is missing under sources:; "
            "write {pack: ./queue.yaml, source: cache}, or add",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a}, source: web}]",
            "cockpit.yaml:4:7: pack './queue.yaml' needs a source of kind redis, and 'web' is of kind http; "
            "write {pack: ./queue.yaml, source: cache}, or add",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a}, sources: {cachex: carts}}]",
            "cockpit.yaml:4:56: pack './queue.yaml' needs no source 'cachex'; did you mean 'cache'?",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a}}, {pack: ./queue.yaml, vars: {owner: b}}]",
            "cockpit.yaml:4:47: pack './queue.yaml' and pack './queue.yaml' both define 2 signals (length, both); "
            "give it a prefix: {pack: ./queue.yaml, prefix: NAME}",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a}, phase: aftera}]",
            "cockpit.yaml:4:53: unknown phase 'aftera'; did you mean 'after'?",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a}, without: [tol]}]",
            "cockpit.yaml:4:56: pack './queue.yaml' has no signal, item or procedure 'tol'; did you mean 'told'?",
        ),
        (
            "[{pack: ./queue.yaml, vars: {owner: a}, source: cache, sources: {cache: cache}}]",
            "cockpit.yaml:4:7: use[0] must have `source` or `sources`, not both",
        ),
        (
            "[{pack: ./queue.yaml, prefx: a}]",
            "cockpit.yaml:4:28: unknown key 'prefx'; did you mean 'prefix'?",
        ),
    ],
)
def test_a_mistake_in_a_use_is_reported_where_it_is(tmp_path: Path, entries: str, mistake: str) -> None:
    found = mistakes(use(tmp_path, entries, PHASES))
    assert any(mistake in each for each in found), found


def test_a_missing_phase_names_the_way_out(tmp_path: Path) -> None:
    found = mistakes(use(tmp_path, OWNED, "phases: [{title: Before}, {title: Then}]\n"))
    assert found[0] == (
        "cockpit.yaml:4:7: pack './queue.yaml' names phase 'readiness', which the checklist does not have; "
        "write {pack: ./queue.yaml, phase: {readiness: ID}} with one of before, then"
    )


def test_a_mistake_that_a_variable_causes_is_reported_where_the_variable_is(tmp_path: Path) -> None:
    pack = PACK.replace("type: number, ", "")
    found = mistakes(use(tmp_path, "[{pack: ./queue.yaml, vars: {owner: a, limit: '1 +'}}]", pack=pack))
    assert len(found) == 1
    assert found[0].startswith("cockpit.yaml:3:52: variable 'limit' of pack './queue.yaml': signals.length.pass:")
    assert found[0].endswith("(queue.yaml:10)")


def test_a_mistake_of_the_pack_itself_is_reported_in_the_pack(tmp_path: Path) -> None:
    found = mistakes(use(tmp_path, OWNED, pack=PACK.replace("cache.info", "cache.infos")))
    assert found == ["queue.yaml:10:27: unknown probe 'infos' of redis source 'cache'; did you mean 'info'?"]


def test_a_pack_must_name_the_sources_of_its_signals(tmp_path: Path) -> None:
    found = mistakes(use(tmp_path, OWNED, pack=PACK.replace("cache.info", "web.get")))
    assert found[0] == "queue.yaml:10:27: unknown source 'web'; known: cache"


def test_a_pack_cannot_give_permissions(tmp_path: Path) -> None:
    found = mistakes(use(tmp_path, OWNED, pack=PACK + "allow: {procedures: true}\n"))
    assert found == ["queue.yaml:24:1: a pack cannot give permissions; write allow: in the cockpit file"]


def test_an_inline_signal_does_not_replace_a_signal_of_a_pack_silently(tmp_path: Path) -> None:
    item = "{title: Length, signal: {cache.info: memory, pass: 'true'}}"
    text = f"use: {OWNED}\nphases: [{{title: Readiness, sections: [{{title: s, items: [{item}]}}]}}]\n"
    written(tmp_path, queue=PACK.replace("verification", "readiness"), list=text)
    found = mistakes(written(tmp_path, cockpit=f"{HEAD}checklist: list.yaml\n{SOURCES}") / "cockpit.yaml")
    assert "the inline signal 'length' has the name of a signal of a pack" in found[0]


@pytest.mark.parametrize(
    ("before", "after", "mistake"),
    [
        ("signal: length, role", "signal: lengths, role", "unknown signal 'lengths'; did you mean 'length'?"),
        ("cache.info", "cachex.info", "unknown source 'cachex'; did you mean 'cache'?"),
        ("kind: redis", "kind: redys", "unknown source kind 'redys'; did you mean 'redis'?"),
        ("default: 10", "default: ten", "default of variable 'limit' must be a number"),
        ("${limit}", "${limits}", "unknown variable 'limits'; did you mean 'limit'?"),
        (
            "id: told",
            "id: short",
            "duplicate name 'short' of signals, items or procedures in this pack; add `id: NAME`",
        ),
        ("readiness: [both]", "readiness: [bth]", "unknown signal 'bth'; did you mean 'both'?"),
        ("about: Watches a queue.\n", "", "missing 'about'; add `about: ...`"),
    ],
)
def test_check_finds_the_mistakes_of_a_pack_on_its_own(tmp_path: Path, before: str, after: str, mistake: str) -> None:
    assert before in PACK
    path = written(tmp_path, queue=PACK.replace(before, after, 1)) / "queue.yaml"
    found = [error.message for error in check_file(path, sources)]
    assert any(mistake in each for each in found), found


def test_a_sound_pack_passes_check(tmp_path: Path) -> None:
    assert check_file(written(tmp_path, queue=PACK) / "queue.yaml", sources) == []
