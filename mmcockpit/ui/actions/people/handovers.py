"""Handing over: the page in a dialog, to record it for the receiver, or to acknowledge it as the receiver."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import HandoverPrepared
from mmcockpit.core.model.handover import HandoverPage
from mmcockpit.core.model.people import known_as, same
from mmcockpit.core.rules.handovers.page import handover_page
from mmcockpit.core.words.handover import page_lead, page_parts, page_title
from mmcockpit.ui.actions.ask import refused
from mmcockpit.ui.desk import READ_ONLY, Desk
from mmcockpit.ui.questions import WIDTH, Way
from mmcockpit.ui.render.text import Line, plain, wrap

ACKNOWLEDGE = ("ack", "acknowledge")
"""The words that acknowledge the handover that waits, instead of the name of a receiver."""


def handover(desk: Desk, text: str) -> str:
    """Hand over to the named person, acknowledge (`ack`), or show the page."""
    if text and not desk.operator:
        return READ_ONLY
    if text in ACKNOWLEDGE:
        return _acknowledge(desk)
    if text:
        _prepare(desk, known_as(text, desk.session.cockpit.people) or text)
    else:
        show(desk)
    return ""


def show(desk: Desk) -> None:
    """Show the handover that waits to be acknowledged; without one the page as it is now, to hand over."""
    pending = desk.session.handover
    if pending is not None:
        _show_pending(desk, pending)
        return
    people = [one.name for one in desk.session.cockpit.people if not same(one.name, desk.operator)][:9]
    if not people or not desk.operator:
        _open(desk, "Handover, as it would be now", [_back("hand over nothing")], _page_now(desk), {})
        return
    ways = [_back("hand over nothing")]
    ways += [Way(str(n + 1), plain(name, 24), "hand over to this person") for n, name in enumerate(people)]
    names = {plain(name, 24): name for name in people}
    _open(desk, "Hand over to whom?", ways, _page_now(desk), names)


def _prepare(desk: Desk, to: str) -> None:
    """Show the page, and record that it was handed over to a person."""
    if refused(desk, commands.PrepareHandover(desk.operator, to)):
        return
    name = plain(to, 24)
    ways = [_back("hand over nothing"), Way("h", "hand", f"over to {name}, who acknowledges it")]
    _open(desk, f"Hand over to {name}?", ways, _page_now(desk), {"hand": to})


def _show_pending(desk: Desk, pending: HandoverPrepared) -> None:
    """Show the recorded page; its receiver can acknowledge it, and at the sender's terminal one without a seat."""
    number, to = desk.session.handover_number, plain(pending.to, 24)
    ways = [_back("decide later")]
    if same(pending.to, desk.operator):
        ways.append(Way("a", "ack", "acknowledge it: you have read what is open"))
    elif _witnesses(desk, pending):
        ways.append(Way("w", "witness", f"{to} acknowledges it here, recorded as witnessed at this terminal"))
    if desk.operator and not same(pending.to, desk.operator):
        ways.append(Way("n", "new", "hand over again, with the page of now"))

    def answered(word: str | None) -> None:
        match word:
            case "ack":
                desk.submit(lambda by: commands.AcknowledgeHandover(by, number))
            case "witness":
                desk.submit(lambda by: commands.AcknowledgeHandover(pending.to, number, witnessed=True))
            case "new":
                desk.ask_command("handover ")

    title = f"Handover from {plain(pending.by, 24)} to {to}, not acknowledged yet"
    desk.choose(title, ways, answered, _lines(pending.page))


def _acknowledge(desk: Desk) -> str:
    pending = desk.session.handover
    if pending is None:
        return "no handover waits to be acknowledged"
    number = desk.session.handover_number
    if same(pending.to, desk.operator):
        desk.submit(lambda by: commands.AcknowledgeHandover(by, number))
        return ""
    if not _witnesses(desk, pending):
        return f"only {plain(pending.to, 24)} can acknowledge this handover, from their own seat"
    _show_pending(desk, pending)
    return ""


def _witnesses(desk: Desk, pending: HandoverPrepared) -> bool:
    """Return whether the receiver can acknowledge at this terminal: it is the sender's, and they have no other seat."""
    seated = any(same(seat.person, pending.to) for seat in desk.session.seats.values())
    return same(pending.by, desk.operator) and not seated


def _page_now(desk: Desk) -> HandoverPage:
    return handover_page(desk.session, desk.now)


def _back(means: str) -> Way:
    return Way("b", "back", means)


def _open(desk: Desk, title: str, ways: list[Way], page: HandoverPage, receivers: dict[str, str]) -> None:
    """Open the dialog with a page; an option that names a receiver records the handover to them."""

    def answered(word: str | None) -> None:
        to = receivers.get(word or "")
        if to and not refused(desk, commands.PrepareHandover(desk.operator, to)):
            desk.submit(lambda by: commands.PrepareHandover(by, to))

    desk.choose(title, ways, answered, _lines(page))


def _lines(page: HandoverPage) -> list[Line]:
    """Return the page in the width of a dialog: its situation, then its parts with their rows."""
    rows: list[Line] = [((f" {row}", "text"),) for text in (page_title(page), *page_lead(page)) for row in _wrap(text)]
    for part in page_parts(page):
        rows.append(((f" {part.heading}", "accent" if part.lines else "muted"),))
        for line in part.lines:
            first, *more = _wrap(line)
            rows.append(((f"  {first}", "text"),))
            rows += [((f"    {row}", "text"),) for row in more]
    return rows


def _wrap(text: str) -> list[str]:
    return wrap(text, WIDTH - 5)
