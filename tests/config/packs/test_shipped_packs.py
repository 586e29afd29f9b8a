"""Every shipped pack is sound on its own, with its required variables alone, together with others, and twice."""

import re
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.command_lint import wrong_words
from mmcockpit.config.load import check_file, shipped
from mmcockpit.config.models.use import LONGEST_PREFIX
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.model.procedure import Danger
from mmcockpit.core.rules.cel.evaluation import Undecided, is_true
from tests.config.files import loaded, mistakes
from tests.config.packs.shipped import PACKS, cockpit_file, required, uses

EXPECTED = {
    "web-service",
    "kubernetes-workload",
    "redis",
    "postgres",
    "rabbitmq",
    "kafka",
    "dns-cutover",
    "database-migration",
    "rollback-kubectl",
    "rollback-helm",
    "rollback-argo",
    "rollback-statefulset",
}
ROLLBACKS = [name for name in PACKS if name.startswith("rollback-")]


def test_these_packs_are_shipped() -> None:
    assert {name: pack["name"] for name, pack in PACKS.items()} == {name: name for name in EXPECTED}


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_passes_check_on_its_own(name: str) -> None:
    path = next(path for path in shipped("pack") if path.stem == name)
    warnings: list[FileWarning] = []
    assert check_file(path, sources, warnings) == []
    assert list(map(str, warnings)) == []


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_needs_no_more_than_its_required_variables(name: str, tmp_path: Path) -> None:
    path = cockpit_file(tmp_path, uses(name))
    warnings: list[FileWarning] = []
    assert check_file(path, sources, warnings) == []
    assert list(map(str, warnings)) == []
    cockpit = loaded(path).cockpit
    assert {signal.name for signal in cockpit.signals} == set(PACKS[name]["signals"])
    assert [item.title for item in cockpit.checklist.items if "$" in item.title + item.text] == []
    assert not cockpit.allow.procedures
    assert cockpit.allow.active == ()
    assert [signal.name for signal in cockpit.signals if signal.active] == []


@pytest.mark.parametrize("name", [name for name in PACKS if required(name)])
def test_each_required_variable_that_is_missing_is_named(name: str, tmp_path: Path) -> None:
    found = mistakes(cockpit_file(tmp_path, [{"pack": name}]))
    missing = [re.match(rf"cockpit.yaml:\d+:\d+: missing variable '(\w+)' of pack '{name}': ", each) for each in found]
    assert {match[1] for match in missing if match} == set(required(name))


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_can_be_used_twice_with_prefixes(name: str, tmp_path: Path) -> None:
    (entry,) = uses(name)
    path = cockpit_file(tmp_path, [{**entry, "prefix": "a"}, {**entry, "prefix": "b"}])
    cockpit = loaded(path).cockpit
    assert len({signal.name for signal in cockpit.signals}) == 2 * len(PACKS[name]["signals"])
    assert len(list(cockpit.checklist.items)) == 2 * len(PACKS[name].get("items", ()))
    for prefix, other in (("a", "b"), ("b", "a")):
        mine = [item for item in cockpit.checklist.items if item.title.startswith(f"{prefix}: ")]
        assert len(mine) == len(PACKS[name].get("items", ()))
        assert not any(item.signal.startswith(f"{other}_") for item in mine)
        steps = [
            step for each in cockpit.checklist.procedures if each.id.startswith(f"{prefix}-") for step in each.steps
        ]
        assert not any(step.signal.startswith(f"{other}_") for step in steps)


@pytest.mark.parametrize("name", PACKS)
def test_every_pack_takes_the_longest_prefix(name: str, tmp_path: Path) -> None:
    (entry,) = uses(name)
    assert mistakes(cockpit_file(tmp_path, [{**entry, "prefix": "a" * LONGEST_PREFIX}])) == []


def test_all_packs_fit_into_one_cockpit(tmp_path: Path) -> None:
    entries = [
        {**entry, "prefix": "schema"} if entry["pack"] == "database-migration" else entry for entry in uses(*PACKS)
    ]
    cockpit = loaded(cockpit_file(tmp_path, entries)).cockpit
    assert len(cockpit.signals) == sum(len(pack["signals"]) for pack in PACKS.values())
    assert [phase.id for phase in cockpit.checklist.phases] == ["readiness", "deployment", "cutover", "verification"]


