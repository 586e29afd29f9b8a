"""The command line: one module per command, imported when the command runs; the only package that wires the others."""

import gc
import os
import sys

from mmcockpit.cli.splash import splash

OK, FAILED, WRONG_CALL, BAD_FILE = 0, 1, 2, 3
"""Exit codes."""

OWN_2 = frozenset({"gate", "act"})
"""Commands whose exit code 2 means something else: their usage errors are 3."""

NAMES = ["completion", "--names"]
"""How the completion of a shell requests names: see completion/names.py."""


def program() -> None:
    """Run one command and exit the process at once, without waiting for a resolver that hangs in a thread."""
    # Before the first frame only what Python itself needs is imported.
    # What is imported lives until the end: the collector would only look through it, again and again.
    gc.disable()
    _open_standard_streams()
    splash(sys.argv[1:])
    try:
        code = _names(sys.argv[3:]) if sys.argv[1:3] == NAMES else main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else OK
    except OSError:
        # Not even the error could be written.
        code = _failed()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            pass
        except OSError as error:
            if not code and stream is sys.stdout:
                _report_full(error)
            code = code or _failed()
    os._exit(code)


def _report_full(error: OSError) -> None:
    try:
        os.write(2, f"mmcockpit: standard output: {str(error.strerror).lower()}; check its disk\n".encode())
    except OSError:
        # Standard error goes to the same disk.
        return


def _open_standard_streams() -> None:
    """Connect closed standard streams to nowhere, as with `2>&-`; escape characters that an encoding does not have.

    Otherwise writing to them fails, which looks like NO-GO in `gate`, and a journal could get one of their numbers.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number: this one.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    # As Python does for errors: a locale of Latin-1 must not end a command.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _failed() -> int:
    """Return the exit code of a command that could not write its output; 1 of `gate` is a verdict."""
    return BAD_FILE if "gate" in sys.argv[1:2] else FAILED


def _names(words: list[str]) -> int:
    _import_msgspec()
    # Without the parser of the program: a shell waits for it at each Tab.
    from mmcockpit.cli.completion.names import print_names

    return print_names(words)


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    if not words:
        # Not 0: a pipeline whose command is an empty variable must not pass.
        print(_FIRST_STEPS, file=sys.stderr)
        return WRONG_CALL
    # Imported here, as all other modules: the frame of a screen is drawn before.
    from mmcockpit.cli.commands import COMMANDS, command_module, program_parser

    name = next((word for word in words if not word.startswith("-")), "")
    if name in COMMANDS:
        _import_msgspec()
    parser = program_parser([name] if name in COMMANDS else [])
    try:
        args = parser.parse_args(_with_dashed_values(words))
    except SystemExit as leaving:
        if leaving.code == WRONG_CALL and name in OWN_2:
            raise SystemExit(BAD_FILE) from None
        raise
    if args.command != name:
        parser.error(f"unknown command {args.command!r}")
    from mmcockpit.cli.errors import guarded

    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    return guarded(command_module(name).run, args)


def _import_msgspec() -> None:
    """Import msgspec without typing_extensions, which takes as long as half of a short command's own modules.

    Where it cannot be imported, msgspec uses the same functions of typing.
    """
    name = "typing_extensions"
    if "msgspec" in sys.modules or name in sys.modules:
        return
    # None in place of a module makes its import fail.
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules[name]


def _with_dashed_values(words: list[str]) -> list[str]:
    """Join `--head` with its value: a head may begin with `-`, and argparse would take it for another option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--head":
            joined[-1] = f"--head={word}"
        else:
            joined.append(word)
    return joined


_FIRST_STEPS = """\
mmcockpit takes a service live from the terminal. First steps:

  mmcockpit demo                         look around, no cluster needed
  mmcockpit init go-live                 write a starter folder for your service
  mmcockpit run go-live/cockpit.yaml     start the session

mmcockpit --help lists all commands."""
