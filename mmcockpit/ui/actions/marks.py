"""The actions that mark items with a reason, run the poll and hold the go-live; each prompts before it records."""

from collections.abc import Callable, Sequence

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.facts.event import PollOpened, Refused
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.people import folded, same
from mmcockpit.core.model.seat import Via
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.items.ticks import approval_refusal
from mmcockpit.core.rules.seats.people import roles_of
from mmcockpit.core.words.durations import is_duration, seconds
from mmcockpit.core.words.keys import press
from mmcockpit.ui.actions.ask import LONGEST_LABEL, ask_text, cancelled, cursor_seen, refused
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import DialogQuestion, Way, always
from mmcockpit.ui.render.text import Line, plain

OVERRIDE_S = 1800.0

_VOTES = {"go": True, "no-go": False, "nogo": False}

_ASKS = {
    Mark.OVERRIDE: "override {0}, [30m] why:",
    Mark.NOT_APPLICABLE: "not applicable: {0}, why:",
    Mark.DEFER: "defer {0}, until when and why:",
    Mark.BLOCK: "blocked: {0}, by what:",
}


def timed(text: str) -> tuple[float, str]:
    """Return the seconds of an override and its reason: `15m the probe is wrong`; 30 minutes if none are given."""
    for_s, _, reason = text.partition(" ")
    return (seconds(for_s), reason.strip()) if is_duration(for_s) else (OVERRIDE_S, text)


def spoken(text: str) -> tuple[bool | None, str]:
    """Return go (True) or no-go (False) and the reason; None if the first word is neither."""
    word, _, reason = text.strip().partition(" ")
    return _VOTES.get(word.casefold().rstrip(":,")), reason.strip()


def mark(kind: Mark) -> Callable[[Desk], None]:
    """Return the action that prompts for a reason and marks the item under the cursor."""

    def ask(desk: Desk) -> None:
        item = chosen_item(desk)
        if not item or refused(desk, commands.MarkItem(desk.operator, item, "as stated", kind, OVERRIDE_S)):
            return

        def answered(text: str) -> None:
            for_s, reason = timed(text) if kind is Mark.OVERRIDE else (OVERRIDE_S, text)
            desk.submit(lambda by: commands.MarkItem(by, item, reason, kind, for_s))

        ask_text(desk, _ASKS[kind].format(_named(desk, item)), answered)

    return ask


def tick(desk: Desk) -> None:
    """Tick the item under the cursor, unless refused; an attested item, evidence or a warning to accept needs a
    text."""
    item = chosen_item(desk)
    if not item or not desk.operator:
        return
    wanted = desk.session.items[item].item
    signal = desk.session.signal_of(wanted)
    warns = wanted.warning_accepted and signal is not None and signal.verdict.level is Level.WARN
    asks = wanted.evidence_required or wanted.mode is Mode.ATTESTED
    trial = commands.MarkItem(desk.operator, item, "asked")
    if not asks or isinstance(decide(desk.session, trial, desk.now)[0], Refused):
        desk.submit(lambda by: commands.MarkItem(by, item))
        return
    prompt = "where is the evidence:" if wanted.evidence_required else "what did you see (Enter: nothing to add):"
    if warns:
        prompt = "accept the warning because:"
    ask_text(
        desk,
        f"{wanted.number}: {prompt}",
        lambda text: desk.submit(lambda by: commands.MarkItem(by, item, text)),
        empty=not (wanted.evidence_required or warns),
    )


def claim(desk: Desk) -> None:
    """Ask to confirm that the operator takes care of the item; no capital letter confirms, as Caps Lock may be on."""
    item = chosen_item(desk)
    if not item or refused(desk, commands.MarkItem(desk.operator, item, mark=Mark.CLAIM)):
        return

    def answered(word: str | None) -> None:
        if word == "claim":
            desk.submit(lambda by: commands.MarkItem(by, item, mark=Mark.CLAIM))

    ways = (Way("n", "back", "nothing is recorded"), Way("y", "claim", "you take care of it"))
    desk.choose(f"Claim {_named(desk, item)}?", ways, answered)


def verify(desk: Desk) -> None:
    """Verify as second person: at a seat of one's own with one's identity, else by a name entered at this terminal.

    A name that is only entered is recorded as witnessed, not as authenticated.
    """
    item = chosen_item(desk)
    if not item or not desk.operator:
        return
    state, sharing = desk.session.items[item], desk.sharing
    if sharing is not None and (
        sharing.seat.via is not Via.TERMINAL or approval_refusal(desk.session, state, desk.operator, False) is None
    ):
        _verify_as_oneself(desk, item, sharing.seat.identity)
    else:
        _ask_witness(desk, item)


