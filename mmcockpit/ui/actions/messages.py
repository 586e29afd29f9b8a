"""Messages for stakeholders: previewed, edited where needed, then copied or posted."""

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.messages.channels import CLIPBOARD, WEBHOOK
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.rules.messages.templates import change, filled, messages, names_next_update
from mmcockpit.core.rules.messages.updates import update
from mmcockpit.core.words.durations import FORMS
from mmcockpit.core.words.times import wall_time
from mmcockpit.core.words.updates import time_text
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import WIDTH, DialogQuestion, Way
from mmcockpit.ui.render.text import Line, paragraphs, plain, wrap

NEW_LINE = " ↵ "
"""A line break in the prompt that edits a message: it has one line."""
MOST_CHANNELS = 9
"""Channels that the dialog offers; each has a digit as its key."""
LONGEST_EDIT = 2000
"""Maximum number of characters that the prompt takes."""
TARGETS = {"copy": CLIPBOARD, "post": WEBHOOK}


class Draft(msgspec.Struct, frozen=True):
    """A message before it is sent: `text` once it was edited, `next_update` (Unix seconds) once it was chosen."""

    message: Message
    text: str = ""
    next_update: float | None = None

    def filled(self, desk: Desk) -> str:
        """Return the text to send."""
        return self.text or filled(self.message.text, desk.session, desk.now, self.next_update)


def message(desk: Desk, name: str) -> str:
    """Show a message by its id, or a dialog to choose one; the only one is shown at once."""
    known = messages(desk.session)
    if name or len(known) == 1:
        chosen = name or known[0].id
        if chosen not in {each.id for each in known}:
            return f"unknown message {chosen!r}; known: {', '.join(each.id for each in known)}"
        show(desk, chosen)
        return ""
    ways = [Way("b", "back", "send nothing")]
    ways += [Way(str(n + 1), plain(each.title, 24), _first(desk, each)) for n, each in enumerate(known[:9])]
    titles = {plain(each.title, 24): each.id for each in known[:9]}

    def answered(word: str | None) -> None:
        if word in titles:
            show(desk, titles[word])

    desk.choose("Which message?", ways, answered)
    return ""


def show(desk: Desk, name: str) -> None:
    """Show a message filled from the session, to edit, copy or post it."""
    one = next((each for each in messages(desk.session) if each.id == name), None)
    if one is None:
        desk.say(f"unknown message {plain(name, 40)!r}", "warn")
        return
    _preview(desk, Draft(one))


def _preview(desk: Desk, draft: Draft) -> None:
    session, one = desk.session, draft.message
    text, about = draft.filled(desk), change(session)
    ways = [
        Way("b", "back", "send nothing"),
        Way("c", "copy", "to the clipboard, and to a file"),
        Way("e", "edit", "change the text"),
    ]
    if not draft.text and names_next_update(one.text):
        at = time_text(update(session, desk.now, draft.next_update).next_update, desk.now.wall)
        ways.append(Way("t", "time", f"of the next update: {at}"))
    if session.cockpit.webhook:
        ways.append(Way("p", "post", "to the webhook of the cockpit file"))
    channels = [name for name in session.cockpit.senders if name != WEBHOOK][:MOST_CHANNELS]
    ways += [Way(str(n), name, f"send it to the channel {name}") for n, name in enumerate(channels, 1)]
    sent = sorted({each.to for each in session.sent if (each.message, each.change) == (one.id, about)})

    def answered(word: str | None) -> None:
        match word:
            case "edit":
                _edit(desk, draft, text)
            case "time":
                _time(desk, draft)
            case "copy" | "post":
                _send(desk, one, text, about, TARGETS[word])
            case str() if word in channels:
                _send(desk, one, text, about, word)

    before = f" (already sent: {', '.join(sent)}; nothing has changed since)" if sent else ""
    desk.choose(f"{plain(one.title, 60)}{before}", ways, answered, _lines(text))


def _send(desk: Desk, one: Message, text: str, about: str, to: str) -> None:
    """Copy or send a text; it is recorded unless the same text was sent before."""
    if to == CLIPBOARD:
        desk.say(copy_text(desk, text))
    known = {(each.message, each.change, each.to, each.text) for each in desk.session.sent}
    if (one.id, about, to, text) not in known:
        desk.submit(lambda by: commands.SendMessage(by, one.id, about, text, to))
    elif to != CLIPBOARD:
        desk.say("already sent; nothing has changed since", "warn")


def _edit(desk: Desk, draft: Draft, text: str) -> None:
    line = NEW_LINE.join(part for part in paragraphs(text) if part)
    if len(line) > LONGEST_EDIT:
        desk.say(f"too long to edit here (at most {LONGEST_EDIT} characters): copy it, and edit the copy", "warn")
        return

    def done(edited: str, chosen: int) -> None:
        parts = (part.strip() for part in edited.split(NEW_LINE.strip()))
        changed = "\n".join(part for part in parts if part)
        _preview(desk, draft if edited == line else msgspec.structs.replace(draft, text=changed))

    desk.ask(DialogQuestion("message:", done, value=line, cancelled=lambda: _preview(desk, draft)))


def _time(desk: Desk, draft: Draft) -> None:
    def done(typed: str, chosen: int) -> None:
        at = wall_time(typed, desk.now.wall)
        if at is None:
            desk.say(f"invalid time {plain(typed, 40)!r}: write a duration ({FORMS}) or a time in UTC (02:30)", "warn")
        _preview(desk, draft if at is None else msgspec.structs.replace(draft, next_update=at))

    desk.ask(DialogQuestion("next update in (30m) or at (02:30 UTC):", done, cancelled=lambda: _preview(desk, draft)))


def _lines(text: str) -> list[Line]:
    rows = [row for part in paragraphs(text) for row in (wrap(part, WIDTH - 2) if part else [""])]
    return [((f"  {row}", "text"),) for row in rows]


def _first(desk: Desk, one: Message) -> str:
    return plain(filled(one.text, desk.session, desk.now), 90)
