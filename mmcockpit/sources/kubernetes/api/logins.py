"""The login to a Kubernetes API: shared by all polls, renewed after a 401 or a change of the kubeconfig."""

import asyncio
from collections import deque
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.common.lease import Lease
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import Workers
from mmcockpit.sources.kubernetes.api.kubeconfig import SignInFiles, written

if TYPE_CHECKING:
    from mmcockpit.sources.kubernetes.api.login import Login

SIGN_IN_WITHIN = 20.0
LOOK_EVERY_S = 1.0
"""Least seconds between two checks of the files of a sign-in."""
VAIN, VAIN_S = 2, 5.0
"""Most logins that were never accepted and are replaced within so many seconds."""


class Logins:
    """The current login; at most one sign-in at a time, which all that need a new login wait for.

    A login in use is not closed before its last poll has ended.
    """

    def __init__(self, kubeconfig: str, context: str, secrets: Secrets) -> None:
        self._kubeconfig, self._context, self._secrets = kubeconfig, context, secrets
        self._workers = Workers("kubernetes", 1)
        self._signing_in: asyncio.Task[Lease[Login]] | None = None
        self._lease: Lease[Login] | None = None
        self._read: SignInFiles | None = None
        self._looked_at = self._signed_in_at = 0.0
        self._vain = deque([-VAIN_S] * VAIN, VAIN)
        self.known: Login | None = None
        """The latest login, also during the next sign-in; None before the first."""

    async def current(self) -> "Lease[Login]":
        """Return the current login, after a sign-in if there is none; a cancelled poll does not stop the sign-in."""
        if self._lease is not None:
            if self._changed():
                self._begin()
            return self._lease
        async with deadline(SIGN_IN_WITHIN, "kubernetes: signing in"):
            return await asyncio.shield(self._begin())

    async def renewed(self, refused: "Lease[Login]", since: float) -> "Lease[Login]":
        """Return the login that replaces one that was refused with 401 for a request sent at `since`.

        A login that was never accepted is kept if it is newer than the request, or if VAIN of its kind were replaced
        shortly before: wrong credentials must not run a plugin with every poll.
        """
        now = asyncio.get_running_loop().time()
        let_in = refused.client.identity is not None
        hopeful = self._signed_in_at < since and now - self._vain[0] >= VAIN_S
        if self._lease is refused and (let_in or hopeful):
            if not let_in:
                self._vain.append(now)
            self._lease = None
            await refused.retire()
        return await self.current()

    async def close(self) -> None:
        """Close the connections and cancel a sign-in."""
        if self._signing_in is not None:
            self._signing_in.cancel()
        if self._lease is not None:
            lease, self._lease = self._lease, None
            await lease.retire()

    def _begin(self) -> "asyncio.Task[Lease[Login]]":
        if self._signing_in is None or self._signing_in.done():
            self._signing_in = asyncio.create_task(self._sign_in())
            # Waiting callers get its error; without any, the previous login stays.
            self._signing_in.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._signing_in

    async def _sign_in(self) -> "Lease[Login]":
        library: Any = await self._workers.run(lambda: import_module("mmcockpit.sources.kubernetes.api.login"))
        former = self._lease
        known = former.client if former else None
        if self._read is not None:
            self._read = written(self._read.paths)
        login, read = await self._workers.run(
            lambda: library.sign_in(self._kubeconfig, self._context, self._secrets, known)
        )
        self._read = read
        if login is None:
            if self._lease is not None:
                return self._lease
            # The former login was refused meanwhile: sign in with the unchanged files.
            login, self._read = await self._workers.run(
                lambda: library.sign_in(self._kubeconfig, self._context, self._secrets, None)
            )
        self._signed_in_at = asyncio.get_running_loop().time()
        before, self._lease = self._lease, Lease(login, login.close)
        self.known = login
        if before is not None:
            with suppress(ProbeError):
                await before.retire()
        return self._lease

    def _changed(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._read is None or now - self._looked_at < LOOK_EVERY_S:
            return False
        self._looked_at = now
        return written(self._read.paths) != self._read
