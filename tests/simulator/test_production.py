"""The world is a pure function of seed, scenario and time, and its pages are what ModelMuxer exposes."""

import re
from collections.abc import Iterator

import pytest

from mmcockpit.simulator.clock import WorldClock
from mmcockpit.simulator.production import EDGES_MS, SLOTS, World
from mmcockpit.simulator.prometheus.exporters import EXPORTERS
from mmcockpit.simulator.prometheus.exposition import text_page
from mmcockpit.simulator.prometheus.metrics import application
from mmcockpit.simulator.prometheus.queries import ask
from mmcockpit.simulator.scenarios import OLD_VERSION, ROLLOUT_AT, SCENARIOS, VERSION, ChangeKind, ScenarioChange
from tests.simulator.questions import ERROR_SHARE, OVER_2500_MS, P95, PROVIDER_BAD, RPS, TARGETS

_SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})? (\S+)')


def page(world: World, slot: int, at: float) -> str:
    families = application(world, slot, at)
    assert families is not None
    return text_page(families)


def parsed(text: str) -> dict[str, float]:
    """Every sample of a page by its series; fails on any other line."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = _SAMPLE.fullmatch(line)
            assert match, line
            series = match[1] + (match[2] or "")
            assert series not in found, series
            found[series] = float(match[3])
    return found


def counting(text: str) -> Iterator[tuple[str, float]]:
    kinds = dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE"))
    for series, value in parsed(text).items():
        name = series.partition("{")[0]
        if kinds.get(name, "histogram") in ("counter", "histogram"):
            yield series, value


def test_the_same_seed_and_time_give_the_same_page_byte_for_byte() -> None:
    clock = WorldClock(1_800_000_000.0)
    late = World(3, "golive", clock)
    asked_once = page(late, 1, 500.0)
    often = World(3, "golive", clock)
    for at in (-7000.0, 12.5, 900.0):
        page(often, 0, at)
    assert page(often, 1, 500.0) == asked_once
    assert page(World(4, "golive", clock), 1, 500.0) != asked_once


@pytest.mark.parametrize("slot", range(SLOTS))
def test_counters_only_fall_when_a_process_starts_again(slot: int) -> None:
    world = World(1, "golive")
    births: list[float] = []
    before: dict[str, float] = {}
    born = world.pod(slot, -60.0).born
    for step in range(-4, 240):
        at = step * 7.5
        if world.live(slot, at) is None:
            continue
        if world.pod(slot, at).born != born:
            born = world.pod(slot, at).born
            births.append(born)
            before = {}
        counted = dict(counting(page(world, slot, at)))
        assert not [series for series, value in counted.items() if value < before.get(series, 0.0)]
        assert before.keys() <= counted.keys()
        before = counted
    assert births[0] == ROLLOUT_AT + 3.0 * (slot + 1)


def test_every_page_parses_and_its_histograms_are_cumulative() -> None:
    world = World(1, "golive")
    samples = parsed(page(world, 0, 60.0))
    series = 'http_request_duration_milliseconds_bucket{route="/v1/chat/completions",method="POST",le="%s"}'
    buckets = [samples[series % edge] for edge in (*EDGES_MS, "+Inf")]
    assert buckets == sorted(buckets)
    count = 'http_request_duration_milliseconds_count{route="/v1/chat/completions",method="POST"}'
    statuses = re.compile(r'http_requests_total\{route="/v1/chat/completions",.*')
    assert buckets[-1] == samples[count] == sum(v for name, v in samples.items() if statuses.match(name))
    assert series % "2500.0" in samples
    for make in EXPORTERS.values():
        assert parsed(text_page(make(world, 60.0)))


def test_the_metrics_that_modelmuxer_never_moves_have_no_samples() -> None:
    text = page(World(1), 0, 0.0)
    assert "# TYPE modelmuxer_requests_total counter" in text
    assert not [name for name in parsed(text) if name.startswith(("modelmuxer_requests_total", "modelmuxer_cache_"))]


def test_provider_latency_is_beyond_its_last_bucket() -> None:
    samples = parsed(page(World(1), 0, 0.0))
    name = 'modelmuxer_provider_latency_seconds_bucket{provider="openai",model="gpt-4o-mini",le="%s"}'
    assert samples[name % "50.0"] == 0.0
    assert samples[name % "+Inf"] > 0.0


def test_the_rollout_replaces_every_slot_by_a_pod_of_the_next_version() -> None:
    world = World(1, "quiet")
    before, after = ROLLOUT_AT - 1.0, ROLLOUT_AT + 60.0
    assert {world.pod(slot, before).version for slot in range(SLOTS)} == {OLD_VERSION}
    assert {world.pod(slot, after).version for slot in range(SLOTS)} == {VERSION}
    assert world.restarts(before).keys().isdisjoint(world.restarts(after).keys())
    assert set(world.restarts(after).values()) == {0}


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_rules_of_the_demo_keep_their_series_when_new_pods_start_to_count(seed: int) -> None:
    world = World(seed, "quiet")
    for slot in range(SLOTS):
        born = next(
            at for at in range(round(ROLLOUT_AT), 600) if (life := world.live(slot, at)) and life.born >= ROLLOUT_AT
        )
        names = {series.partition("{")[0] for series in parsed(page(world, slot, born + 15))}
        assert "modelmuxer_policy_redactions_total" in names


def test_a_restarted_pod_keeps_its_name_and_counts_the_restart() -> None:
    world = World(1, "golive")
    restart = next(change for change in world.changes if change.kind is ChangeKind.RESTART)
    before, down = world.pod(restart.slot, restart.at - 1.0), restart.at + 1.0
    assert world.live(restart.slot, down) is None
    assert world.restarts(down)[before.pod] == before.restarts + 1
    assert world.pod(restart.slot, restart.at + 60.0).pod == before.pod


def test_a_change_ramps_up_holds_and_ramps_down() -> None:
    change = ScenarioChange(100.0, ChangeKind.SLOW, lasts=40.0, ramp=10.0, size=2.0)
    felt = [change.strength(at) for at in (99.0, 100.0, 105.0, 120.0, 135.0, 140.0)]
    assert felt == [0.0, 0.0, 0.5, 1.0, 0.5, 0.0]


def _worst(world: World, query: str, pick: int = 0) -> float:
    return max(value for at in range(-3600, 1800, 30) for _, value in ask(world, TARGETS, query, float(at))[pick:])


@pytest.mark.parametrize("seed", [1, 7])
def test_nothing_goes_wrong_in_the_quiet_scenario(seed: int) -> None:
    world = World(seed, "quiet")
    assert _worst(world, ERROR_SHARE) < 0.005
    assert _worst(world, OVER_2500_MS) < 0.02
    assert _worst(world, PROVIDER_BAD) < 0.02
    assert _worst(world, P95) < 2500.0


def test_the_small_incidents_of_golive_stay_small() -> None:
    world = World(1, "golive")
    assert _worst(world, ERROR_SHARE) < 0.01
    assert _worst(world, OVER_2500_MS) < 0.05
    assert _worst(world, PROVIDER_BAD) > 0.08


def test_the_incident_ends_at_six_per_cent_and_not_before_the_rollout() -> None:
    world = World(1, "gradual")
    assert ask(world, TARGETS, ERROR_SHARE, 110.0)[0][1] < 0.005
    assert ask(world, TARGETS, ERROR_SHARE, 900.0)[0][1] == pytest.approx(0.06, rel=0.05)
    assert world.conditions.error_share(180.0) == pytest.approx(0.031, rel=0.1)


def roll(world: World, version: str, at: float) -> None:
    for slot in range(SLOTS):
        world.rolled(slot, version, at + 3.0 * slot)


def test_going_back_ends_the_incident_and_going_forward_brings_it_again() -> None:
    world = World(1, "gradual")
    roll(world, OLD_VERSION, 900.0)
    assert {world.pod(slot, 910.0).version for slot in range(SLOTS)} == {OLD_VERSION}
    assert ask(world, TARGETS, ERROR_SHARE, 1300.0)[0][1] < 0.005
    roll(world, VERSION, 1500.0)
    assert ask(world, TARGETS, ERROR_SHARE, 1499.0)[0][1] < 0.005
    assert ask(world, TARGETS, ERROR_SHARE, 1900.0)[0][1] == pytest.approx(0.06, rel=0.05)


def test_a_rollout_by_an_operator_leaves_what_has_been_read_as_it_was() -> None:
    world = World(1, "gradual")
    for slot, at in enumerate((899.9, 900.0, 906.0)):
        others = {(other, when): page(world, other, when) for other in range(slot + 1, SLOTS) for when in (890.0, at)}
        earlier = page(world, slot, at - 0.1)
        world.rolled(slot, OLD_VERSION, at)
        assert {place: page(world, *place) for place in others} == others
        assert page(world, slot, at - 0.1) == earlier


def test_pods_of_a_version_that_comes_back_have_other_names_and_start_at_zero() -> None:
    world = World(1, "gradual")
    first = world.pod(0, 0.0)
    world.rolled(0, OLD_VERSION, 900.0)
    back = world.pod(0, 901.0)
    assert (back.version, back.born) == (OLD_VERSION, 900.0)
    assert back.pod.rpartition("-")[0] == first.pod.rpartition("-")[0]
    assert back.pod != first.pod


def test_a_rollback_before_the_planned_rollout_reaches_a_slot_cancels_it_there() -> None:
    world = World(1, "gradual")
    world.rolled(2, OLD_VERSION, 64.0)
    assert world.pod(2, 1000.0) == world.pod(2, 0.0)
    assert world.pod(1, 1000.0).version == VERSION


def test_a_restart_that_comes_after_a_rollback_restarts_the_old_version() -> None:
    world = World(1, "golive")
    restart = next(change for change in world.changes if change.kind is ChangeKind.RESTART)
    world.rolled(restart.slot, OLD_VERSION, restart.at - 100.0)
    again = world.pod(restart.slot, restart.at + 60.0)
    assert (again.version, again.restarts) == (OLD_VERSION, 1)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_two_hours_of_history_are_there_at_once(scenario: str) -> None:
    world = World(1, scenario)
    rates = [ask(world, TARGETS, RPS, float(at))[0][1] for at in range(-7200, 0, 60)]
    assert min(rates) > 20.0
    assert len(set(rates)) == len(rates)


def test_speed_moves_the_world_but_not_the_history() -> None:
    clock = WorldClock(1000.0, speed=10.0)
    assert clock.at(1012.0) == 120.0
    assert clock.at(900.0) == -100.0
    assert clock.wall(clock.at(1012.0)) == 1012.0
