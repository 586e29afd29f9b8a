"""Executes another program that dies with the process that started it.

Run as a script by process.py, before the server: `launch.py PARENT SIGNAL USER PROGRAM ARGUMENTS…`, with USER a name to
switch to from root, or "-". A separate program, not a function between fork and exec, because forking a process that
has threads may deadlock there.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, user: str, command: list[str]) -> None:
    """Switch from root if requested, end with the parent (Linux only), then exec the command."""
    if user != "-":
        account = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    # After the change of user, which would reset it.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    # The parent may have died before the signal was set.
    if os.getppid() != parent:
        sys.exit("launch: the parent has gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
