"""Ready-made messages: previewed, then copied or posted."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.rules.message import change, filled
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import Way
from mmcockpit.ui.render.text import paragraphs, plain

LINES_SHOWN = 10


def message(desk: Desk, name: str) -> str:
    """Show a message by its id, or a dialog to choose one."""
    known = desk.session.cockpit.messages
    if not known:
        return "the cockpit file has no messages (messages:)"
    if name:
        if name not in {each.id for each in known}:
            return f"unknown message {name!r}; known: {', '.join(each.id for each in known)}"
        show(desk, name)
        return ""
    ways = [Way("b", "back", "send nothing")]
    ways += [Way(str(n + 1), plain(each.title, 24), _first(desk, each)) for n, each in enumerate(known[:9])]
    titles = {plain(each.title, 24): each.id for each in known[:9]}

    def answered(word: str | None) -> None:
        if word in titles:
            show(desk, titles[word])

    desk.choose("Which message?", ways, answered)
    return ""


def names(desk: Desk) -> list[str]:
    """Return the ids of all messages."""
    return [one.id for one in desk.session.cockpit.messages]


def show(desk: Desk, name: str) -> None:
    """Show a message filled from the session; copying and posting are recorded once per state of the session."""
    session = desk.session
    one = next((each for each in session.cockpit.messages if each.id == name), None)
    if one is None:
        desk.say(f"unknown message {plain(name, 40)!r}", "warn")
        return
    text, about = filled(one.text, session, desk.now), change(session)
    ways = [Way("b", "back", "send nothing"), Way("c", "copy", "to the clipboard, and to a file")]
    if session.cockpit.webhook:
        ways.append(Way("p", "post", "to the webhook of the cockpit file"))
    sent = [to for message, of, to in session.sent if (message, of) == (name, about)]

    def answered(word: str | None) -> None:
        to = {"copy": "clipboard", "post": "webhook"}.get(word or "")
        if to == "clipboard":
            desk.say(copy_text(desk, text))
        if to and to not in sent:
            desk.submit(lambda by: commands.SendMessage(by, name, about, text, to))
        elif to == "webhook":
            desk.say("already posted; nothing has changed since", "warn")

    lines = paragraphs(text)
    cut = [*lines[:LINES_SHOWN], f"… {len(lines) - LINES_SHOWN} more lines"] if len(lines) > LINES_SHOWN else lines
    before = f" (already sent: {', '.join(sorted(sent))}; nothing has changed since)" if sent else ""
    desk.choose("\n".join([f"{plain(one.title, 60)}{before}", "", *cut]), ways, answered)


def _first(desk: Desk, one: Message) -> str:
    return plain(filled(one.text, desk.session, desk.now), 90)
