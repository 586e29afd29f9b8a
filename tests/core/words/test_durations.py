"""Durations and times: as text, and from text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.words.durations import (
    age,
    clock,
    duration,
    hint,
    is_duration,
    offset,
    rough_age,
    seconds,
    short_age,
    took,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500ms", 0.5),
        ("5s", 5),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        (" 1d 2h ", 93_600),
        ("2w", 1_209_600),
    ],
)
def test_a_duration_is_numbers_with_a_unit(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "5", "h", "m5", "30m 1h", "1h1h", "an hour", "-5s", "1e3s", "1.s", "5 s x"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert not is_duration(text)
    with pytest.raises(ValueError, match="is not a duration; write 500ms"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5 min", "5m"),
        ("5M", "5m"),
        ("90", "90s"),
        ("1,5 sec", "1.5s"),
        ("1 hour 30 minutes", "1h 30m"),
        ("PT5M", "5m"),
        ("5 parsecs", ""),
        ("30 sec 1 hour", ""),
        ("soon", ""),
    ],
)
def test_a_duration_in_another_notation_is_suggested(text: str, meant: str) -> None:
    assert hint(text) == (f"; did you mean {meant}?" if meant else "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-3, "0s"),
        (0.5, "0.5s"),
        (3.0, "3s"),
        (50, "50s"),
        (800, "13m 20s"),
        (3600, "1h"),
        (3900, "1h 5m"),
        (86_400, "24h"),
        (187_200, "2d 4h"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(value: float, shown: str) -> None:
    assert duration(value) == shown


def test_an_infinite_duration_is_shown_as_unknown() -> None:
    assert duration(float("inf")) == "?"


@given(st.integers(0, 10_000_000))
def test_a_shown_duration_can_be_read_again(value: int) -> None:
    assert 0 <= value - seconds(duration(value)) < max(60, value / 24)


@pytest.mark.parametrize(
    ("value", "shown", "short"),
    [
        (-3, "0s", "0s"),
        (3.9, "3s", "3s"),
        (60, "1m", "1m"),
        (3840, "1h 4m", "64m"),
        (7300, "2h 1m", "2h"),
        (43_200, "12h", "12h"),
        (260_000, "3d", "3d"),
    ],
)
def test_an_age_is_short_and_shorter_in_a_column(value: float, shown: str, short: str) -> None:
    assert age(value) == shown
    assert short_age(value) == short


def test_a_rough_age_changes_rarely() -> None:
    assert [rough_age(value) for value in (3, 29.9, 60, 5700)] == ["<10s", "20s", "1m", "95m"]


def test_what_a_command_took_is_shown_with_a_decimal_below_a_minute() -> None:
    assert [took(ms) for ms in (420, 61_000)] == ["0.4s", "1m 1s"]


@pytest.mark.parametrize(
    ("value", "shown"), [(751, "T+00:12:31"), (-60, "T-00:01:00"), (93_600, "T+1d 02:00:00"), (0, "T+00:00:00")]
)
def test_times_relative_to_the_planned_start(value: float, shown: str) -> None:
    assert offset(value) == shown


def test_a_position_is_shown_as_a_clock() -> None:
    assert clock(760) == "00:12:40"
    assert offset(760, with_seconds=False) == "T+00:12"
