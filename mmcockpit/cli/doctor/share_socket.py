"""What `doctor` reports of the socket of `share:`: its group, its folder, and the logins of the people."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from mmcockpit.core.model.cockpit import Cockpit, Share
from mmcockpit.share.socket.address import SOCKET_FOLDER, ListenError, group_id, shared_folder


def socket_lines(cockpit: Cockpit) -> tuple[list[str], bool]:
    """Return the lines on `share.group` and `share.socket_dir`, and whether a driver can listen there.

    No lines without either. Makes no folder.
    """
    share = cockpit.share
    if share is None or not (share.group or share.socket_dir):
        return [], True
    folder = Path(share.socket_dir or SOCKET_FOLDER)
    missing = list(_missing(share, folder))
    unknown = [
        f"unknown login {person.login} of {person.name} on this machine"
        for person in cockpit.people
        if person.login and not _is_known(person.login)
    ]
    what = f"{folder}  {f'group {share.group}' if share.group else 'only you'}"
    head = f"{'LACKS' if missing else 'ok':8} {'share':12} {'socket':11} {'':9}  {what}"
    return [head, *(f"{'':8} {'share':12} {line}" for line in (*missing, *unknown))], not missing


def _missing(share: Share, folder: Path) -> Iterator[str]:
    """Yield why a driver of this user could not listen for the group."""
    try:
        number = group_id(share.group) if share.group else -1
        if folder.exists():
            shared_folder(folder, share.group)
    except ListenError as error:
        yield str(error)
        return
    if share.group and os.geteuid() != 0 and number not in (os.getegid(), *os.getgroups()):
        yield f"share.group: you are not a member of {share.group}: `usermod -aG {share.group} LOGIN`, log in again"
    if not folder.exists() and not os.access(folder.parent, os.W_OK | os.X_OK):
        install = f"install -d -m {'0770' if share.group else '0700'}{f' -g {share.group}' if share.group else ''}"
        yield f"share.socket_dir: {folder}: missing; create it once: `{install} {folder}`"


def _is_known(login: str) -> bool:
    try:
        pwd.getpwnam(login)
    except KeyError:
        return False
    return True
