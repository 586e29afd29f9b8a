"""Attention: what rings and notifies, how often, and the title of the window, byte by byte."""

from typing import Any

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Advised, AnyBody, Closed, ItemChanged, Reason, ReasonKind
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.layout import AttentionSettings, NotificationForm
from mmcockpit.core.model.states import Advice, State
from mmcockpit.ui.attention import Attention
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.terminal_alerts import MOST_BYTES, notification, passed_on, window_title
from tests.ui.feeds import ListFeed, go_live
from tests.ui.shared_go_lives import ANA, BO, SeatFeed, shared

XTERM = {"TERM": "xterm-256color"}
ALL = AttentionSettings(notification=NotificationForm.BOTH)
OSC777 = AttentionSettings(False, NotificationForm.OSC777, False)
ITEM = "cutover/go-live-steps/error-monitoring"


def advised(advice: Advice, text: str = "5xx share 5.6%") -> Advised:
    return Advised(advice, (Reason(ReasonKind.NOTHING_PROVEN, recorded=text),))


def regressed() -> ItemChanged:
    return ItemChanged(ITEM, State.GOOD, State.REGRESSED, "5.6% (must be < 1%)")


class Watcher:
    """A seat without a screen: takes the batches of a feed, and keeps what its terminal was sent."""

    def __init__(self, feed: Any, settings: AttentionSettings = ALL, *, replay: bool = False, person: str = "ana"):
        self.feed, self.person = feed, person
        self.sight = Sight()
        self.attention = Attention(settings, replay, XTERM)
        self.frame()

    def frame(self) -> tuple[str, str]:
        """Return the alerts and the title of the next frame."""
        batch: Batch = self.feed.drain()
        self.sight.take(batch)
        return self.attention.alerts(batch, self.sight, self.person), self.attention.title(self.sight)

    def tell(self, *bodies: AnyBody, after: float = 60.0) -> tuple[str, str]:
        """Let facts happen after a time, and return what the frame with them sends."""
        self.feed.wait(after)
        self.feed.tell(*bodies)
        return self.frame()


def watcher(settings: AttentionSettings = ALL, *, replay: bool = False) -> Watcher:
    return Watcher(ListFeed(go_live()), settings, replay=replay)


@pytest.mark.parametrize("advice", [Advice.NO_GO, Advice.FIX_FORWARD, Advice.ROLLBACK])
def test_worse_advice_rings_notifies_by_both_sequences_and_changes_the_title(advice: Advice) -> None:
    seat = watcher()
    word = "FIX FORWARD" if advice is Advice.FIX_FORWARD else str(advice)
    assert seat.tell(advised(advice)) == (
        f"\a\x1b]9;{word} · ModelMuxer go-live: 5xx share 5.6%\a"
        f"\x1b]777;notify;{word} · ModelMuxer go-live;5xx share 5.6%\a",
        f"\x1b]0;{word} · ModelMuxer go-live\a",
    )
    assert seat.tell() == ("", "")


def test_better_advice_changes_only_the_title() -> None:
    seat = watcher()
    seat.tell(advised(Advice.ROLLBACK))
    for advice in (Advice.NO_GO, Advice.HOLD, Advice.GO):
        assert seat.tell(advised(advice)) == ("", f"\x1b]0;{advice} · ModelMuxer go-live\a")


def test_changes_within_ten_seconds_are_one_alert_of_the_most_severe_of_them() -> None:
    seat = watcher()
    assert "NO-GO" in seat.tell(advised(Advice.NO_GO))[0]
    assert seat.tell(regressed(), advised(Advice.ROLLBACK), after=1.0)[0] == ""
    assert seat.tell(regressed(), after=8.0)[0] == ""
    alert = seat.tell(after=1.5)[0]
    assert alert.count("\x1b]9;") == 1
    assert "ROLLBACK · ModelMuxer" in alert
    assert seat.tell(after=30.0)[0] == ""


def test_advice_that_is_over_before_its_turn_causes_no_alert() -> None:
    seat = watcher()
    seat.tell(regressed())
    assert seat.tell(advised(Advice.ROLLBACK), after=1.0)[0] == ""
    assert seat.tell(advised(Advice.HOLD), after=1.0)[0] == ""
    assert seat.tell(after=30.0)[0] == ""


def test_a_flapping_advice_rings_at_most_once_in_ten_seconds() -> None:
    seat = watcher()
    rings = sum(
        seat.tell(advised(Advice.NO_GO if n % 2 else Advice.GO), after=0.5)[0].startswith("\a") for n in range(120)
    )
    assert 1 <= rings <= 6


