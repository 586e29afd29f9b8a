"""Who we are at a Kubernetes API: signed in once for all questions, again after a 401 or a changed kubeconfig."""

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
from mmcockpit.sources.kubernetes.api.kubeconfig import Written, written

if TYPE_CHECKING:
    from mmcockpit.sources.kubernetes.api.login import Login

SIGN_IN_WITHIN = 20.0
LOOK_EVERY_S = 1.0
"""How often the files of a sign-in are looked at, at the most."""
VAIN, VAIN_S = 2, 5.0
"""How many logins that were never let in are replaced by others in so many seconds, at the most."""


class Logins:
    """The login in use; one sign-in at a time, whoever needs a new one waits for it.

    A login in use is never closed: its last question does that.
    """

    def __init__(self, kubeconfig: str, context: str, secrets: Secrets) -> None:
        self._kubeconfig, self._context, self._secrets = kubeconfig, context, secrets
        self._workers = Workers("kubernetes", 1)
        self._signing_in: asyncio.Task[Lease[Login]] | None = None
        self._lease: Lease[Login] | None = None
        self._read: Written | None = None
        self._looked_at = self._signed_in_at = 0.0
        self._vain = deque([-VAIN_S] * VAIN, VAIN)
        self.known: Login | None = None
        """The latest login, also while the next one is on its way; None before the first."""

    async def current(self) -> "Lease[Login]":
        """Return the login in use, after signing in where there is none; a cancelled question does not stop that."""
        if self._lease is not None:
            if self._changed():
                self._begin()
            return self._lease
        async with deadline(SIGN_IN_WITHIN, "kubernetes: signing in"):
            return await asyncio.shield(self._begin())

    async def renewed(self, refused: "Lease[Login]", since: float) -> "Lease[Login]":
        """Return the login that takes the place of one that was answered with 401 to a question asked at `since`.

        One that was never let in stays where it is younger than the question, or where VAIN others of its kind were
        replaced just before: credentials that are wrong cost no run of a plugin with every question.
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
        """Close the connections, and end a sign-in."""
        if self._signing_in is not None:
            self._signing_in.cancel()
        if self._lease is not None:
            lease, self._lease = self._lease, None
            await lease.retire()

    def _begin(self) -> "asyncio.Task[Lease[Login]]":
        if self._signing_in is None or self._signing_in.done():
            self._signing_in = asyncio.create_task(self._sign_in())
            # Whoever waits for it gets its error; where nobody does, the login before it stays.
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
            # Refused meanwhile: what is written is all there is.
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
