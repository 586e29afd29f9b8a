"""A secret that is used for long: its file is read again when it changes, and when a server refuses what it held."""

import os
from contextlib import suppress
from pathlib import Path

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets


class Credential:
    """The value of a secret as it is now; ProbeError(configuration) where there never was one.

    A file that is missing or empty for a moment, as while it is being replaced, keeps the value that it had. Every
    value it ever had is struck out of every text.
    """

    def __init__(self, secret: Secret, secrets: Secrets) -> None:
        self._secret, self._secrets = secret, secrets
        self._state = self._look()
        self._value = secrets.resolve(secret)

    @property
    def value(self) -> str:
        """The value, read again where the file changed."""
        if self._look() != self._state:
            self._read()
        return self._value

    def renewed(self, refused: str) -> bool:
        """Read the file whether it looks changed or not; return whether it holds another value than the refused one."""
        self._read()
        return self._value != refused

    def _read(self) -> None:
        self._state = self._look()
        with suppress(ProbeError):
            self._value = self._secrets.resolve(self._secret) or self._value

    def _look(self) -> object:
        if self._secret.file is None:
            return None
        try:
            found = os.stat(Path(self._secret.file).expanduser())
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