def test_a_regression_alerts_with_its_item() -> None:
    alert = watcher().tell(regressed())[0]
    assert alert.startswith("\a\x1b]9;Regression · ModelMuxer go-live: ")
    assert "Error Monitoring" in alert


def test_a_frozen_display_does_not_hold_alerts_and_titles_back() -> None:
    seat = watcher()
    seat.sight.freeze()
    alert, title = seat.tell(advised(Advice.ROLLBACK))
    assert alert.startswith("\a")
    assert title == "\x1b]0;ROLLBACK · ModelMuxer go-live\a"


def test_facts_from_before_the_screen_opened_cause_no_alert_but_those_of_a_new_connection_do() -> None:
    feed = ListFeed(go_live())
    feed.tell(advised(Advice.ROLLBACK))
    assert feed.base is not None
    seat = Watcher(feed)
    assert seat.tell(after=30.0)[0] == ""
    seat.tell(advised(Advice.GO))
    base = seat.sight.session
    base.advised = advised(Advice.ROLLBACK)
    feed.base = base
    assert "ROLLBACK" in seat.tell(after=30.0)[0]


def test_a_replay_has_only_the_title() -> None:
    seat = watcher(replay=True)
    assert seat.tell(advised(Advice.ROLLBACK), regressed()) == ("", "\x1b]0;ROLLBACK · ModelMuxer go-live (replay)\a")


def test_each_part_is_switched_on_its_own() -> None:
    off = AttentionSettings(bell=False, title=False)
    assert watcher(off).tell(advised(Advice.ROLLBACK)) == ("", "")
    assert watcher(AttentionSettings(title=False)).tell(advised(Advice.ROLLBACK)) == ("\a", "")
    nine = AttentionSettings(False, NotificationForm.OSC9, False)
    assert watcher(nine).tell(advised(Advice.ROLLBACK))[0].startswith("\x1b]9;ROLLBACK")
    assert "777" not in watcher(nine).tell(advised(Advice.ROLLBACK))[0]
    assert watcher(OSC777).tell(advised(Advice.ROLLBACK))[0].startswith("\x1b]777;notify;ROLLBACK")


def test_the_title_does_not_show_an_advice_that_cannot_be_trusted() -> None:
    seat = watcher()
    seat.tell(advised(Advice.GO))
    seat.feed.beating = False
    assert seat.tell(after=30.0)[1] == "\x1b]0;HOLD · ModelMuxer go-live\a"
    seat.feed.beating = True
    assert seat.tell(Closed("done", "ana"))[1] == "\x1b]0;ENDED · ModelMuxer go-live\a"


def test_a_request_of_the_controls_alerts_the_seat_that_has_them_and_no_other() -> None:
    night = shared()
    ana, bo = Watcher(SeatFeed(night, ANA)), Watcher(SeatFeed(night, BO), person="bo")
    bo.feed.submit(commands.RequestControls("bo"))
    assert "bo requests the controls" in ana.frame()[0]
    assert bo.frame()[0] == ""
    ana.feed.submit(commands.GrantControls("ana", "bo"))
    assert ana.frame()[0] == ""
    assert "\x1b]9;" in bo.frame()[0]


def test_text_from_outside_sends_the_terminal_no_sequence() -> None:
    hostile = "a\x1b]0;owned\a\x9c\x07;b\x1bP\x1b\\\r\n\u202e" + "ü" * 500
    for environment in (XTERM, {**XTERM, "STY": "1.a"}):
        for sequence in (notification(ALL, hostile, hostile, environment), window_title(hostile, environment)):
            texts = sequence.replace("\x1bP", "").replace("\x1b\\", "").split("\x1b]")[1:]
            assert len(texts) == (2 if "777" in sequence else 1)
            for text in texts:
                assert text[:-1].isprintable()
                assert text.endswith("\a")
    *_, title, body = notification(OSC777, "a;b", "c;d", XTERM).removesuffix("\a").split(";", 3)
    assert (title, body) == ("a,b", "c;d")
    assert len(window_title("ü" * 500, XTERM).encode()) <= MOST_BYTES + 5


def test_a_multiplexer_passes_notifications_on_and_a_terminal_without_them_gets_none() -> None:
    assert passed_on("\x1b]9;a\a", {"TMUX": "/tmp/x"}) == "\x1bPtmux;\x1b\x1b]9;a\a\x1b\\"
    assert passed_on("\x1b]9;a\a", {"STY": "1.a"}) == "\x1bP\x1b]9;a\a\x1b\\"
    for term in ("", "dumb", "linux"):
        assert notification(ALL, "a", "b", {"TERM": term}) == ""
        assert window_title("a", {"TERM": term}) == ""
