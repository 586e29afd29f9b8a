"""Writes annotations to Grafana: POST /api/annotations, with the token of a service account."""

from typing import Any

from mmcockpit.core.model.messages.channels import MessageChannel
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.engine.outward.outgoing import ChannelCheck, Outgoing, escaped
from mmcockpit.engine.outward.post import post, read, require_tls
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import in_thread

TAG = "mmcockpit"
"""The tag of every annotation."""


class GrafanaSender:
    """Writes each message as an annotation at the time of its fact, tagged with what it is about."""

    def __init__(self, secrets: Secrets, channel: MessageChannel) -> None:
        self._secrets = secrets
        self._channel = channel

    async def send(self, message: Outgoing) -> str:
        """Write one annotation."""
        url = f"{self._channel.url}/api/annotations"
        try:
            require_tls(url)
            token = await in_thread(self._token)
        except ProbeError as error:
            return error.message
        return await post(url, self._annotation(message), {"Authorization": f"Bearer {token}"})

    async def check(self) -> ChannelCheck:
        """Read one annotation with the token, which shows that it is accepted."""
        url = f"{self._channel.url}/api/annotations?limit=1"
        try:
            require_tls(url)
            token = await in_thread(self._token)
        except ProbeError as error:
            return ChannelCheck(error.message, "", "")
        status, why = await read(url, {"Authorization": f"Bearer {token}"})
        unchecked = "whether the token may write annotations"
        if status == 403:
            # A token that may only write is enough.
            return ChannelCheck("", "the token is accepted, and may not read annotations", unchecked)
        fault = why or ("" if status == 200 else f"HTTP {status}{'; check token' if status == 401 else '; check url'}")
        return ChannelCheck(fault, "the token is accepted", unchecked)

    def _annotation(self, message: Outgoing) -> dict[str, Any]:
        annotation = {
            "time": round(message.wall * 1000),
            "tags": list(dict.fromkeys((TAG, *self._channel.tags, *message.about))),
            "text": escaped(message.text, self._secrets),
        }
        return annotation | ({"dashboardUID": self._channel.dashboard} if self._channel.dashboard else {})

    def _token(self) -> str:
        from mmcockpit.sources.common.secret import Secret

        return self._secrets.renewed(Secret(**self._channel.secret))
