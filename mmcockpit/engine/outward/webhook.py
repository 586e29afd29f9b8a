"""Posts messages to a webhook (Slack-compatible); its URL is a secret."""

from typing import Any
from urllib.parse import urlsplit

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.engine.outward.outgoing import ChannelCheck, Outgoing, escaped
from mmcockpit.engine.outward.post import connected, post, require_tls
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import in_thread


class WebhookSender:
    """Posts `{"text": ...}` to the address that a reference names."""

    def __init__(self, secrets: Secrets, reference: dict[str, Any]) -> None:
        self._secrets = secrets
        self._reference = reference

    async def send(self, message: Outgoing) -> str:
        """Post one message."""
        try:
            url = await in_thread(self._url)
        except ProbeError as error:
            return error.message
        return await post(url, {"text": escaped(message.text, self._secrets)})

    async def check(self) -> ChannelCheck:
        """Resolve the address and connect to its server."""
        try:
            url = await in_thread(self._url)
        except ProbeError as error:
            return ChannelCheck(error.message, "", "")
        return ChannelCheck(await connected(url), "its server accepts connections", "whether it takes messages")

    def _url(self) -> str:
        from mmcockpit.sources.common.secret import Secret

        url = self._secrets.renewed(Secret(**self._reference))
        self._secrets.protect(urlsplit(url).path)
        require_tls(url)
        return url
