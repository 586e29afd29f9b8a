"""Checklist files: ids, folders, inline signals, and what is refused."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.checklist import Hold, Item, Mode
from tests.config.files import cockpit, load_checklist, loaded, mistakes, written


def test_ids_are_slugs_scoped_by_phase_and_section_and_unique(tmp_path: Path) -> None:
    section = "{title: Déjà vu!, items: [{title: A & B}, {title: a b}, {title: 部署}, {title: '!'}]}"
    path = written(tmp_path, c=f"phases: [{{id: P1, title: Phase, sections: [{section}, {section}]}}]\n") / "c.yaml"
    assert [item.id for item in load_checklist(path).items] == [
        *(f"p1/deja-vu/{name}" for name in ("a-b", "a-b-2", "部署", "untitled")),
        *(f"p1/deja-vu-2/{name}" for name in ("a-b", "a-b-2", "部署", "untitled")),
    ]
    assert [item.number for item in load_checklist(path).items] == list(range(1, 9))


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    written(
        tmp_path,
        checklist="name: all\ntitle: All of it\nvars: {who: bo}\nlinks: [{title: t, url: u}]\n",
        a2="phases: [{title: Second, sections: [{title: s, items: [{title: b, signal: up, role: '${who}'}]}]}]\n",
        a1="phases: [{title: First, sections: [{title: s, ordered: true, items: [{title: a}]}]}]\n",
        signals="signals: {up: {cache.info: memory, pass: value.used_memory > 0}}\n",
    )
    checklist = load_checklist(tmp_path)
    assert (checklist.name, checklist.title) == ("all", "All of it")
    assert [phase.title for phase in checklist.phases] == ["First", "Second"]
    assert checklist.phases[0].sections[0].ordered
    assert list(checklist.items)[1] == Item("second/s/b", 2, "b", mode=Mode.SENSED, signal="up", role="bo")
    assert check_file(tmp_path, sources) == []
    assert check_file(tmp_path / "a2.yaml", sources) != []


def part(head: str, *items: str) -> str:
    told = ", ".join(f"{{title: {item}}}" for item in items)
    return f"phases: [{{{head}, sections: [{{title: s, items: [{told}]}}]}}]\n"


def test_a_phase_is_continued_by_the_next_file(tmp_path: Path) -> None:
    written(tmp_path, a1=part("title: One", "a", "b"), a2=part("id: one, title: One", "a"), b=part("title: Two", "c"))
    checklist = load_checklist(tmp_path)
    assert [(phase.id, len(phase.sections)) for phase in checklist.phases] == [("one", 2), ("two", 1)]
    assert [(item.id, item.number) for item in checklist.items] == [
        ("one/s/a", 1),
        ("one/s/b", 2),
        ("one/s-2/a", 3),
        ("two/s/c", 4),
    ]


def test_a_continued_phase_has_the_estimate_of_the_file_that_writes_it(tmp_path: Path) -> None:
    written(tmp_path, a1=part("title: One"), a2=part("id: one, title: One, estimate: 1h 5m"), b=part("title: Two"))
    assert [phase.estimate for phase in load_checklist(tmp_path).phases] == [3900.0, 0.0]


@pytest.mark.parametrize(
    ("files", "mistake"),
    [
        ({"a": "title: One", "b": "title: One"}, "b.yaml:1:18: phase 'one' is in another file too; write `id:"),
        (
            {"a": "title: One", "b": "id: one, title: Uno"},
            "b.yaml:1:15: phase 'one' has the title 'One' in its",
        ),
        (
            {"a": "title: One", "b": "title: Two", "c": "id: one, title: One"},
            "c.yaml:1:15: phase 'one' cannot continue after 'two'; rename this file",
        ),
        ({"a": "title: One}, {id: one, title: One"}, "a.yaml:1:29: duplicate phase 'one'; change one id"),
        (
            {"a": "title: One, estimate: 5m", "b": "id: one, title: One, estimate: 5m"},
            "b.yaml:1:32: duplicate estimate of phase 'one'; write it in one file",
        ),
    ],
)
def test_a_phase_that_may_be_another_or_the_same_is_a_mistake(
    tmp_path: Path, files: dict[str, str], mistake: str
) -> None:
    written(tmp_path, **{name: part(head, "x") for name, head in files.items()})
    assert next(str(each) for each in check_file(tmp_path, sources)).rpartition("/")[2].startswith(mistake)


def test_an_item_carries_a_signal_of_its_own(tmp_path: Path) -> None:
    signal = "{cache.info: memory, pass: value.used_memory > 0}"
    items = f"[{{title: Cache fine, signal: {signal}}}, {{title: Cache fine, mode: attested, signal: {signal}}}]"
    written(tmp_path, c=f"phases: [{{title: P, sections: [{{title: S, items: {items}}}]}}]\n")
    found = loaded(cockpit(tmp_path, "checklist: c.yaml\nsignals: {cache_fine: {every: 1m}}\n")).cockpit
    assert [(signal.name, signal.title, signal.every) for signal in found.signals] == [
        ("cache_fine", "Cache fine", 60.0),
        ("cache_fine_2", "Cache fine", 5.0),
    ]
    assert [(item.mode, item.signal) for item in found.checklist.items] == [
        (Mode.SENSED, "cache_fine"),
        (Mode.ATTESTED, "cache_fine_2"),
    ]


@pytest.mark.parametrize(
    ("item", "mistake"),
    [
        (
            "{title: a, mode: sensed}",
            "c.yaml:4:28: a sensed item must have a signal; add `signal: NAME`",
        ),
        (
            "{title: a, mode: manual, signal: up}",
            "c.yaml:4:28: a manual item cannot have a signal; remove",
        ),
        ("{title: a, signal: shown}", "c.yaml:4:30: signal 'shown' has no pass rule, so it cannot decide item 'a'"),
        ("{title: a, signal: upp}", "c.yaml:4:30: unknown signal 'upp'; did you mean 'up'?"),
        ("{title: a, aprovals: 2}", "c.yaml:4:22: unknown key 'aprovals'; did you mean 'approvals'?"),
        ("{title: a, mode: auto}", "c.yaml:4:28: phases[0].sections[0].items[0].mode must be 'manual', 'sensed'"),
        ("{title: ''}", "c.yaml:4:19: phases[0].sections[0].items[0].title must not be empty"),
        ("{titel: a}", "c.yaml:4:12: unknown key 'titel'; did you mean 'title'?"),
        ("{title: '${who}'}", "c.yaml:4:20: unknown variable 'who'; define it under vars:, or write $${"),
        (
            "{title: a, required: sometimes}",
            "c.yaml:4:32: phases[0].sections[0].items[0].required must be true or",
        ),
    ],
)
def test_an_item_s_mistake_is_found_at_its_character(tmp_path: Path, item: str, mistake: str) -> None:
    head = "phases: [{title: P, sections: [{title: S, items: [\n"
    tail = "]}]}]\nsignals: {up: {cache.info: x, pass: 'true'}, shown: {cache.info: x}}\n"
    written(tmp_path, c=f"name: c\ntitle: C\n{head}          {item}{tail}")
    found = mistakes(cockpit(tmp_path, "checklist: c.yaml\n"))
    assert any(each.startswith(mistake) for each in found), found


def test_a_checklist_on_its_own_may_use_a_signal_of_the_cockpit_file(tmp_path: Path) -> None:
    text = "name: c\nphases: [{title: P, sections: [{title: S, items: [{title: a, signal: NAME}]}]}]\n"
    text += "signals: {error_rate: {prometheus.query: x, pass: value < 1.0}}\n"
    path = written(tmp_path, c=text.replace("NAME", "quite_different")) / "c.yaml"
    assert check_file(path, sources) == []
    written(tmp_path, c=text.replace("NAME", "eror_rate"))
    assert "did you mean 'error_rate'" in str(check_file(path, sources)[0])


def test_customary_source_names_tell_the_kind_of_a_checklist_on_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, c="signals: {s: {cache.inof: memory}, t: {mine.any: 1}}\n") / "c.yaml"
    (mistake,) = check_file(path, sources)
    assert "unknown probe 'inof' of redis source 'cache'; did you mean 'info'?" in str(mistake)


def test_the_same_signal_in_two_parts_is_a_mistake(tmp_path: Path) -> None:
    part = "signals: {s: {cache.info: memory}}\n"
    written(tmp_path, a=part, b=part)
    with pytest.raises(FileError, match=r"b\.yaml:1:11: duplicate signal 's'"):
        load_checklist(tmp_path)


def test_an_empty_folder_is_no_checklist(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no \.yaml file in this folder"):
        load_checklist(tmp_path)


def test_a_file_of_no_clear_kind_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, x="pannels: {}\n") / "x.yaml"
    (mistake,) = check_file(path, sources)
    assert "did you mean 'panels'?" in str(mistake)


@pytest.mark.parametrize(
    ("question", "workload"),
    [
        ("cluster.pods: {selector: a=b}", True),
        ("cluster.rollout: {name: app}", True),
        ("cluster.get: {kind: deployment, name: app}", True),
        ("cluster.list: {kind: pod}", True),
        ("cluster.get: {kind: endpoints, name: app}", True),
        ("cluster.list: {kind: deployment}", False),
        ("cluster.get: {kind: configmap, name: app}", False),
    ],
)
def test_pods_and_workloads_have_defaults_for_persistence_and_settle_time(
    tmp_path: Path, question: str, workload: bool
) -> None:
    text = f"""
        phases:
          - title: P
            sections:
              - title: S
                items:
                  - {{title: Plain, signal: plain}}
                  - {{title: Both, signal: both}}
                  - {{title: Said, signal: said, hold: 5s}}
                  - {{title: Ruled, signal: plain, hold: "duration('5s')"}}
        signals:
          plain: {{{question}, pass: 'true'}}
          said: {{{question}, pass: 'true', persist: 1}}
          both: {{session.all_of: [plain]}}
        """
    written(tmp_path, c=text)
    head = "checklist: c.yaml\nsources: {cluster: {kind: kubernetes}}\n"
    made = loaded(cockpit(tmp_path, head)).cockpit
    signals = {one.name: one for one in made.signals}
    holds = {one.title: one.hold for one in made.checklist.items}
    assert (signals["plain"].rule.agree, signals["said"].rule.agree) == ((3, 1) if workload else (1, 1))
    expected = Hold(60.0, 60.0, workload=True) if workload else Hold()
    assert (holds["Plain"], holds["Both"]) == (expected, expected)
    assert (holds["Said"], holds["Ruled"]) == (Hold(5.0, 5.0), Hold(rule="duration('5s')"))
