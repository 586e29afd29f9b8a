"""From an empty folder to a cockpit of a service that is not ModelMuxer, as its team would do it."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.tmux import Tmux
from tests.shop.stranger import Counted, Stranger
from tests.shop.world import World

MOST_REQUESTS, LONGEST_S = 100, 60.0
FOUND = re.compile(r"^OK .*: (\d+) signals?, (\d+) with data", re.MULTILINE)
COCKPIT = "shop/cockpit.yaml"
HEADLINES = ("shop errors", "shop p95", "shop rollout")


@pytest.fixture
def stranger(shop: World, tmp_path: Path) -> Stranger:
    return Stranger(tmp_path, shop)


@contextmanager
def screen(stranger: Stranger, size: tuple[int, int] = (80, 24)) -> Iterator[Tmux]:
    """Run a session in a pane of this size."""
    pane = Tmux(stranger)
    pane.start("run", COCKPIT, "--operator", "ana", size=size)
    try:
        pane.shows("NEEDS YOUR TICK")
        yield pane
    finally:
        pane.do("kill-server")


def hurry(stranger: Stranger) -> None:
    """Poll every second: some signals need three equal results half a minute apart, and a test has no time.

    An Alertmanager has no complete lists before its Prometheus has sent all alerts twice: every minute, if the file
    does not name the time between.
    """
    path = stranger.folder / COCKPIT
    head, signals, rest = path.read_text(encoding="utf-8").partition("\nsignals:")
    head, changed = re.subn(r"(\{kind: alertmanager)\b", r"\1, resend_every: 2s", head)
    assert changed == 1
    head = re.sub(r"(\{kind: \w+)", r"\1, every: 1s", head)
    rest, changed = re.subn(r'\bevery: "(?:\d+s|1m)"', "every: 1s", rest)
    assert changed > 1
    path.write_text(head + signals + rest, encoding="utf-8")


def be_patient(stranger: Stranger) -> None:
    """Let each poll take as long as it may need on a busy machine."""
    path = stranger.folder / COCKPIT
    head, signals, rest = path.read_text(encoding="utf-8").partition("\nsignals:")
    head, changed = re.subn(r"(\{kind: \w+)", r"\1, timeout: 20s", head)
    assert changed
    path.write_text(head + signals + rest, encoding="utf-8")


def use_own_addresses(stranger: Stranger, through: Counted) -> None:
    """Replace the addresses of the relays, which have ended, in the written file."""
    path = stranger.folder / COCKPIT
    text = path.read_text(encoding="utf-8")
    for relay in through.relays.values():
        text = text.replace(f":{relay.port}", f":{relay.target}")
    path.write_text(text.replace("relayed.kubeconfig", stranger.env["KUBECONFIG"]), encoding="utf-8")


def test_from_an_empty_folder_to_a_screen_of_the_service(stranger: Stranger) -> None:
    with Counted(stranger) as through:
        began = time.monotonic()
        written = stranger.call("init", "shop", "--discover", *through.options, env=through.env)
        seconds = time.monotonic() - began
        requests = through.requests
    assert written.returncode == 0, written
    assert sum(requests.values()) <= MOST_REQUESTS, requests
    assert seconds <= LONGEST_S
    found = [(int(signals), int(live)) for signals, live in FOUND.findall(written.stdout)]
    signals, live = sum(each[0] for each in found), sum(each[1] for each in found)
    # An Alertmanager has no complete alerts and silences in its first two minutes.
    young = len(re.findall(r"^  no data .*Alertmanager started", written.stdout, re.MULTILINE))
    assert live == signals - young >= 25, written.stdout
    use_own_addresses(stranger, through)
    checked = stranger.call("check", COCKPIT, "shop/checklist.yaml")
    assert (checked.returncode, checked.stdout) == (0, f"{COCKPIT}: ok\nshop/checklist.yaml: ok\n"), checked
    be_patient(stranger)
    polled = stranger.call("doctor", COCKPIT, "--signals")
    levels = Counter(re.findall(r"^(PASS|WARN|READ|FAIL|UNKNOWN)\b", polled.stdout, re.MULTILINE))
    assert (polled.returncode, levels["FAIL"], levels["UNKNOWN"]) == (0, 0, 0), polled.stdout
    # The runbooks have signals of their own.
    assert sum(levels.values()) > live
    hurry(stranger)
    with screen(stranger) as pane:
        small = pane.shows(r"\[\+\] shop rollo", "none failing", r"NEEDS YOUR TICK")
    with screen(stranger, (200, 50)) as pane:
        large = pane.shows(*(rf"\[\+\] {each}" for each in HEADLINES), r"Rollout", r"Pods")
        pane.lacks(r"\[\?\]")
    for canary in (
        stranger.shop.cache_password,
        stranger.shop.database_password,
        *stranger.shop.cluster.api.tokens.values(),
    ):
        assert canary not in stranger.written()
    print(f"\nmmcockpit init shop --discover {' '.join(stranger.options)}")
    print(f"{seconds:.1f} s, {sum(requests.values())} requests: {requests}")
    print(f"{signals} signals found, {signals - levels['UNKNOWN']} answer: {dict(levels)}\n{small}\n{large}")


def test_what_breaks_is_on_the_screen_in_its_words_and_passes_again_after_the_repair(stranger: Stranger) -> None:
    shop = stranger.shop
    assert stranger.call("init", "shop", "--discover", *stranger.options).returncode == 0
    hurry(stranger)
    with screen(stranger, (200, 50)) as pane:
        pane.shows(*(rf"\[\+\] {each}" for each in HEADLINES))
        with shop.broken():
            pane.shows(
                r"NO-GO",
                r"\[!\] shop errors +\d+(?:\.\d+)?% .*max 5%",
                r"\[!\] 127\.0\.0\.1:\d+/healthz .*500",
                r"\[!\] shop rollout +1 of 2 pods available",
                r"\[\?\] database: no answer",
            )
        pane.shows(r"^ HOLD", r"more, none failing", *(rf"\[\+\] {each}" for each in HEADLINES))


def test_what_may_not_be_listed_is_commented_out_with_the_reason_and_the_rest_answers(stranger: Stranger) -> None:
    limited = ["--context", "stranger", "--namespace", "shop", "--prometheus", stranger.shop.prometheus.url]
    written = stranger.call("init", "shop", "--discover", *limited)
    assert written.returncode == 0, written
    text = (stranger.folder / COCKPIT).read_text(encoding="utf-8")
    comments = " ".join(text.replace("#", " ").split())
    assert "no signal for Deployments, StatefulSets, DaemonSets, " in comments
    assert ": 403: this account may not list them in shop; the ClusterRole view would allow it" in comments
    assert stranger.call("check", COCKPIT, "shop/checklist.yaml").returncode == 0
    be_patient(stranger)
    polled = stranger.call("doctor", COCKPIT, "--signals")
    assert re.search(r"^\d+ pass, \d+ read, without a rule$", polled.stdout, re.MULTILINE), polled.stdout
