"""Writes annotations to Grafana: POST /api/annotations, with the token of a service account."""

from typing import Any

from mmcockpit.core.model.messages.channels import MessageChannel
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.engine.outward.outgoing import Outgoing, escaped
from mmcockpit.engine.outward.post import post, require_tls
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
