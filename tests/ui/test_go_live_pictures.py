"""The closed loop as pictures and as text: every state of an item, every advice, every panel of the decision."""

import html
import re
from pathlib import Path

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Decided, Held
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import Advice, Mark, State
from mmcockpit.core.rules.advice import coverage
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import Picture, page, settle, shown
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.go_lives import HOSTILE, GoLive, cutover, go_live_layout, item, marked

pytestmark = pytest.mark.anyio

PICTURES = Path(__file__).parents[2] / "snapshots" / "test_go_live_pictures"


def cockpit(night: GoLive) -> CockpitApp:
    return CockpitApp(night.feed(Notebook()), go_live_layout())


def polled() -> GoLive:
    """A night that is held, with a poll that was answered with hostile words."""
    night = cutover(bad=False)
    night.ask(
        commands.OpenPoll("ana"),
        commands.Vote("bo", True, "database", "replicas follow"),
        commands.Vote("cy", False, "network", HOSTILE),
        commands.HoldSession("ana", True, "the network role looks again"),
    )
    return night.watched(90)


NIGHTS = {"marked": marked, "rollback": cutover, "polled": polled}


@pytest.mark.parametrize("name", NIGHTS)
async def test_states_without_colour(picture: Picture, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = cockpit(NIGHTS[name]())
    async with shown(app, 80, 40) as pilot:
        if name == "marked":
            # In the order of the document no item is folded away.
            await pilot.press("g")
            await settle(app, pilot)
        assert picture(app)


def test_every_state_is_in_a_picture_without_colour() -> None:
    pictures = [path.read_text(encoding="utf-8") for path in PICTURES.glob("test_states_without_colour*.svg")]
    texts = [html.unescape(re.sub(r"<[^>]*>", "", picture)).replace("\xa0", " ") for picture in pictures]
    letters = {letter for text in texts for letter in re.findall(r"\[(.)\] *\d", text)}
    assert letters >= {str(state) for state in State}


@pytest.mark.parametrize(("width", "height"), [(120, 40), (200, 50)], ids=["120x40", "200x50"])
@pytest.mark.parametrize("name", NIGHTS)
async def test_states(picture: Picture, name: str, width: int, height: int) -> None:
    app = cockpit(NIGHTS[name]())
    async with shown(app, width, height):
        assert picture(app)


PANELS = ("decision", "alerts", "rollout")


@pytest.mark.parametrize("panel", PANELS)
async def test_panels_alone(picture: Picture, panel: str) -> None:
    app = cockpit(cutover())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *f"panel {panel}", "enter")
        await settle(app, pilot)
        assert picture(app)


async def test_detail_of_an_overridden_item(picture: Picture) -> None:
    app = cockpit(marked())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("slash", *"eviction", "enter", "j", "j", "enter")
        await settle(app, pilot)
        assert picture(app)


async def test_every_state_has_its_letter_and_its_words() -> None:
    night = marked()
    states = {state.state for state in night.session.items.values()}
    assert states >= set(State) - {State.BAD, State.GOOD}
    app = cockpit(night)
    async with shown(app, 200, 50) as pilot:
        await pilot.press("g")
        await settle(app, pilot)
        screen = "\n".join(page(app))
    for words in (
        "[2]   3 API Keys",
        "needs a second person",
        "[#]   4 Network Policies",
        "blocked by bo: [/b]",
        "claimed by bo",
        "[R]   6 PostgreSQL",
        "settling 4m of 15m",
        "not applicable by ana: PgBouncer is no",
        "deferred by bo: after the freeze",
        "override, 18m left (ana)",
        "settling 4m of 1h, enough for the gate",
        "Gate: 7 left (3 need you)",
    ):
        assert words in screen, words


async def test_the_second_line_is_the_advice() -> None:
    app = cockpit(cutover())
    async with shown(app, 120, 40):
        line = page(app)[1]
        following = page(app)[2]
    assert line.startswith(
        " ROLLBACK  5xx share on chat routes 8.1% for 2m (limit 5%), since 20s after Pods ready: restarts 0 to 1"
    )
    assert following.endswith("rollback: not ready")


async def test_charts_draw_the_baseline_as_a_ghost_line() -> None:
    app = cockpit(cutover())
    async with shown(app, 200, 50):
        screen = "\n".join(page(app))
    assert "baseline 0.2% ┈┈┈┈" in screen


