"""Handles errors of the process: an expected failure prints one line, a bug prints its traceback."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mmcockpit.cli.splash import leave
from mmcockpit.config.text.error import FileError
from mmcockpit.core.text import plain
from mmcockpit.journal.lock import Locked
from mmcockpit.journal.sessions import SessionError

FAILED, BAD_FILE = 1, 3


class CommandError(Exception):
    """A command that cannot continue: one line with what to do, and its exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


NO_VERDICT = frozenset({"gate"})
"""Commands whose exit code 1 is a verdict: they exit with 3 on failure."""


def guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command; print any error it raises as one line on stderr, and return the exit code."""
    failed = BAD_FILE if args.command in NO_VERDICT else FAILED
    try:
        with _splash_left_on_error():
            return run(args)
    except FileError as error:
        print(error, file=sys.stderr)
        return BAD_FILE
    except CommandError as error:
        print(f"mmcockpit {args.command}: {plain(str(error))}", file=sys.stderr)
        return error.code if error.code != FAILED else failed
    except (SessionError, Locked) as error:
        print(f"mmcockpit {args.command}: {plain(str(error))}", file=sys.stderr)
        return failed
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return failed
    except OSError as error:
        where, what = error.filename or "this machine", (error.strerror or str(error)).lower()
        print(
            f"mmcockpit {args.command}: {where}: {plain(what)}; check the path, its permissions, its disk",
            file=sys.stderr,
        )
        return failed
    except Exception:  # noqa: BLE001
        # Imported here: few commands use secrets, and none should fail.
        import traceback

        from mmcockpit.sources.common.secrets import redact_all

        print(redact_all(traceback.format_exc()), file=sys.stderr, end="")
        print(f"mmcockpit {args.command}: this is a bug in mmcockpit; every journal is intact", file=sys.stderr)
        return failed


@contextmanager
def _splash_left_on_error() -> Iterator[None]:
    """Remove the first frame before an error is printed."""
    try:
        yield
    except BaseException:
        leave()
        raise
