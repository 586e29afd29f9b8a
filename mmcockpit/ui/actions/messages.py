"""Ready-made messages: shown as they would go out, then copied or posted."""

from typing import TYPE_CHECKING

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.rules.message import change, filled
from mmcockpit.ui.actions.clipboard import copy_text
from mmcockpit.ui.dialogs.choice import Choice, Way
from mmcockpit.ui.render.text import paragraphs, plain

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit

LINES_SHOWN = 10


def message(app: "Cockpit", name: str) -> str:
    """Show a message by its id, or ask which."""
    known = app.sight.session.cockpit.messages
    if not known:
        return "the cockpit file brings no messages (messages:)"
    if name:
        if name not in {one.id for one in known}:
            return f"no message is called {name!r}: there are {', '.join(one.id for one in known)}"
        show(app, name)
        return ""
    ways = [Way("b", "back", "send nothing")]
    ways += [Way(str(n + 1), plain(one.title, 24), _first(app, one)) for n, one in enumerate(known[:9])]
    titles = {plain(one.title, 24): one.id for one in known[:9]}

    def answered(word: str | None) -> None:
        if word in titles:
            show(app, titles[word])

    app.push_screen(Choice(app.board.active.paint, "Which message?", ways, app.sight.clock), answered)
    return ""


def names(app: "Cockpit") -> list[str]:
    """Return the ids of all messages."""
    return [one.id for one in app.sight.session.cockpit.messages]


def show(app: "Cockpit", name: str) -> None:
    """Show a message filled from the session; copying and posting are recorded, once for every change."""
    session = app.sight.session
    one = next((each for each in session.cockpit.messages if each.id == name), None)
    if one is None:
        app.say(f"no message is called {plain(name, 40)}", "warn")
        return
    text, about = filled(one.text, session, app.sight.now), change(session)
    ways = [Way("b", "back", "send nothing"), Way("c", "copy", "to the clipboard, and to a file")]
    if session.cockpit.webhook:
        ways.append(Way("p", "post", "to the webhook of the cockpit file"))
    sent = [to for message, of, to in session.sent if (message, of) == (name, about)]

    def answered(word: str | None) -> None:
        to = {"copy": "clipboard", "post": "webhook"}.get(word or "")
        if to == "clipboard":
            app.say(copy_text(app, text))
        if to and to not in sent:
            app.submit(lambda by: commands.SendMessage(by, name, about, text, to))
        elif to == "webhook":
            app.say("this was posted already, and nothing has changed since", "warn")

    lines = paragraphs(text)
    cut = [*lines[:LINES_SHOWN], f"… {len(lines) - LINES_SHOWN} more lines"] if len(lines) > LINES_SHOWN else lines
    before = f" (sent already: {', '.join(sorted(sent))}; nothing has changed since)" if sent else ""
    app.push_screen(
        Choice(app.board.active.paint, "\n".join([f"{plain(one.title, 60)}{before}", "", *cut]), ways, app.sight.clock),
        answered,
    )


def _first(app: "Cockpit", one: Message) -> str:
    return plain(filled(one.text, app.sight.session, app.sight.now), 90)