async def test_where_only_work_is_left_it_is_counted() -> None:
    app = cockpit(GoLive().good().watched(30))
    async with shown(app, 80, 24):
        assert page(app)[1].startswith(" HOLD      11 of 13 open: 8 need your tick, 2 settling, 1 contact unassigned")


async def test_an_abort_rule_without_an_answer_holds() -> None:
    night = cutover(bad=False)
    night.ask(*(commands.MarkItem("ana", name, "agreed", Mark.DEFER) for name in night.session.items))
    night.watched(30, error_rate=Fault(FaultKind.UNREACHABLE, "connection refused"))
    app = cockpit(night)
    async with shown(app, 80, 24):
        assert " HOLD      abort rule has no data: 5xx share" in page(app)[1]


async def test_an_abort_rule_that_fails_for_less_than_its_time_shows_when_it_will_advise() -> None:
    night = cutover(bad=False)
    night.ask(*(commands.MarkItem("ana", name, "agreed", Mark.DEFER) for name in night.session.items))
    night.watched(60, error_rate=0.081)
    app = cockpit(night)
    async with shown(app, 120, 40):
        assert page(app)[1].startswith(
            " NO-GO     5xx share on chat routes 8.1% for 30s (limit 5%), ROLLBACK in 1m 30s, since 02:12:50Z"
        )


async def test_a_dismissed_advice_is_muted_and_names_who_dismissed_it() -> None:
    night = cutover()
    feed = night.feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    seen = coverage(night.session.advised.reasons) if night.session.advised else ()
    async with shown(app, 80, 24) as pilot:
        feed.tell(Decided(Advice.ROLLBACK, False, "ana", HOSTILE, seen))
        await settle(app, pilot)
        signal = "5xx share on chat routes 8.1% for 2m (limit 5%)"
        assert page(app)[1].rstrip() == f" ROLLBACK  {signal}; dismissed by ana"


async def test_a_hold_stops_the_clock_visibly() -> None:
    night = cutover(bad=False)
    feed = night.feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 120, 40) as pilot:
        before = page(app)[0].partition("T+")[2][:8]
        feed.tell(Held(True, "ana", "dinner"))
        await settle(app, pilot)
        feed.wait(120)
        await settle(app, pilot)
        assert f"T+{before} on hold" in page(app)[0]
        assert page(app)[1].startswith(" HOLD      on hold by ana for 2m: dinner")


@pytest.mark.parametrize("trouble", ["stalled", "not recording"])
async def test_a_cockpit_that_cannot_be_trusted_holds(trouble: str) -> None:
    feed: ListFeed = cutover().feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        if trouble == "stalled":
            feed.beating = False
        else:
            feed.not_recording = "no space left on device"
        feed.wait(7)
        await settle(app, pilot)
        line = page(app)[1]
        assert line.startswith(" HOLD ")
        assert "ENGINE STALLED" in line or "NOT RECORDING" in line
        assert "ROLLBACK" not in line


async def test_no_alerts_are_shown_muted_and_missing_data_strongly() -> None:
    night = cutover(bad=False)
    feed = night.feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *"panel alerts", "enter")
        await settle(app, pilot)
        assert "no alerts" in "\n".join(page(app))
    app = cockpit(night.see(alerts=Fault(FaultKind.TIMEOUT, "no answer within 3 s")))
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *"panel alerts", "enter")
        await settle(app, pilot)
        screen = "\n".join(page(app))
        assert "[?] Alerts: timeout: no answer" in screen
        assert "no alert fires" not in screen


@pytest.mark.parametrize("alerts", [7, "x", {"a": 1}, [1, None, {}], [{"labels": 3, "since": 9e99, "severity": None}]])
async def test_strange_answers_cost_no_panel(alerts: object) -> None:
    night = cutover(bad=False)
    strange = {"exists": True, "desired": 0, "updated": "x", "ready": True}
    app = cockpit(night.see(alerts=alerts, rollout=strange))
    async with shown(app, 200, 50):
        assert "this panel failed" not in "\n".join(page(app))


async def test_the_detail_shows_the_marks_and_what_would_make_it_pass() -> None:
    app = cockpit(cutover())
    async with shown(app, 120, 60) as pilot:
        await pilot.press("slash", *"error mon", "enter", "j", "j", "enter")
        await settle(app, pilot)
        screen = "\n".join(page(app))
    assert " to pass  value below 1%" in screen
    assert " baseline 0.2%" in screen


def test_an_item_of_these_nights_is_found_by_its_title() -> None:
    assert item("DNS Cutover") == "cutover/go-live-steps/dns-cutover"
