"""Who is here, and the two states of a shared session that must be seen: facts not shared yet, a silent driver."""

from collections.abc import Callable

import msgspec
import pytest

from mmcockpit.core.decide.command import EndSession
from mmcockpit.core.facts.event import ControlsGranted, SeatLeft
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.emergencies import BAD
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout
from tests.ui.shared_go_lives import ANA, BO, CARLA, CY, SeatFeed, screen, shared, waiting_for_approval

pytestmark = pytest.mark.anyio
SIZES = [(80, 24), (200, 50)]


@pytest.mark.parametrize(("width", "height"), SIZES, ids=["80x24", "200x50"])
async def test_the_first_line_names_who_is_here_and_who_has_the_controls(width: int, height: int) -> None:
    async with shown(app := screen(shared(ANA, BO, CARLA), BO), width, height):
        assert page(app)[0].endswith("ana* bo carla(view)")


async def test_the_star_moves_with_the_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    night = shared(ANA, BO)
    app = screen(night, BO)
    async with shown(app, 80, 24) as pilot:
        night.tell(ControlsGranted("bo", "ana"))
        await settle(app, pilot)
        assert page(app)[0].endswith("bo* ana")
        night.tell(SeatLeft("1", "connection lost"))
        await settle(app, pilot)
        assert page(app)[0].endswith("bo*")


async def test_many_people_are_counted_and_never_displace_the_worst_thing() -> None:
    viewers = [msgspec.structs.replace(CARLA, id=f"v{n}", person=f"viewer-{n}") for n in range(10)]
    night = shared(ANA, BO, CY, *viewers).watched(120, **BAD)
    alone = shared(ANA).watched(120, **BAD)
    async with shown(app := screen(alone, ANA), 80, 24):
        worst = page(app)[1:4]
    async with shown(app := screen(night, ANA), 80, 24):
        assert page(app)[0].endswith("ana* bo cy +10 view")
        assert page(app)[1:4] == worst


async def test_free_controls_are_shown() -> None:
    night = shared(ANA, BO).tell(ControlsGranted("", "ana"))
    async with shown(app := screen(night, BO), 120, 40):
        assert "controls free  ana bo" in page(app)[0]


async def test_a_second_seat_of_the_same_person_is_one_identity_and_is_shown_as_one() -> None:
    again = msgspec.structs.replace(ANA, id="9", right=Right.OPERATOR, via=Via.SOCKET)
    app = screen(shared(ANA, again), again)
    async with shown(app, 80, 24) as pilot:
        assert page(app)[0].endswith("ana*x2")
        assert page(app)[-1].startswith(" ana has another seat here: both are one identity (unix:ana), and count once")
        await pilot.press("at")
        await settle(app, pilot)
        assert any("ana has 2 seats: one identity, counts once" in line for line in page(app))


@pytest.mark.parametrize(("width", "height"), SIZES, ids=["80x24", "200x50"])
async def test_facts_that_the_shared_store_lacks_are_counted_in_the_first_line(width: int, height: int) -> None:
    night = shared().watched(120, **BAD)
    app = screen(night, ANA)
    async with shown(app, width, height) as pilot:
        worst = page(app)[1]
        feed = app._feed
        assert isinstance(feed, SeatFeed)
        feed.sharing = msgspec.structs.replace(feed.sharing, behind=214, away="connection refused")
        night.wait(1)
        await settle(app, pilot)
        assert " SHARED BEHIND 214 " in page(app)[0]
        assert page(app)[1].split(", since")[0] == worst.split(", since")[0]
        feed.sharing = msgspec.structs.replace(feed.sharing, behind=8, away="")
        night.wait(1)
        await settle(app, pilot)
        assert "SHARED BEHIND" not in page(app)[0]


