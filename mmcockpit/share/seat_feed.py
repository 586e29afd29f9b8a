"""The feed of a seat: folds the lines that its link to the driver brings, and sends its commands over it.

A command is shown as recorded only once its fact has arrived. One whose connection broke is sent again with the same
id, so that it is decided at most once.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from mmcockpit.core.decide.command import AnyCommand, LeaveSession
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import Event
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.journal.codec import ROOT, link, prev_of
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.reader import Decoding, Problem, Progress, no_progress
from mmcockpit.journal.versions import LaterVersion
from mmcockpit.share.lines import Lines, number_of
from mmcockpit.share.seat_link import SeatLink

OPEN_S = 20.0
"""Longest wait for the next facts while a session is opened, in seconds."""

WAIT_S = 0.5
"""Longest wait for one delivery while a session is opened, in seconds."""

ASK_AGAIN_S = 30.0
"""A command without an outcome is sent again for this long: later it could surprise."""

MOST_PENDING = 64
"""Commands without an outcome that are kept."""


class LineFold:
    """Decodes lines in order and checks that each links to the one before; `problems` are what is not readable.

    `number` and `head` are those of the last line, `lost` is why no further line is accepted. Until `opened` is called,
    damage that the journal itself has is a problem only, as for every reader of it.
    """

    def __init__(self, where: str) -> None:
        self.problems: list[Problem] = []
        self.number = 0
        self.head = ROOT
        self.lost = ""
        self._where = Path(where)
        self._strict = False
        self._decoding = Decoding(self._where, self.problems.append)

    @property
    def unknown(self) -> Problem | None:
        """The message for facts and fields that this version does not know; None if there are none."""
        return self._decoding.unknown()

    def opened(self) -> None:
        """From now on accept nothing but lines that continue the last one."""
        self._strict = True

    def events(self, lines: Lines) -> Iterator[Event]:
        """Yield the facts of these lines, without those that came before; LaterVersion for a later major version."""
        if lines.last <= self.number:
            return
        for line in lines.data.split(b"\n")[:-1]:
            if self.lost:
                return
            event = self._event(line)
            if event is not None and event.seq > self.number:
                self.number = event.seq
                yield event

    def _event(self, line: bytes) -> Event | None:
        before = prev_of(line)
        if before == ROOT and self.number:
            # The driver continues in another file, whose first fact carries the whole state.
            self._decoding = Decoding(self._where, self.problems.append)
        elif before != self.head:
            if (number := number_of(line)) is not None and number <= self.number:
                return None
            what = f"the line after fact #{self.number} does not continue it: facts are missing or were changed"
            self.problems.append(Problem(self._decoding.line + 1, what))
            if self._strict:
                self.lost = what
                return None
        self.head = link(line)
        return self._decoding.event(line)


class SeatFeed:
    """The session as one seat sees it; close it after use. It is its own commander.

    `viewer` is this process's own clock, `where` how messages name the session. Raises SessionError if nothing can be
    shown, or LaterVersion, and then closes the link; `problems` are what is not readable.
    """

    transport = None
    rules = ""

    def __init__(self, link: SeatLink, viewer: Clock, where: str, progress: Progress = no_progress) -> None:
        self._link, self._viewer, self._where = link, viewer, where
        self._fold = LineFold(where)
        self._restarts = link.restarts
        self._again: Session | None = None
        self._pending: dict[str, _Pending] = {}
        self._notices: list[str] = []
        with ExitStack() as unopened:
            unopened.callback(link.close)
            session = self._opened(where, progress)
            unopened.pop_all()
        assert session.last is not None, "an opened session has facts"
        self.cockpit = session.cockpit
        self._speed = session.speed
        self._last = session.last
        start = viewer.now()
        self._ahead = session.last.at + max(start.wall - session.last.wall, 0.0) - start.at
        self._base: Session | None = session
        self.operator = link.sharing.seat.person
        self.problems = self._fold.problems
        if (unknown := self._fold.unknown) is not None:
            self.problems.append(unknown)

    @property
    def commands(self) -> "SeatFeed | None":
        """This feed; None for a viewer."""
        return self if self._link.sharing.seat.acts else None

    def drain(self) -> Batch:
        """Return what has arrived since the last call."""
        base, self._base = self._base, None
        taken = self._link.take()
        if self._link.restarts != self._restarts:
            self._restarts, self._again, self._fold = self._link.restarts, Session(), LineFold(self._where)
        events = tuple(event for lines in taken for event in self._facts(lines))
        if self._again is not None:
            base, events = self._begin_again(self._again, events), ()
        if events:
            self._last = events[-1].stamp
        now = self._now()
        self._settle(events)
        self._ask_again()
        notices, self._notices = tuple(self._notices), []
        sign, gone = self._link.sign, self._gone(now)
        return Batch(
            *(now, events, base),
            pulse=(sign.pulse or sign.now) if sign is not None and gone is None else now,
            not_recording=sign.not_recording if sign is not None else "",
            gone=gone,
            lost=self._fold.lost or self._link.lost,
            sharing=self._link.sharing,
            notices=notices,
        )

    def submit(self, command: AnyCommand, saw: int | None = None) -> None:
        """Send a command to the driver; its result comes back as facts. A seat leaves without a command."""
        if isinstance(command, LeaveSession):
            return
        if not self._link.connection or len(self._pending) >= MOST_PENDING:
            self._notices.append("not sent: no connection to the driver; try again once it is back")
            return
        request = Request(uuid4().hex, command, self._fold.number if saw is None else saw)
        self._pending[request.id] = _Pending(request, self._viewer.now().at, self._link.connection)
        self._link.submit(request)

    def close(self) -> None:
        """Leave the session."""
        self._link.close()

    def _opened(self, where: str, progress: Progress) -> Session:
        """Fold what the driver has recorded so far."""
        session, waited = Session(), self._viewer.now().at
        while self._fold.number < self._link.latest and not self._link.lost:
            taken = self._link.take(WAIT_S)
            for lines in taken:
                for event in self._fold.events(lines):
                    evolve(session, event)
            now, sign = self._viewer.now().at, self._link.sign
            if taken:
                waited = now
                progress(self._fold.number / self._link.latest)
            elif now - waited > OPEN_S or (session.last is not None and sign is not None and sign.not_recording):
                break
        if session.opened is None or session.last is None:
            why = self._link.lost or (self._fold.problems[0].what if self._fold.problems else "")
            raise SessionError(f"{where}: {why or 'the driver sent no facts in time'}; try again")
        self._fold.opened()
        return session

    def _begin_again(self, session: Session, events: Iterable[Event]) -> Session | None:
        """Fold a record that replaced the earlier one; return the session once it is complete."""
        for event in events:
            evolve(session, event)
        if session.opened is None or self._fold.number < self._link.latest:
            return None
        self._fold.opened()
        self._again = None
        self._last = session.last or self._last
        return session

    def _facts(self, lines: Lines) -> Iterator[Event]:
        try:
            yield from self._fold.events(lines)
        except LaterVersion as error:
            self._fold.lost = str(error)

    def _now(self) -> Stamp:
        viewed, sign = self._viewer.now(), self._link.sign
        if sign is None:
            return Stamp(max(round(viewed.at + self._ahead, 3), self._last.at), viewed.wall)
        passed = (viewed.at - sign.received.at) * self._speed
        at = max(round(sign.now.at + passed, 3), self._last.at)
        return Stamp(at, round(sign.now.wall + passed, 3))

    def _gone(self, now: Stamp) -> Stamp | None:
        """Return since when there is no driver, in the time of the session."""
        since = self._link.gone
        if since is None:
            return None
        ago = max(self._viewer.now().at - since.at, 0.0) * self._speed
        return Stamp(round(now.at - ago, 3), round(now.wall - ago, 3))

    def _settle(self, events: Iterable[Event]) -> None:
        """Forget the requests whose outcome is known."""
        for event in events:
            self._pending.pop(event.command_id, None)
        for settled in self._link.settled():
            self._pending.pop(settled.id, None)
            if settled.refusal is not None:
                self._notices.append(refusal_words(settled.refusal))
            elif settled.notice:
                self._notices.append(settled.notice)

    def _ask_again(self) -> None:
        now, connection = self._viewer.now().at, self._link.connection
        for pending in tuple(self._pending.values()):
            if now - pending.since > ASK_AGAIN_S:
                del self._pending[pending.request.id]
                self._notices.append(
                    "a command was sent, but its outcome is unknown: check the log before you repeat it"
                )
            elif connection and pending.connection != connection:
                self._pending[pending.request.id] = pending._replace(connection=connection)
                self._link.submit(pending.request)


class _Pending(NamedTuple):
    request: Request
    since: float
    connection: int
