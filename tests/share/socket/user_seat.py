"""A seat of another Unix user: `python -m tests.share.socket.user_seat LOGIN ADDRESS [view]`.

It joins, submits the commands on stdin, and prints what arrives, each as one line of JSON.

Everything is imported before the process becomes the other user, who may not be able to read the interpreter.
"""

import json
import os
import pwd
import sys
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import Event, Refused
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.files import SessionError
from mmcockpit.share.seat_feed import SeatFeed
from mmcockpit.share.socket.link import SocketLink

LOOK_S = 0.02


def become(login: str) -> None:
    """Become another user, for good."""
    entry = pwd.getpwnam(login)
    os.initgroups(login, entry.pw_gid)
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


def say(**values: object) -> None:
    """Print one line of JSON."""
    print(json.dumps(values), flush=True)


def fact(event: Event) -> dict[str, Any]:
    """Return what the test asks of a fact."""
    body = event.body
    refusal = body.refusal.code if isinstance(body, Refused) else ""
    return {
        "fact": type(body).__name__,
        "by": getattr(body, "by", ""),
        "identity": event.identity,
        "id": event.command_id,
        "refusal": refusal,
    }


def made(words: dict[str, Any]) -> Any:
    """Return the command that a line of stdin describes."""
    return msgspec.convert(words["fields"], getattr(commands, words["kind"]))


def read_to(lines: Queue[str]) -> None:
    """Queue the lines of stdin, and an empty one at its end."""
    for line in sys.stdin:
        lines.put(line)
    lines.put("")


def main(login: str, address: str, view: str = "") -> int:
    """Join, act and report until stdin ends."""
    become(login)
    viewer = SessionClock()
    try:
        link = SocketLink(Path(address), viewer, bool(view))
        feed = SeatFeed(link, viewer, link.session)
    except SessionError as error:
        say(error=str(error))
        return 1
    seat = link.sharing.seat
    say(
        driver=link.sharing.driver,
        joined=seat.person,
        identity=seat.identity,
        role=seat.role,
        right=seat.right,
        uid=os.getuid(),
    )
    lines: Queue[str] = Queue()
    threading.Thread(target=read_to, args=(lines,), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=LOOK_S)
        except Empty:
            line = None
        if line == "":
            break
        if line:
            words = json.loads(line)
            if words["id"]:
                link.submit(Request(words["id"], made(words), link.latest))
            else:
                feed.submit(made(words))
        batch = feed.drain()
        for event in batch.events:
            say(**fact(event))
        for notice in batch.notices:
            say(notice=notice)
    feed.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
