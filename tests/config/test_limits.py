"""Where an item's sentence names a limit, its signal passes on one side of it and fails on the other."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.judge import judge
from tests.config.modelmuxer import changed, readings
from tests.core.sessions import Story
from tests.sources.shipped import judged, shipped, signal


class Limit(NamedTuple):
    """A limit that an item's sentence names, the signal that knows it, and a reading on either side of it.

    `path` is the part of the good reading that is replaced; empty for all of it.
    """

    item: str
    says: str
    signal: str
    path: str
    passes: Any
    fails: Any


CHATS, OF_PROVIDERS = "0.value", "1.value"
MIB = 1024 * 1024

LIMITS = [
    Limit("SSL/TLS Certificates", "30 days", "certificate_days", "days_left", 30.0, 29.9),
    Limit("SSL/TLS Certificates", "30 days", "certificate_apex", "days_left", 30.0, 29.9),
    Limit("SSL/TLS Certificates", "30 days", "certificate_www", "days_left", 30.0, 29.9),
    Limit("JWT Configuration", "32 bytes", "jwt_key", "data.JWT_SECRET_KEY.bytes", 32, 31),
    Limit("Encryption Keys", "32 bytes", "encryption_keys", "data.ENCRYPTION_KEY.decoded_bytes", 32, 31),
    Limit("Encryption Keys", "32 bytes", "encryption_keys", "data.PII_ENCRYPTION_KEY.decoded_bytes", 32, 31),
    Limit("PostgreSQL", "version 15", "pg_primary", "version", 15, 14),
    Limit("Read Replicas", "at least 2", "pg_replicas", "streaming", 2, 1),
    Limit("Read Replicas", "10 s", "pg_replicas", "max_lag_s", 9.9, 10.0),
    Limit("Read Replicas", "at least 2", "read_pods", "ready", 2, 1),
    Limit("Backup Strategy", "26 hours", "backup_age", "last_success_age_s", 93_599.0, 93_600.0),
    Limit("Backup Strategy", "daily", "backup_age", "longest_gap_s", 86_400.0, 172_800.0),
    Limit("Performance Tuning", "99%", "pg_hit_ratio", "", 0.99, 0.989),
    Limit("Performance Tuning", "No index", "pg_invalid_indexes", "", 0, 1),
    Limit("Redis Cluster", "at least 1", "redis_role", "online", 1, 0),
    Limit(
        "Redis Cluster",
        "three masters",
        "redis_cluster",
        "",
        {"enabled": True, "state": "ok", "slots_assigned": 16384, "known_nodes": 6, "size": 3},
        {"enabled": True, "state": "ok", "slots_assigned": 16384, "known_nodes": 6, "size": 2},
    ),
    Limit(
        "Redis Cluster",
        "every slot",
        "redis_cluster",
        "",
        {"enabled": True, "state": "ok", "slots_assigned": 16384, "known_nodes": 6, "size": 3},
        {"enabled": True, "state": "ok", "slots_assigned": 16383, "known_nodes": 6, "size": 3},
    ),
    Limit("Memory Limits", "90%", "redis_memory", "used_memory", 230 * MIB, 231 * MIB),
    Limit("Memory Limits", "a quarter", "redis_limit", "", 0.75, 0.76),
    Limit("Eviction Policy", "allkeys-lru", "redis_policy", "", "allkeys-lru", "volatile-lru"),
    Limit("Backup", "younger than a day", "redis_backup", "age_s", 86_399, 86_400),
    Limit("Namespace", "90%", "quota_used", "", 0.899, 0.9),
    Limit("DNS Configuration", "300 s", "dns_ttl", "authoritative_ttl", 300, 301),
    Limit("DNS Configuration", "300 s", "dns_apex", "authoritative_ttl", 300, 301),
    Limit("DNS Configuration", "300 s", "dns_www", "authoritative_ttl", 300, 301),
    Limit("Rollback Procedures", "Two revisions", "previous_revision", "previous", 1, 0),
    Limit("High Availability", "two zones", "zones", "zones", ["a", "b"], ["a"]),
    Limit("Capacity Planning", "80%", "quota_spare", "", 0.799, 0.8),
    Limit("Load Testing", "a week", "load_test_production_age", "age_s", 604_799, 604_800),
    Limit("Performance Testing", "a week", "load_test_release_age", "age_s", 604_799, 604_800),
    Limit("Deploy Infrastructure", "three nodes", "nodes", "", "3 nodes", "2 nodes"),
    Limit("Performance Check", "5%", "over_2500", "", 0.049, 0.05),
    Limit("Error Rates", "1% of the chats of the last five", "failures", CHATS, 0.0099, 0.01),
    Limit("Error Rates", "5% were refused", "refused_chats", "", 0.049, 0.05),
    Limit("Database Connectivity", "80%", "pg_connections", "share", 0.79, 0.8),
    Limit("Cache Functionality", "80%", "redis_hit_rate", "", 0.8, 0.79),
    Limit("External APIs", "5%", "provider_errors", "0.value", 0.05, 0.051),
    Limit("Performance Monitoring", "5%", "over_2500", "", 0.049, 0.05),
    Limit("Error Monitoring", "1%", "failures", CHATS, 0.0099, 0.01),
    Limit("Error Monitoring", "5% are refused", "refused_chats", "", 0.049, 0.05),
    Limit("System Health", "none restarts", "restarts", "", 0.0, 1.0),
    Limit("System Stability", "No pod restarted", "restarts", "", 0.0, 1.0),
    Limit("System Stability", "two were ready", "ready_floor", "", 2.0, 1.0),
    Limit("User Experience", "99%", "availability", "", 0.99, 0.989),
    Limit("Error Rates", "1% of the chats ended", "errors_day", "", 0.0099, 0.01),
    Limit("Error Rates", "5% or more", "errors_peak", "", 0.049, 0.05),
]
NUMBER = re.compile(r"\d|\b(?:two|three|four|half|quarter|day|week|hours?|daily|every slot|younger)\b|%", re.IGNORECASE)
"""What a limit looks like in a sentence."""
NO_LIMIT = {
    "Secrets Management": "four names, each in the rule of `secrets`",
    "API Keys": "a one-token chat",
    "PII Protection": "what the default rules take for a national id",
    "Health Checks": "404 as delivered; three times in a row is `persist: 3`",
    "Load Balancer": "a port",
    "Rate Limiting": "the 61st request is in the question of `rate_burst`",
    "Firewall Rules": "ports",
    "Prometheus": "the newest sample's age is `stale_after`",
    "Grafana": "three names, each in the rule of `dashboards`",
    "Alertmanager": "17 names, each in the question of `alert_rules`",
    "Log Aggregation": "a person looks for the line",
    "Blue-Green Deployment": "two slots, in test_modelmuxer",
    "Security Scan": "the scan is repeated every six hours",
    "Smoke Tests": "no number",
    "DNS Cutover": "the resolvers are in the question of `cutover_host`",
    "Rollback Plan": "DNS in five minutes is `dns_ttl`",
    "Performance Metrics": "one failure begins the day anew",
    "Ingress Controller": "404 is what a bad rewrite answers",
    "Performance Baselines": "an ordinary hour is a person's to choose",
    "Service Restart": "younger than the request is `complete`",
}


def members(name: str) -> Iterator[str]:
    """Give a signal and, of a combination, its members and theirs."""
    yield name
    for one in signal(name).group:
        yield from members(one)


def items(title: str) -> list[Item]:
    return [one for one in shipped().checklist.items if one.title == title and one.signal]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.item}: {limit.says} ({limit.signal})")
def test_a_limit_that_a_sentence_names_is_that_of_its_signal(limit: Limit) -> None:
    naming = [one for one in items(limit.item) if limit.says in one.text]
    assert naming, f"no item {limit.item!r} says {limit.says!r}"
    assert all(limit.signal in members(one.signal) for one in naming)
    assert level(limit, limit.passes) is Level.PASS
    assert level(limit, limit.fails) is Level.FAIL, "a warning beyond the limit would keep the item satisfied"


def level(limit: Limit, value: Any) -> Level:
    """Return the level of a reading with this value, before any persistence."""
    if limit.signal == "nodes":
        read = readings()["nodes"][: int(value.split()[0])]
    else:
        read = changed(limit.signal, limit.path, value) if limit.path else value
    return judged(limit.signal, Reading(read), readings()["asked"] + 1.0).raw


def test_every_sentence_with_a_number_has_its_limit_here() -> None:
    listed = {limit.item for limit in LIMITS} | NO_LIMIT.keys()
    unlisted = {one.title for one in shipped().checklist.items if one.signal and NUMBER.search(one.text)} - listed
    assert unlisted == set()


def test_an_item_is_not_satisfied_with_one_of_two_replicas() -> None:
    story = Story(shipped())
    item = story.session.items["readiness/database-storage/read-replicas"]
    good, pods = readings()["pg_replicas"], readings()["read_pods"]

    def poll(streaming: int) -> State:
        for _ in range(70):
            for name, value in (("pg_replicas", {**good, "streaming": streaming}), ("read_pods", pods)):
                story.tell(facts.Observed(name, Reading(value), judged_in(story, name, value), 1.0))
            story.settle()
            story.wait(2.0)
        return item.state

    assert poll(2) is State.GOOD
    assert poll(1) is State.REGRESSED
    assert not satisfied(story.session, item)
    assert poll(2) is State.GOOD, "it recovers"


def judged_in(story: Story, name: str, value: Any) -> Verdict:
    return judge(signal(name), Reading(value), story.session, story.now)


def test_a_full_master_of_a_cluster_is_not_hidden_by_an_empty_one() -> None:
    def poll(*used: int) -> Level:
        nodes = [{"address": f"10.0.0.{n}:6379", "used_memory": size, "maxmemory": 100} for n, size in enumerate(used)]
        total = {"used_memory": sum(used), "maxmemory": 100 * len(used)}
        return judged("redis_memory", Reading({**total, "nodes": nodes}), readings()["asked"] + 1.0).raw

    assert (poll(50, 50), poll(1, 99), poll(99, 99)) == (Level.PASS, Level.FAIL, Level.FAIL)