@pytest.mark.parametrize(("width", "height"), SIZES, ids=["80x24", "200x50"])
async def test_a_store_that_refuses_the_driver_is_not_shown_as_one_that_is_behind(width: int, height: int) -> None:
    night = shared().watched(120, **BAD)
    app = screen(night, ANA)
    async with shown(app, width, height) as pilot:
        feed = app._feed
        assert isinstance(feed, SeatFeed)
        why = "shop_ana is viewer; this needs GRANT mmcockpit_driver TO shop_ana"
        feed.sharing = msgspec.structs.replace(feed.sharing, behind=214, away=why, refused=True)
        night.wait(1)
        await settle(app, pilot)
        assert " NOT SHARED " in page(app)[0]
        await pilot.press("at")
        await settle(app, pilot)
        assert any("NOT SHARED: shop_ana is viewer" in line for line in page(app))


@pytest.mark.parametrize(("width", "height"), SIZES, ids=["80x24", "200x50"])
@pytest.mark.parametrize(("why", "answer"), [("", "yes"), ("kubeconfig of prod-eu is missing", "no")])
async def test_a_silent_driver_is_the_worst_thing(width: int, height: int, why: str, answer: str) -> None:
    night = shared()
    app = screen(night, CY)
    async with shown(app, width, height) as pilot:
        feed = app._feed
        assert isinstance(feed, SeatFeed)
        feed.sharing = msgspec.structs.replace(feed.sharing, takeover=why)
        await settle(app, pilot)
        assert not page(app)[1].startswith(" HOLD      DRIVER SILENT")
        feed.sharing = msgspec.structs.replace(feed.sharing, silent_s=12.0)
        night.wait(1)
        await settle(app, pilot)
        silent = f" HOLD      DRIVER SILENT 12s: no verdict can be trusted; can take over: {answer}"
        assert page(app)[1] == silent
        key = ":takeover REASON  driver silent for 12s"
        no = "wait  driver silent for 12s"
        assert (no if why else key) in page(app)[2]
        assert why or "12s: become the driver" in page(app)[2]
        assert not any("engine" in line for line in page(app))
        feed.sharing = msgspec.structs.replace(feed.sharing, silent_s=0.4)
        night.wait(1).good()
        await settle(app, pilot)
        assert "SILENT" not in "".join(page(app))


async def test_a_seat_without_a_connection_to_the_store_is_out_of_date() -> None:
    night = shared()
    app = screen(night, CY)
    async with shown(app, 80, 24) as pilot:
        feed = app._feed
        assert isinstance(feed, SeatFeed)
        feed.sharing = msgspec.structs.replace(feed.sharing, away="connection refused")
        night.wait(1)
        await settle(app, pilot)
        assert page(app)[1].startswith(" HOLD      NO CONNECTION to the shared store: connection refused")
        assert page(app)[2].startswith(" NEXT      wait  no connection to the shared store")
        feed.sharing = msgspec.structs.replace(feed.sharing, silent_s=12.0)
        night.wait(1)
        await settle(app, pilot)
        assert page(app)[1].startswith(" HOLD      DRIVER SILENT 12s: no connection to the shared store")
        assert "SHARED BEHIND" not in page(app)[0]


async def test_a_seat_on_the_same_machine_shows_a_driver_that_does_not_answer() -> None:
    night = shared()
    app = screen(night, BO)
    async with shown(app, 80, 24) as pilot:
        feed = app._feed
        assert isinstance(feed, SeatFeed)
        feed.pulse = night.now
        night.now = Stamp(night.now.at + 12, night.now.wall + 12)
        await settle(app, pilot)
        assert page(app)[1].startswith(" HOLD      DRIVER SILENT 12s: no verdict can be trusted")
        assert page(app)[2].startswith(" NEXT      wait  driver silent for 12s")
        await typed(app, pilot, ":", *"takeover", "space", *"gone", "enter")
        await settle(app, pilot)
        assert "`mmcockpit resume` continues" in page(app)[-1]


