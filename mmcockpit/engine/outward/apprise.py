"""Sends messages through apprise: mail, PagerDuty, Teams and many more; the URL is a secret."""

import asyncio
import re
from importlib import import_module
from typing import Any
from urllib.parse import unquote, urlsplit

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.text import clean, plain
from mmcockpit.core.words.messages.channels import APPRISE_MISSING
from mmcockpit.engine.outward.outgoing import WITHIN_S, ChannelCheck, Outgoing
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import Workers

LONGEST_TITLE = 120

_TOKEN = re.compile(r"(?=.*\d)[\w.~+=-]{12,}")
"""A part of a URL that looks like a token, and so is struck out of every text of the session."""


class AppriseSender:
    """Sends each message in a thread, because apprise blocks, and takes seconds to import.

    At most one thread runs: while one hangs, no further message is tried.
    """

    def __init__(self, secrets: Secrets, reference: dict[str, Any]) -> None:
        self._secrets = secrets
        self._reference = reference
        self._workers = Workers("apprise", 1)
        self._hanging: asyncio.Future[str] | None = None

    async def send(self, message: Outgoing) -> str:
        """Send one message."""
        if self._hanging is not None and not self._hanging.done():
            return "an earlier message still waits for a response"
        title, body = self._texts(message.text)
        await self._workers.slot()
        sending = self._hanging = self._workers.start(lambda: self._notify(title, body))
        sending.add_done_callback(_retrieved)
        try:
            async with asyncio.timeout(WITHIN_S):
                # The thread cannot be ended, and must not be forgotten.
                return await asyncio.shield(sending)
        except TimeoutError:
            return f"no response within {WITHIN_S:g}s"

    async def check(self) -> ChannelCheck:
        """Let the library read the URL; it cannot connect without sending."""
        await self._workers.slot()
        try:
            async with asyncio.timeout(WITHIN_S):
                opened = await self._workers.start(self._opened)
        except TimeoutError:
            return ChannelCheck(f"no result within {WITHIN_S:g}s", "", "")
        fault = opened if isinstance(opened, str) else ""
        return ChannelCheck(
            fault, "apprise knows this kind of URL", "whether its service is reached and takes messages"
        )

    def _texts(self, text: str) -> tuple[str, str]:
        body = clean(self._secrets.redact(text))
        return plain(body, LONGEST_TITLE), body

    def _notify(self, title: str, body: str) -> str:
        """Send a message with the library; return why it did not arrive."""
        opened = self._opened()
        if isinstance(opened, str):
            return opened
        client, parts = opened
        body_format = import_module("apprise").NotifyFormat.TEXT
        with client.notify(body=body, title=title, body_format=body_format) as result:
            return "" if result else self._cause(result, parts)

    def _opened(self) -> tuple[Any, list[str]] | str:
        """Return a client of the library for the URL, and the parts of the URL; or why there is none."""
        from mmcockpit.sources.common.secret import Secret

        try:
            import apprise
        except ImportError:
            return APPRISE_MISSING
        try:
            url = self._secrets.renewed(Secret(**self._reference))
        except ProbeError as error:
            return error.message
        parts = _parts(url)
        for part in parts:
            if _TOKEN.fullmatch(part):
                self._secrets.protect(part)
        # In this thread, one service after the other: the library's own threads would delay the end of the program.
        client = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
        if not client.add(url):
            return "apprise does not know this kind of URL, or parts of it are missing; see its documentation"
        return client, parts

    def _cause(self, result: Any, parts: list[str]) -> str:
        """Return the last error that the library logged, without any part of the URL, which it may quote."""
        logged = [entry.message for entry in result.logs()]
        text = self._secrets.redact(str(logged[-1])) if logged else ""
        for part in sorted(parts, key=len, reverse=True):
            text = text.replace(part, "…")
        return f"apprise: {plain(text, 160)}" if text else "apprise could not deliver it"


def _retrieved(sending: asyncio.Future[str]) -> None:
    """Take the error of a thread that ended after its message was given up, so that the loop does not report it."""
    if not sending.cancelled():
        sending.exception()


def _parts(url: str) -> list[str]:
    """Return every part of a URL that may be secret, as written and decoded."""
    parts = urlsplit(url)
    written = re.split(r"[/@:?&=,;]+", f"{parts.netloc}/{parts.path}/{parts.query}/{parts.fragment}")
    return [part for part in dict.fromkeys([*written, *map(unquote, written)]) if len(part) >= 3]
