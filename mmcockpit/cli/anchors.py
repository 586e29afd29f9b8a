"""Checks the signatures of a journal with ssh-keygen, and reports which of its facts are anchored."""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from mmcockpit.cli.errors import CommandError
from mmcockpit.core.facts.anchors import Anchored, anchor_text
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal.anchors import AnchorLine, SessionAnchors, anchors_of

CHECK_S = 10.0
"""Seconds that ssh-keygen may take for one check."""

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SAFE_NAMESPACE = re.compile(r"[A-Za-z0-9@._-]{1,64}")


class SignatureCheck(NamedTuple):
    """Whether a signature is good: `by` is the name of its key in the list of signers, `mistake` why it is not."""

    mistake: str = ""
    by: str = ""


def report_anchors(paths: list[Path], signers: Path | None) -> bool:
    """Print which facts of a session are anchored; return whether every signature is good.

    With a list of signers, something has to be anchored, and by keys in the list.
    """
    anchors = anchors_of(paths)
    if signers is not None and not signers.is_file():
        raise CommandError(f"{signers}: no such file; --signers needs an allowed_signers file")
    if not (anchors.signed or anchors.failed or anchors.configured or signers):
        return True
    name = anchors.session or str(paths[0])
    good = _report_signatures(name, anchors, signers)
    for fact in anchors.failed:
        print(f"{name}: not anchored after fact #{fact.seq}: {plain(fact.because, 300)}")
    if anchors.more:
        print(f"{name}: {counted(anchors.more, 'more signature')} not checked")
    covered = max((line.fact.seq for line in good), default=anchors.first - 1)
    if covered < anchors.last:
        print(f"{name}: {_range(covered + 1, anchors.last)} not anchored")
    if good and signers is None:
        print(f"{name}: the keys are not checked against a list; --signers FILE checks them")
    return len(good) == len(anchors.signed) and not anchors.more and (bool(good) or signers is None)


def _report_signatures(name: str, anchors: SessionAnchors, signers: Path | None) -> list[AnchorLine]:
    """Print a line for each signature; return the good ones."""
    good, covered = list[AnchorLine](), anchors.first - 1
    for line in anchors.signed:
        check = _checked(line, anchors.session, signers)
        if check.mistake:
            print(f"{line.path}:{line.line}: {check.mistake}")
            continue
        good.append(line)
        if line.fact.seq > covered:
            by = f"{plain(check.by, 80)}, key {line.fact.key}" if check.by else f"the key {line.fact.key}"
            print(f"{name}: {_range(covered + 1, line.fact.seq)} anchored by {by}")
            covered = line.fact.seq
    return good


def _range(first: int, last: int) -> str:
    return f"fact #{first}" if first == last else f"facts #{first} to #{last}"


def _checked(line: AnchorLine, session: str, signers: Path | None) -> SignatureCheck:
    fact = line.fact
    if not line.unchanged:
        now = f"the journal has head {line.head} there" if line.head else "the journal has no such fact"
        return SignatureCheck(f"head {plain(fact.head, 40)} was signed after fact #{fact.seq}, but {now}: rewritten")
    if not _SAFE_NAMESPACE.fullmatch(fact.namespace):
        return SignatureCheck("the signature has no valid namespace")
    with tempfile.TemporaryDirectory(prefix="mmcockpit-verify-") as folder:
        signature = Path(folder, "anchor.sig")
        signature.write_text(fact.signature, encoding="utf-8")
        return _verified(fact, anchor_text(session, fact.seq, fact.head), signature, signers)


def _verified(fact: Anchored, text: bytes, signature: Path, signers: Path | None) -> SignatureCheck:
    by = ""
    if signers is None:
        code, said = _ssh_keygen("check-novalidate", text, "-n", fact.namespace, "-s", os.fspath(signature))
    else:
        listed = ("-f", os.fspath(signers))
        code, said = _ssh_keygen("find-principals", b"", "-s", os.fspath(signature), *listed)
        by = said.splitlines()[0] if code == 0 and said else ""
        if not by:
            return SignatureCheck(f"signed by the key {plain(fact.key, 60)}, which is not in {signers}")
        where = ("-I", by, "-n", fact.namespace, "-s", os.fspath(signature))
        code, said = _ssh_keygen("verify", text, *where, *listed)
    if code:
        return SignatureCheck(f"wrong signature of the head after fact #{fact.seq}: ssh-keygen: {plain(said, 200)}")
    if (key := _FINGERPRINT.search(said)) is None or key[0] != fact.key:
        signer = key[0] if key else "another key"
        return SignatureCheck(f"signed by {signer}, but recorded as signed by {plain(fact.key, 60)}")
    return SignatureCheck(by=by)


def _ssh_keygen(action: str, text: bytes, *options: str) -> tuple[int, str]:
    """Run ssh-keygen on a text; return its exit code and what it printed."""
    argv = ["ssh-keygen", "-Y", action, *options]
    env = {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
    try:
        ended = subprocess.run(
            argv, input=text, capture_output=True, env=env, timeout=CHECK_S, check=False, start_new_session=True
        )
    except FileNotFoundError:
        raise CommandError("ssh-keygen: program not found; install OpenSSH's client to check signatures") from None
    except subprocess.TimeoutExpired:
        raise CommandError(f"ssh-keygen: no result within {CHECK_S:g}s; try again") from None
    said = ended.stdout if ended.returncode == 0 else ended.stderr or ended.stdout
    return ended.returncode, said.decode("utf-8", "replace").strip()
