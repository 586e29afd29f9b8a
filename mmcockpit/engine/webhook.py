"""Posts messages to the webhook of the cockpit file (Slack-compatible); its URL is a secret."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mmcockpit.core.facts.event import AnyBody, MessageSent
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import clean, plain
from mmcockpit.sources.common.secrets import Secrets

WITHIN_S = 10.0
LEAVE_S = 2.0
"""Seconds a response may take, and seconds when the cockpit ends."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that messages may be sent to without TLS."""


class Webhook:
    """Posts each message once; failures are recorded and never retried automatically."""

    def __init__(self, publish: Callable[[AnyBody], None], secrets: Secrets, reference: dict[str, str]) -> None:
        self._publish = publish
        self._secrets = secrets
        self._reference = reference
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, message: MessageSent) -> None:
        """Post a message that is recorded as sent."""
        task = asyncio.get_running_loop().create_task(self._send(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait up to LEAVE_S for responses, then record the missing ones as failed."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=LEAVE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _send(self, message: MessageSent) -> None:
        try:
            failed = await self._post(message.text)
        except asyncio.CancelledError:
            failed = "the cockpit ended before a response: the message may have arrived"
        if failed:
            because = plain(self._secrets.redact(failed), 200)
            self._publish(msgspec.structs.replace(message, failed=because))

    async def _post(self, text: str) -> str:
        """Return why the message did not arrive; empty if it did."""
        # Imported with the first message: httpx takes longer to import than everything else here.
        library = await asyncio.to_thread(_library)
        try:
            url = self._url()
            # The body of the response is not needed, and may be endless.
            async with (
                asyncio.timeout(WITHIN_S),
                library.client() as client,
                client.stream("POST", url, json={"text": self._harmless(text)}) as answer,
            ):
                status = int(answer.status_code)
        except ProbeError as error:
            return error.message
        except TimeoutError:
            return f"no response within {WITHIN_S:g}s"
        except library.errors as error:
            return f"cannot connect: {type(error).__name__}"
        if 300 <= status < 400:
            return f"redirected ({status}): use the address that it redirects to"
        return "" if status < 300 else f"HTTP {status}"

    def _harmless(self, text: str) -> str:
        """Return a text without mentions and hidden links: Slack interprets `<!channel>` and `<http://…|label>`."""
        text = clean(self._secrets.redact(text))
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def _url(self) -> str:
        from mmcockpit.sources.common.secret import Secret

        url = self._secrets.resolve(Secret(**self._reference))
        parts = urlsplit(url)
        self._secrets.protect(parts.path)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ProbeError(FaultKind.CONFIGURATION, "its address must begin with https://")
        return url


class _Library:
    """The parts of httpx that are used."""

    def __init__(self) -> None:
        import httpx

        from mmcockpit.sources.common.network import usual_trust

        self.errors = (httpx.HTTPError, httpx.InvalidURL)
        self._trust = usual_trust()
        self._client = httpx.AsyncClient

    def client(self) -> Any:
        """Return a client that follows no redirects and ignores the environment."""
        return self._client(verify=self._trust, follow_redirects=False, timeout=WITHIN_S, trust_env=False)


def _library() -> _Library:
    return _Library()
