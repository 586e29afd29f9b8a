"""`mmcockpit act`: one command in a running session, from a pipeline or a chat."""

import argparse
import re
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from mmcockpit.cli import OK
from mmcockpit.cli.commands import duration_argument
from mmcockpit.cli.errors import FAILED, CommandError
from mmcockpit.cli.sharing.seats import seat_address
from mmcockpit.cli.sharing.single_request import decided
from mmcockpit.cli.sharing.store import StoreUnreachable, find_shared, reference, shared_argument, with_store
from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.model.states import Mark
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.engine.clock import SessionClock
from mmcockpit.share.socket.link import JoinError, SocketLink
from mmcockpit.share.socket.messages import Outcome, Rejected

if TYPE_CHECKING:
    from mmcockpit.share.postgres.single_request import StoreOutcome

NO_DRIVER = 2

_MARKS = {
    "done": Mark.DONE,
    "block": Mark.BLOCK,
    "defer": Mark.DEFER,
    "override": Mark.OVERRIDE,
    "not-applicable": Mark.NOT_APPLICABLE,
    "claim": Mark.CLAIM,
    "verify": Mark.VERIFY,
}
_EXITS = """\
examples of the actions:
  mmcockpit act latest note 'build 4711 is deployed' --item deployment/new-version
  mmcockpit act latest vote no-go --role database --reason 'replica lags'
  mmcockpit act latest hold on --reason 'smoke tests failed'
  mmcockpit act latest ack --note 'ana rolls back'

You act as the user that the kernel knows you as; `people` of the cockpit file gives your name and role.
exit codes: 0 recorded, 1 refused (the reason is on standard error), 2 no driver, 3 usage error"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = f"{parser.epilog}\n\n{_EXITS}"
    parser.add_argument(
        "session", metavar="SESSION", help="a path, an id or its beginning, or `latest` of those that run"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    mark = _action(actions, "mark", "mark an item of the checklist", _mark)
    mark.add_argument("item", metavar="ITEM", help="its number, its id, or the last part of its id")
    mark.add_argument("state", metavar="STATE", choices=_MARKS, help=f"one of: {', '.join(_MARKS)}")
    mark.add_argument("--reason", default="", help="required to block, defer, override, or mark as not applicable")
    about = "how long an override is in force; default: 30m"
    mark.add_argument("--for", dest="for_s", metavar="DURATION", type=duration_argument, default=1800.0, help=about)
    note = _action(actions, "note", "add a note", _note)
    note.add_argument("text", metavar="TEXT", help="what to note")
    note.add_argument("--item", metavar="ITEM", default="", help="the item that the note is about")
    note.add_argument("--marker", action="store_true", help="a note that a replay can jump to")
    vote = _action(actions, "vote", "answer the go/no-go poll", _vote)
    vote.add_argument("answer", metavar="ANSWER", choices=("go", "no-go"), help="go or no-go")
    vote.add_argument("--role", default="", help="the role you answer for; default: yours")
    vote.add_argument("--reason", default="", help="why")
    hold = _action(actions, "hold", "put the go-live on hold, or resume it", _hold)
    hold.add_argument("state", metavar="STATE", choices=("on", "off"), help="on or off; off needs the controls")
    hold.add_argument("--reason", default="", help="why")
    ack = _action(actions, "ack", "acknowledge the alarm, so that it escalates no further", _ack)
    ack.add_argument("--note", default="", help="what you do about it")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    does: str,
    make: Callable[[argparse.Namespace], commands.AnyCommand],
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=does, description=does)
    parser.set_defaults(make=make)
    once = "a name for this call, such as a build number: calling again with it never records twice"
    parser.add_argument("--id", metavar="TEXT", default="", help=once)
    folder = "the `share.socket_dir` of another user's session; default: $MMCOCKPIT_SOCKET_DIR, else /run/mmcockpit"
    parser.add_argument("--socket-dir", metavar="DIR", type=Path, help=folder)
    shared_argument(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    command: commands.AnyCommand = args.make(args)
    id = command_id(args.id, command)
    return _through_store(args, Request(id, command)) if args.shared else _through_socket(args, Request(id, command))


def _through_socket(args: argparse.Namespace, request: Request) -> int:
    clock = SessionClock()
    try:
        with closing(SocketLink(seat_address(args.session, args.socket_dir), clock, brief=True)) as link:
            seat = link.sharing.seat
            outcome = decided(link, msgspec.structs.replace(request, saw=link.latest), clock)
    except JoinError as error:
        raise CommandError(str(error), NO_DRIVER if error.no_driver else FAILED) from error
    if outcome is None:
        raise _unknown("the driver went away", request, args.id)
    if isinstance(outcome, Rejected):
        raise CommandError(f"not accepted: {outcome.why}")
    return _report(outcome, f"{seat.person} ({seat.identity})", link.session)


def _through_store(args: argparse.Namespace, request: Request) -> int:
    # Imported here: only a session of the store needs its client.
    from mmcockpit.share.postgres.single_request import Undriven, request_once

    where = reference(args.cockpit)
    try:
        session = find_shared(where, args.session).id
        login = with_store(where, lambda store: store.login())
        outcome = with_store(where, lambda store: request_once(store, session, request))
    except StoreUnreachable as error:
        raise CommandError(str(error), NO_DRIVER) from error
    if isinstance(outcome, Undriven):
        raise _unknown(outcome.why, request, args.id) if outcome.sent else CommandError(outcome.why, NO_DRIVER)
    if outcome.answer:
        raise CommandError(f"not accepted: {outcome.answer}")
    return _report(outcome, f"postgres:{login.user}", session)


def _report(outcome: "Outcome | StoreOutcome", who: str, session: str) -> int:
    if outcome.refusal is not None:
        print(f"refused: {refusal_words(outcome.refusal)}", file=sys.stderr)
        return FAILED
    before = "had been recorded" if outcome.repeated else "recorded"
    print(f"{before} by {who} in {session}, up to fact #{outcome.number}")
    return OK


def _unknown(why: str, request: Request, given: str) -> CommandError:
    """Return the error for a command whose outcome is not known."""
    again = f"call again with `--id {given or request.id}`: it is recorded once"
    return CommandError(f"{why}; whether it is recorded is unknown; {again}", NO_DRIVER)


def command_id(given: str, command: commands.AnyCommand) -> str:
    """Return the id of a command, 32 hex digits: `given` if it is one, else made of it and the command.

    The same text names another command if it is used with other arguments. Without a text the id is random.
    """
    if not given:
        return uuid4().hex
    if re.fullmatch(r"[0-9a-f]{32}", plain := given.replace("-", "").lower()):
        return plain
    named = (given, type(command).__name__, msgspec.to_builtins(command))
    return blake2b(msgspec.json.encode(named, order="sorted"), digest_size=16).hexdigest()


def _mark(args: argparse.Namespace) -> commands.AnyCommand:
    return commands.MarkItem("", args.item, args.reason, _MARKS[args.state], args.for_s)


def _note(args: argparse.Namespace) -> commands.AnyCommand:
    return commands.AddNote("", args.text, args.item, args.marker)


def _vote(args: argparse.Namespace) -> commands.AnyCommand:
    return commands.Vote("", args.answer == "go", args.role, args.reason)


def _hold(args: argparse.Namespace) -> commands.AnyCommand:
    return commands.HoldSession("", args.state == "on", args.reason)


def _ack(args: argparse.Namespace) -> commands.AnyCommand:
    return commands.AcknowledgeAlarm("", (), args.note)