@pytest.mark.parametrize("name", ROLLBACKS)
def test_a_rollback_shows_the_history_and_names_its_revision(name: str, tmp_path: Path) -> None:
    procedures = {each.id: each for each in loaded(cockpit_file(tmp_path, uses(name))).cockpit.checklist.procedures}
    steps = procedures[name].steps
    assert [list(wrong_words(step.argv)) for each in procedures.values() for step in each.steps if step.argv] == [
        [] for each in procedures.values() for step in each.steps if step.argv
    ]
    first = next(n for n, step in enumerate(steps) if step.danger is Danger.DANGEROUS)
    shown = [n for n, step in enumerate(steps) if any(capture.name == "revision" for capture in step.captures)]
    assert min(shown) < first
    assert steps[0].danger is Danger.READS
    assert any("${values.revision}" in word for word in steps[first].argv)
    assert all(step.target for each in procedures.values() for step in each.steps if step.danger is Danger.DANGEROUS)
    assert any(step.signal for step in steps[first:])
    assert all(step.estimate for each in procedures.values() for step in each.steps)


@pytest.mark.parametrize("name", ROLLBACKS)
def test_the_confirming_signal_may_be_one_of_the_cockpit_file(name: str, tmp_path: Path) -> None:
    entry = {"pack": name, "vars": {**required(name), "confirmed_by": "error_share"}}
    path = cockpit_file(tmp_path, [entry, *uses("web-service")])
    (procedure,) = [each for each in loaded(path).cockpit.checklist.procedures if each.id == name]
    assert "error_share" in [step.signal for step in procedure.steps]
    lonely = mistakes(cockpit_file(tmp_path, [entry]))
    assert len(lonely) >= 1
    assert f"variable 'confirmed_by' of pack '{name}': unknown signal 'error_share'" in lonely[0]


@pytest.mark.parametrize("name", PACKS)
def test_every_variable_and_signal_of_a_pack_is_documented(name: str) -> None:
    pack = PACKS[name]
    assert [key for key, each in pack.get("vars", {}).items() if not each["about"]] == []
    assert [key for key, each in pack["signals"].items() if not each.get("about")] == []
    assert [item["title"] for item in pack.get("items", ()) if "id" not in item] == []


@pytest.mark.parametrize("name", ROLLBACKS)
def test_the_steps_of_a_rollback_name_the_cluster_of_its_source(name: str, tmp_path: Path) -> None:
    (entry,) = uses(name)
    entries = [{**entry, "prefix": cluster, "source": cluster} for cluster in ("eu", "us")]
    clusters = {cluster: {"kind": "kubernetes", "context": cluster} for cluster in ("eu", "us")}
    cockpit = loaded(cockpit_file(tmp_path, entries, clusters)).cockpit
    for cluster in ("eu", "us"):
        (procedure,) = [each for each in cockpit.checklist.procedures if each.id == f"{cluster}-{name}"]
        words = [word for step in procedure.steps for word in step.argv if "${" in word and "values." not in word]
        assert {word.partition("=")[2] for word in words} == {f"${{{cluster}.kubeconfig}}", f"${{{cluster}.context}}"}
    assert {signal.source for signal in cockpit.signals} == {"eu", "us"}


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        ({"streaming": 0}, True),
        ({"streaming": 1, "max_lag_s": 3.0}, True),
        ({"streaming": 1, "max_lag_s": 30.0}, False),
        ({"streaming": 1}, None),
    ],
)
def test_replicas_of_postgres_pass_only_with_a_known_lag(
    value: dict[str, float], truth: bool | None, tmp_path: Path
) -> None:
    signal = next(
        one for one in loaded(cockpit_file(tmp_path, uses("postgres"))).cockpit.signals if one.name == "pg_replicas"
    )
    found = is_true(signal.rule.passes, signal.rule.numeric, {"value": value})
    assert (None if isinstance(found, Undecided) else found) is truth
