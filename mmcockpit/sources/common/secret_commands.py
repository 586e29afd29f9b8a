"""Secrets that programs print, such as `vault kv get`: run without a shell, bounded, and cached."""

import os
import threading
from collections.abc import Callable, Sequence
from time import monotonic

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain

WITHIN_S = 5.0
"""Seconds a program may take."""

MAX_BYTES = 64 * 1024
"""Bytes a program may print."""

STRUCK_BYTES = 8 * 1024
"""Bytes of the output of a program that failed that are struck out of texts: they may be a secret, or a part of it."""

AGAIN_S = 10.0
"""Least seconds between two renewals of a secret, and after a failure before its program runs again."""


class SecretCommand:
    """One program and what it printed; safe in any thread, and never running twice at once.

    What it prints is in no message, not even on failure: error output may contain the secret, too.
    """

    def __init__(self, argv: Sequence[str], protect: Callable[[str], None]) -> None:
        """`protect` strikes out a text from now on: what the program printed before it failed."""
        self._argv = [os.path.expanduser(argv[0]), *argv[1:]]
        self._protect = protect
        self._lock = threading.Lock()
        self._value = ""
        self._fault: ProbeError | None = None
        self._failed_at = self._renewed_at = -AGAIN_S

    @property
    def is_due(self) -> bool:
        """Whether reading the value runs the program."""
        return not self._value and monotonic() - self._failed_at >= AGAIN_S

    @property
    def unknown(self) -> str:
        """Why there is no value yet; empty if there is one."""
        if self._value:
            return ""
        fault = self._fault
        return fault.message if fault is not None else self._because(FaultKind.TIMEOUT, "has not ended").message

    def value(self) -> str:
        """Return the cached value, or run the program; ProbeError with the reason if there is none."""
        with self._lock:
            if self._value:
                return self._value
            if self._fault is None or self.is_due:
                self._run()
            if self._fault is not None:
                raise ProbeError(self._fault.kind, self._fault.message)
            return self._value

    def renewed(self) -> str:
        """Run the program again, unless it just ran for that; while it fails, the former value stays."""
        with self._lock:
            if self._value and monotonic() - self._renewed_at >= AGAIN_S:
                self._run()
                self._renewed_at = monotonic()
        return self.value()

    def _run(self) -> None:
        try:
            self._value, self._fault = self._printed(), None
        except ProbeError as fault:
            self._fault, self._failed_at = fault, monotonic()

    def _printed(self) -> str:
        # Imported here: checking a file runs no program.
        from mmcockpit.sources.common.supervised import TooMuchOutput, run_supervised, start_failure

        printed, value = bytearray(), ""
        try:
            status, _ = run_supervised(self._argv, os.environ, WITHIN_S, MAX_BYTES, printed)
            value = self._value_of(status, bytes(printed))
        except TimeoutError:
            raise self._because(FaultKind.TIMEOUT, f"did not end within {WITHIN_S:g}s") from None
        except TooMuchOutput:
            raise self._because(FaultKind.TOO_LARGE, f"printed more than {MAX_BYTES >> 10} KiB") from None
        except (OSError, ValueError) as error:
            raise self._because(*start_failure(error, "")) from None
        finally:
            if not value:
                self._protect(printed[:STRUCK_BYTES].decode(errors="ignore").strip())
        return value

    def _value_of(self, status: int, printed: bytes) -> str:
        if status != 0:
            raise self._because(FaultKind.CONFIGURATION, f"exit {status}; run it in this shell to see why")
        try:
            value = printed.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise self._because(FaultKind.CONFIGURATION, "printed no UTF-8 text") from None
        if not value:
            raise self._because(FaultKind.CONFIGURATION, "printed nothing")
        return value

    def _because(self, kind: FaultKind, why: str) -> ProbeError:
        return ProbeError(kind, f"secret command {plain(self._argv[0], 80)}: {why}")
