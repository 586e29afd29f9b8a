"""What `doctor` reports of message channels: what shows without a message, and what only a message would show."""

import asyncio
from typing import NamedTuple

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.messages.channels import MessageChannel
from mmcockpit.core.text import clean
from mmcockpit.engine.outward.messenger import channels_of, sender_of
from mmcockpit.engine.outward.outgoing import ChannelCheck
from mmcockpit.sources.common.secrets import Secrets


class _Checked(NamedTuple):
    channel: MessageChannel
    check: ChannelCheck


def print_channels(cockpit: Cockpit, secrets: Secrets) -> bool:
    """Check every channel at once, print a line for each, and return whether no check failed; nothing is sent."""
    checked = asyncio.run(_all_checked(channels_of(cockpit), secrets))
    for channel, check in checked:
        state = "REFUSED" if check.fault else "ok"
        what = check.fault or f"{check.found}; not checked: {check.unchecked}"
        print(secrets.redact(clean(f"{state:8} {channel.name:12} {channel.kind:11} {what}", 400)))
    return not any(check.fault for _, check in checked)


async def _all_checked(channels: tuple[MessageChannel, ...], secrets: Secrets) -> list[_Checked]:
    checks = await asyncio.gather(*(sender_of(channel, secrets).check() for channel in channels))
    return [_Checked(channel, check) for channel, check in zip(channels, checks, strict=True)]
