"""A secret with a long lifetime: read again when its file changes, and when a server refuses the value."""

import os
from contextlib import suppress
from pathlib import Path

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets


class Credential:
    """The current value of a secret; ProbeError(configuration) if there never was one.

    While a file is missing or empty, for example during its replacement, the previous value stays. Every value that it
    ever had is struck out of every text.
    """

    def __init__(self, secret: Secret, secrets: Secrets) -> None:
        self._secret, self._secrets = secret, secrets
        self._state = self._look()
        self._value = secrets.resolve(secret)

    @property
    def value(self) -> str:
        """The value; read again if the file has changed."""
        if self._look() != self._state:
            self._read()
        return self._value

    def renewed(self, refused: str) -> bool:
        """Read the file again even if it looks unchanged, or run the program; return whether the value is another one.

        `refused` is the value to compare with. A program may block for seconds: call this in a thread.
        """
        self._read()
        return self._value != refused

    def _read(self) -> None:
        self._state = self._look()
        with suppress(ProbeError):
            self._value = self._secrets.renewed(self._secret) or self._value

    def _look(self) -> object:
        if self._secret.file is None:
            return None
        try:
            status = os.stat(Path(self._secret.file).expanduser())
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
