"""The process wall: an expected failure is one line, a bug leaves its trace beside the journal."""

import argparse
import sys
import traceback
from collections.abc import Callable

from mmcockpit.cli.splash import left_on_error
from mmcockpit.config.text.error import FileError
from mmcockpit.core.text import plain
from mmcockpit.journal.sessions import SessionError
from mmcockpit.journal.writer import Locked

FAILED, BAD_FILE = 1, 3


class CommandError(Exception):
    """A command that cannot go on: one line with the way out, and its exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


NO_VERDICT = frozenset({"gate"})
"""Commands whose exit code 1 is a verdict: their failures exit 3."""


def guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command and turn what it raises into one line on stderr and an exit code."""
    failed = BAD_FILE if args.command in NO_VERDICT else FAILED
    try:
        with left_on_error():
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
        # Imported here: few commands know a secret.
        from mmcockpit.sources.common.secrets import redact_all

        print(redact_all(traceback.format_exc()), file=sys.stderr, end="")
        print(f"mmcockpit {args.command}: this is a bug in mmcockpit; every journal is intact", file=sys.stderr)
        return failed
