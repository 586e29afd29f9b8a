"""Attention: which changes ring the bell and show a desktop notification, and the title of the window."""

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mmcockpit.core.facts.event import (
    Advised,
    AnyBody,
    ControlsGranted,
    ControlsRequested,
    HandoverPrepared,
    ItemChanged,
)
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.layout import AttentionSettings
from mmcockpit.core.model.people import same
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.describe import notification as message
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.verdicts import advice_word
from mmcockpit.ui.render.header.state_line import state_word
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.terminal_alerts import BELL, notification, window_title

APART_S = 10.0
"""Least seconds between two alerts; changes in between become one alert, of the most severe of them."""

_SEVERITY = {Advice.NO_GO: 3, Advice.FIX_FORWARD: 4, Advice.ROLLBACK: 5}
"""Advice that needs attention when it becomes the advice; every other one has severity 0."""

_REGRESSED, _MESSAGE = 2, 1


class TerminalAlert(NamedTuple):
    """A change that needs attention; `advice` is set if it is no longer true once the advice is less severe."""

    severity: int
    title: str
    text: str
    advice: bool = False


class Attention:
    """Follows the facts of a session, also while the display is frozen, and returns what the terminal has to be sent.

    Facts from before this screen was opened cause no alert. A replay has only the title.
    """

    def __init__(self, settings: AttentionSettings, replay: bool, environment: Mapping[str, str] | None = None) -> None:
        self._settings, self._replay = settings, replay
        self._environment = os.environ if environment is None else environment
        self._advice: Advice | None = None
        self._began = False
        self._pending: TerminalAlert | None = None
        self._alerted_at = -APART_S
        self._title = ""

    def alerts(self, batch: Batch, sight: Sight, person: str) -> str:
        """Return the sequences for what a batch changed, and for what waited; empty if there is nothing to send.

        `sight` has taken the batch; `person` is who sits here, empty if that is unknown.
        """
        if sight.session.opened is None:
            return ""
        news = batch.events or batch.notices or batch.base is not None
        for alert in self._changes(batch, sight, person) if news else ():
            if self._began and (self._pending is None or alert.severity >= self._pending.severity):
                self._pending = alert
        self._began = not self._replay
        return self._due(sight)

    def title(self, sight: Sight) -> str:
        """Return the window's title if it has to change now; empty otherwise."""
        session = sight.session
        if not self._settings.title or session.opened is None:
            return ""
        where = " (replay)" if self._replay else ""
        text = f"{state_word(sight, self._advice)} · {session.cockpit.name}{where}"
        if text == self._title:
            return ""
        self._title = text
        return window_title(text, self._environment)

    def _due(self, sight: Sight) -> str:
        alert, now = self._pending, sight.clock()
        if alert is not None and alert.advice and alert.severity > _SEVERITY.get(self._advice or Advice.GO, 0):
            # It is over before anyone was alerted.
            alert = self._pending = None
        if alert is None or now - self._alerted_at < APART_S:
            return ""
        self._pending, self._alerted_at = None, now
        bell = BELL if self._settings.bell else ""
        return bell + notification(self._settings, alert.title, alert.text, self._environment)

    def _changes(self, batch: Batch, sight: Sight, person: str) -> Iterator[TerminalAlert]:
        wording, name = Wording(SessionNames(sight.session)), sight.session.cockpit.name
        if batch.base is not None:
            # A seat that was cut off begins again with the present session.
            yield from self._advised(batch.base.advised, name)
        for event in batch.events:
            body = event.body
            match body:
                case Advised():
                    yield from self._advised(body, name)
                case ItemChanged(now=State.REGRESSED):
                    yield TerminalAlert(_REGRESSED, f"Regression · {name}", describe(body, wording)[1])
            if _is_for(body, batch, sight, person):
                yield TerminalAlert(_MESSAGE, name, message(body, wording))
        for notice in batch.notices:
            yield TerminalAlert(_MESSAGE, name, notice)

    def _advised(self, advised: Advised | None, name: str) -> Iterator[TerminalAlert]:
        """Take an advice; yield an alert if it needs more attention than the one before."""
        before = _SEVERITY.get(self._advice or Advice.GO, 0)
        self._advice = advised.advice if advised else None
        if advised is not None and (severity := _SEVERITY.get(advised.advice, 0)) > before:
            text = reason_text(advised.reasons[0]) if advised.reasons else ""
            yield TerminalAlert(severity, f"{advice_word(advised.advice)} · {name}", text, advice=True)


def _is_for(body: AnyBody, batch: Batch, sight: Sight, person: str) -> bool:
    """Return whether a fact is a message for the person of this seat, from another one."""
    match body:
        case HandoverPrepared(to=to, by=by) | ControlsGranted(to=to, by=by):
            return bool(person) and same(to, person) and not same(by, person)
        case ControlsRequested(by=by):
            return batch.sharing is not None and has_controls(sight.session, batch.sharing) and not same(by, person)
    return False