async def test_controls_whose_holder_has_left_are_shown() -> None:
    night = shared(ANA, BO).tell(SeatLeft("1"))
    async with shown(app := screen(night, BO), 80, 24):
        assert "controls: ana, left  bo" in page(app)[0]


async def test_the_end_of_a_session_is_not_a_silent_driver() -> None:
    night = shared()
    SeatFeed(night, ANA).submit(EndSession("ana", "all well"))
    app = screen(night, CY)
    feed = app._feed
    assert isinstance(feed, SeatFeed)
    feed.sharing = msgspec.structs.replace(feed.sharing, silent_s=600.0, away="connection refused")
    async with shown(app, 80, 24):
        assert page(app)[1].startswith(" ENDED     all well (by ana)")


@pytest.mark.parametrize("seat", [CY, CARLA], ids=["operator", "viewer"])
@pytest.mark.parametrize("make", [shared, waiting_for_approval], ids=["ticking", "rolling back"])
async def test_a_seat_elsewhere_always_shows_whether_it_can_take_over(seat: Seat, make: Callable[[], GoLive]) -> None:
    async with shown(app := screen(make(), seat), 80, 24):
        assert f"take over: {'yes' if seat is CY else 'no'}" in page(app)[2]


@pytest.mark.parametrize(("width", "height"), SIZES, ids=["80x24", "200x50"])
async def test_people_shows_who_is_here_where_with_what_and_since_when(width: int, height: int) -> None:
    night = shared().wait(300)
    app = screen(night, BO)
    async with shown(app, width, height) as pilot:
        await pilot.press("colon", *"people", "enter")
        await settle(app, pilot)
        text = "\n".join(page(app))
        assert "4 here, ana has the controls" in text
        for words in ("ana*", "conductor", "unix:bo", "operator", "02:01, 5m", "viewer"):
            assert words in text
        if width == 200:
            for words in ("this terminal", "driver on bastion", "database, laptop", "unix:ana", "postgres:carla"):
                assert words in text


async def test_people_of_a_session_that_is_not_shared_names_the_way_out() -> None:
    app = CockpitApp(GoLive().watched(30).feed(Notebook()), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("at")
        await settle(app, pilot)
        assert any("this session is not shared: add share: to the cockpit file" in line for line in page(app))
        assert page(app)[0].endswith("ana")


async def test_a_recorded_session_shows_who_was_here_then() -> None:
    night = shared(ANA, BO)
    app = CockpitApp(night.feed(), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        # Without a seat of its own it only looks.
        assert page(app)[0].endswith("ana* bo (view)")
        await pilot.press("at")
        await settle(app, pilot)
        assert any("bo" in line and "unix:bo" in line for line in page(app))
        assert not any("this terminal" in line for line in page(app))


@pytest.mark.parametrize(("width", "height"), [(60, 20), *SIZES])
async def test_that_a_terminal_only_looks_is_shown_however_many_are_here(width: int, height: int) -> None:
    operators = [msgspec.structs.replace(CY, id=f"o{n}", person=f"operator-{n}") for n in range(12)]
    viewers = [msgspec.structs.replace(CARLA, id=f"v{n}", person=f"viewer-{n}") for n in range(10)]
    long = msgspec.structs.replace(CARLA, person="carla-of-the-night")
    for own, marks in ((CARLA, ("carla(view)", "(view)")), (long, ("carla-of-the-night(view)", "(view)"))):
        for others in ((), operators, (*operators, *viewers)):
            async with shown(app := screen(shared(ANA, *others, own), own), width, height):
                assert page(app)[0].endswith(marks), page(app)[0]


async def test_a_viewer_of_a_full_session_reads_who_has_the_controls_and_how_many_are_here() -> None:
    viewers = [msgspec.structs.replace(CARLA, id=f"v{n}", person=f"viewer-{n}") for n in range(10)]
    async with shown(app := screen(shared(ANA, BO, CARLA, *viewers), CARLA), 120, 40):
        assert page(app)[0].endswith("ana* bo +10 view carla(view)")
