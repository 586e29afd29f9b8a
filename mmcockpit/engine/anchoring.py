"""Anchors the journal: signs its head with an SSH key at gates and at the end; never delays either."""

import asyncio
import os
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from mmcockpit.core.facts.anchors import Anchored, NotAnchored, anchor_text
from mmcockpit.core.facts.event import AnyBody, Closed, Event, PhaseChanged
from mmcockpit.core.model.cockpit import Anchor
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.engine.cleaned import trouble
from mmcockpit.sources.common.supervised import Supervised, first_of, start_failure

SIGN_S = 5.0
"""Seconds that ssh-keygen, and the agent behind it, may take for one signature."""

CLOSE_S = SIGN_S + 3.0
"""Seconds that `close` waits: for a signature, and for the end of an ssh-keygen that was killed."""

MOST_PENDING = 4
"""Most signatures at a time; a gate that is passed meanwhile is not anchored."""

LONGEST_OUTPUT = 4_000
LONGEST_KEY = 16_384

PASSED = ("PATH", "HOME", "USER", "SSH_AUTH_SOCK")
"""Environment variables that ssh-keygen gets."""


class Anchoring:
    """Signs the head of the journal after each gate and after the end of the session, beside everything else.

    The signature is published as `Anchored`, a failure as `NotAnchored`.
    """

    def __init__(self, publish: Callable[[AnyBody], None], anchor: Anchor | None) -> None:
        self._publish = publish
        self._anchor = anchor
        self._tasks: set[asyncio.Task[None]] = set()

    def recorded(self, event: Event, session: Session, head: str) -> None:
        """Sign the head behind a fact that passes a gate or ends the session, if the journal contains it."""
        anchored = isinstance(event.body, PhaseChanged | Closed) and event.recorded and bool(head)
        if self._anchor is None or session.opened is None or not anchored:
            return
        if len(self._tasks) >= MOST_PENDING:
            self._publish(NotAnchored(event.seq, head, f"{MOST_PENDING} signatures were still pending"))
            return
        task = asyncio.get_running_loop().create_task(self._sign(self._anchor, session.opened.session, event.seq, head))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Wait for the signatures that are pending, at most CLOSE_S."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=CLOSE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._publish(trouble("anchoring", error))

    async def _sign(self, anchor: Anchor, session: str, seq: int, head: str) -> None:
        try:
            key, signed = await signature(anchor, anchor_text(session, seq, head))
        except asyncio.CancelledError:
            self._publish(NotAnchored(seq, head, "ssh-keygen was still running when the cockpit ended"))
            raise
        except AnchorError as error:
            self._publish(NotAnchored(seq, head, plain(str(error), 300)))
        else:
            self._publish(Anchored(seq, head, key, signed, anchor.namespace))


class AnchorError(Exception):
    """Why there is no signature."""


async def signature(anchor: Anchor, text: bytes) -> tuple[str, str]:
    """Return the fingerprint of the key and the armoured signature of a text; AnchorError if there is none."""
    if not os.environ.get("SSH_AUTH_SOCK"):
        raise AnchorError("no ssh-agent: SSH_AUTH_SOCK is not set; start the cockpit where ssh-agent runs")
    key = _key_file(anchor)
    fingerprint = await asyncio.to_thread(_fingerprint, key)
    try:
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="mmcockpit-anchor-")
        try:
            message = Path(folder.name, "anchor")
            await asyncio.to_thread(message.write_bytes, text)
            # -U: only a key that is in the agent; ssh-keygen would ask for the passphrase of a file.
            argv = ("ssh-keygen", "-q", "-U", "-Y", "sign", "-f", os.fspath(key), "-n", anchor.namespace)
            await _run((*argv, os.fspath(message)), folder.name)
            return fingerprint, await asyncio.to_thread(message.with_suffix(".sig").read_text, encoding="ascii")
        finally:
            await asyncio.to_thread(folder.cleanup)
    except (OSError, UnicodeError) as error:
        raise AnchorError(f"the signature cannot be written or read: {error}") from error


async def _run(argv: tuple[str, ...], folder: str) -> None:
    """Run ssh-keygen without a terminal and without input; AnchorError unless it succeeds within SIGN_S."""
    output = bytearray()

    def wrote(fd: int, data: bytes) -> None:
        output.extend(data[: LONGEST_OUTPUT - len(output)])

    process = Supervised(wrote)
    try:
        async with asyncio.timeout(SIGN_S):
            await process.start(argv, folder, _environment(), survives=False)
            await first_of(process.exited)
    except TimeoutError:
        raise AnchorError(f"no signature within {SIGN_S:g}s: does ssh-agent respond? `ssh-add -l` shows it") from None
    except (OSError, ValueError) as error:
        raise AnchorError(f"ssh-keygen: {start_failure(error, folder)[1]}") from error
    finally:
        await process.end()
    if process.status:
        raise AnchorError(_explained(output.decode("utf-8", "replace").strip(), argv))


def _explained(output: str, argv: tuple[str, ...]) -> str:
    """Return the words of ssh-keygen, with what to do."""
    key = argv[argv.index("-f") + 1].removesuffix(".pub")
    return f"ssh-keygen: {output or 'failed without a message'}; `ssh-add {key}` puts the key into ssh-agent"


def _key_file(anchor: Anchor) -> Path:
    return Path(anchor.key).expanduser()


def _fingerprint(key: Path) -> str:
    """Return the SHA256 fingerprint of a public key file, as `ssh-keygen -l` prints it; AnchorError for other files."""
    try:
        with key.open("rb") as file:
            words = file.read(LONGEST_KEY).split()
        blob = b64decode(words[1], validate=True)
    except OSError as error:
        raise AnchorError(f"{key}: {error.strerror}; check anchor.key in the cockpit file") from error
    except (ValueError, IndexError) as error:
        raise AnchorError(f"{key}: not a public SSH key; check anchor.key in the cockpit file") from error
    return f"SHA256:{b64encode(sha256(blob).digest()).decode().rstrip('=')}"


def _environment() -> dict[str, str]:
    """Return the environment of ssh-keygen: nothing in it lets it ask a person."""
    given = {name: os.environ[name] for name in PASSED if name in os.environ}
    return {**given, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
