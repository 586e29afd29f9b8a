"""The commands that run the go-live: gates, advice, poll, hold, baseline; each returns an error text or nothing."""

import re

from mmcockpit.core.decide import command as commands
from mmcockpit.ui.actions import marks as conducting
from mmcockpit.ui.actions.candidates import unknown
from mmcockpit.ui.actions.gate import open_gate
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.text import plain

NO_MORE = "no phase follows"
_VALUE = r"(?s)([A-Za-z_]\w*)=(\S+)(.*)"


def go(desk: Desk, following: str) -> str:
    """Pass the gate of the open phase; the phase that opens next may be named, and no other."""
    phases = desk.session.cockpit.checklist.phases
    opens = phases[desk.session.phase + 1] if desk.session.phase + 1 < len(phases) else None
    if following and (opens is None or following.casefold() not in (opens.id, opens.title.casefold())):
        there = next((one for one in phases if following.casefold() in (one.id, one.title.casefold())), None)
        known = f"phase {plain(following, 40)!r} does not open next" if there else unknown("phase", following, ())
        return f"{known}; {f'the next phase is {plain(opens.title, 40)}: `:go {opens.id}`' if opens else NO_MORE}"
    open_gate(desk, desk.seen.phase)
    return ""


def go_all_the_same(desk: Desk, reason: str) -> str:
    """Pass the gate although it is closed, with a reason."""
    open_gate(desk, desk.seen.phase, reason, override=True)
    return ""


def advice(desk: Desk, argument: str) -> str:
    """Accept or dismiss the current advice."""
    word, _, reason = argument.partition(" ")
    if word not in ("accept", "dismiss") or not reason.strip():
        return ":advice accept REASON, or :advice dismiss REASON"
    seen = desk.seen
    desk.submit(lambda by: commands.DecideAdvice(by, seen.advice, seen.reasons, word == "accept", reason.strip()))
    return ""


def acknowledge(desk: Desk, note: str) -> str:
    """Acknowledge the causes of the alarm that the screen shows."""
    alarm = desk.session.alarm
    desk.submit(lambda by: commands.AcknowledgeAlarm(by, alarm.open if alarm else (), note))
    return ""


def poll(desk: Desk, argument: str) -> str:
    """Open the poll, answer it for the next role, or close it."""
    if not argument:
        conducting.poll(desk)
        return ""
    closes = argument.split()[0] == "close"
    vote, reason = conducting.spoken(argument.removeprefix("close"))
    if vote is None:
        return ":poll go|no-go REASON answers for the next role; :poll close go|no-go REASON decides"
    if closes:
        desk.submit(lambda by: commands.ClosePoll(by, vote, reason))
    else:
        desk.submit(lambda by: commands.Vote(by, vote, "", reason))
    return ""


def hold(desk: Desk, reason: str) -> str:
    """Hold the go-live, or resume it."""
    on = desk.session.held is None
    desk.submit(lambda by: commands.HoldSession(by, on, reason))
    return ""


def baseline(desk: Desk, argument: str) -> str:
    """Record the baseline, or set values of it: `traffic=12 mean_latency=800 REASON`."""
    values: dict[str, float] = {}
    rest = argument
    while (match := re.match(_VALUE, rest)) is not None:
        try:
            values[match[1]] = float(match[2])
        except ValueError:
            return f"{match[2]!r} is not a number: `:baseline {match[1]}=12.5 REASON`"
        rest = match[3].strip()
    if rest and not values:
        return ":baseline records it; :baseline NAME=VALUE REASON sets a known value"
    desk.submit(lambda by: commands.RecordBaseline(by, values, rest))
    if not values:
        desk.say("recording the baseline")
    return ""


def accept_identity(desk: Desk, argument: str) -> str:
    """Accept another system behind a source."""
    source, _, reason = argument.partition(" ")
    if not reason.strip():
        return ":accept-identity SOURCE REASON"
    seen = desk.session.strangers.get(source)
    desk.submit(lambda by: commands.AcceptIdentity(by, source, reason.strip(), seen))
    return ""