def _ask_witness(desk: Desk, item: str) -> None:
    """Prompt for the name of a second person, who agrees at this terminal."""
    state, known = desk.session.items[item], desk.session.cockpit.people
    people = [one for one in known if approval_refusal(desk.session, state, one.name) is None]
    if not people:
        # The refusal of any other person shows why there is no second person.
        name = next((one.name for one in known if not same(one.name, desk.operator)), desk.operator)
        refused(desk, commands.MarkItem(name, item, mark=Mark.VERIFY, witnessed=True))
        return

    def fitting(text: str) -> list[str]:
        return [one.name for one in people if one.name.casefold().startswith(text.strip().casefold())]

    def offered(text: str) -> Sequence[Line]:
        roles = {one.name: one.role for one in people}
        return [((f" {plain(name, 30):<14} ", "strong"), (plain(roles[name], 40), "muted")) for name in fitting(text)]

    def answered(text: str, chosen: int) -> None:
        names = fitting(text)
        if not names:
            desk.say(f"unknown person {plain(text, 40)!r}; known: {', '.join(one.name for one in people)}", "warn")
            return
        name = names[min(chosen, len(names) - 1)]
        desk.submit(lambda by: commands.MarkItem(name, item, mark=Mark.VERIFY, witnessed=True))

    def completed(text: str, chosen: int) -> str:
        names = fitting(text)
        return names[chosen] if chosen < len(names) else text

    label = plain(f"{_named(desk, item)} verified by:", LONGEST_LABEL)
    desk.ask(DialogQuestion(label, answered, offered, completed, lambda: cancelled(desk), settles=always))


def _verify_as_oneself(desk: Desk, item: str, identity: str) -> None:
    """Ask the person of this seat to confirm; recorded with the identity of the seat."""
    if refused(desk, commands.MarkItem(desk.operator, item, mark=Mark.VERIFY)):
        return

    def answered(word: str | None) -> None:
        if word == "verify":
            desk.submit(lambda by: commands.MarkItem(by, item, mark=Mark.VERIFY))

    who = f"recorded as {plain(desk.operator, 40)}, authenticated as {plain(identity, 60)}"
    ways = (Way("n", "back", "nothing is recorded"), Way("y", "verify", who))
    desk.choose(f"Verify {_named(desk, item)} as second person?", ways, answered)


def poll(desk: Desk) -> None:
    """Prompt for the vote of the poll's next role, or for the decision once all have voted; the first vote opens it."""
    session = desk.session
    opened = isinstance(session.poll, PollOpened)
    roles = [role for role in session.cockpit.poll if not opened or role not in session.votes]
    if not session.cockpit.poll:
        desk.submit(commands.OpenPoll)
    elif refused(desk, _trial_of_poll(desk, roles, opened)):
        return
    elif desk.sharing is not None and roles:
        _ask_own_role(desk, roles[0], opened)
    elif roles:
        _ask_role(desk, roles, opened)
    else:
        _ask_vote(
            desk,
            "close the poll, go or no-go:",
            lambda go, why: desk.submit(lambda by: commands.ClosePoll(by, go, why)),
        )


def _trial_of_poll(desk: Desk, roles: list[str], opened: bool) -> commands.AnyCommand:
    """Return the command that follows from the answer to the prompt of the poll."""
    if not opened:
        return commands.OpenPoll(desk.operator)
    if roles:
        return commands.Vote(desk.operator, True, roles[0], "as stated")
    return commands.ClosePoll(desk.operator, False, "as stated")


def _ask_own_role(desk: Desk, role: str, opened: bool) -> None:
    """Prompt for the vote of a role that this person has; open the poll if it is for another person to answer."""
    people = desk.session.cockpit.people
    mine = folded(role) in roles_of(desk.operator, people)

    def voted(go: bool, why: str) -> None:
        if not opened:
            desk.submit(commands.OpenPoll)
        desk.submit(lambda by: commands.Vote(by, go, role, why))

    if mine:
        _ask_vote(desk, f"poll: {plain(role, 20)}, go or no-go:", voted)
    elif not opened:
        desk.submit(commands.OpenPoll)


def _ask_role(desk: Desk, roles: list[str], opened: bool) -> None:
    role, rest = roles[0], roles[1:]

    def voted(go: bool, why: str) -> None:
        if not opened:
            desk.submit(commands.OpenPoll)
        desk.submit(lambda by: commands.Vote(by, go, role, why))
        if rest:
            _ask_role(desk, rest, True)
        else:
            desk.say(f"every role has answered: {press(desk.lens.keys, 'poll')} to decide the poll")

    _ask_vote(desk, f"poll: {plain(role, 20)}, go or no-go:", voted)


def _ask_vote(desk: Desk, label: str, voted: Callable[[bool, str], None]) -> None:
    def answered(text: str) -> None:
        go, why = spoken(text)
        if go is None:
            desk.say(f"write go or no-go, and why: {press(desk.lens.keys, 'poll')} to try again", "warn")
        else:
            voted(go, why)

    ask_text(desk, label, answered)


def hold(desk: Desk) -> None:
    """Hold the go-live, or resume it."""
    held = desk.session.held
    if refused(desk, commands.HoldSession(desk.operator, held is None, "as stated")):
        return
    label = "hold the go-live, why:" if held is None else f"end {plain(held.by, 14)}'s hold, why:"
    ask_text(desk, label, lambda text: desk.submit(lambda by: commands.HoldSession(by, held is None, text)))


def chosen_item(desk: Desk) -> str:
    """Return the id of the item under the cursor; shows a message and returns an empty text if there is none."""
    subject = desk.pane.subject(desk.pane.chosen)
    if subject is not None and subject.kind == "item":
        return subject.name if cursor_seen(desk, _named(desk, subject.name)) else ""
    desk.say("select an item of the checklist first", "warn")
    return ""


def _named(desk: Desk, item: str) -> str:
    chosen = desk.session.items[item].item
    return f"{chosen.number} {plain(chosen.title, 20)}"
