"""Secrets struck out of foreign text: in clear, and as JSON, URLs, HTML, base64, Python and shells write them."""

import base64
import html
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from mmcockpit.core.model.reading import ProbeError, normalise
from mmcockpit.engine.stream import Stream
from mmcockpit.sources.common.redaction import STRUCK_OUT
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets
from tests.cpu import loops

VALUES = [
    "plainToken123",
    "p\"a\\ss<w>o&rd'/+=x",
    "tok/en+with=all&<>\"'\\ü€😀 z",
    '\\\\\\\\"x',
    'line1 one secret\nline2 "two" secret',
    'äöü"ß',
    "pa ss+w%rd",
]


def known(*values: str) -> Secrets:
    secrets = Secrets()
    for value in values:
        secrets.protect(value)
    return secrets


def forms(value: str) -> Iterator[str]:
    """Yield what programs make of a value that they print."""
    yield value
    for ascii_only in (True, False):
        inner = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield from (inner, json.dumps(inner, ensure_ascii=ascii_only)[1:-1], inner.replace("/", "\\/"))
        yield inner.replace("<", "\\u003c").replace(">", "\\u003E").replace("&", "\\u0026")
    yield from (quote(value), quote_plus(value), quote(value, safe=""), quote(quote(value, safe=""), safe=""))
    yield from (html.escape(value), html.escape(html.escape(value)), html.escape(value, quote=False))
    yield value.replace('"', "&#34;").replace("'", "&#39;").replace("<", "&lt;")
    yield from (repr(value)[1:-1], repr(value.encode())[2:-1], ascii(value)[1:-1], shlex.quote(value).strip("'"))
    yield from (value.encode().hex(), value.encode().hex().upper())


def in_base64(value: str) -> Iterator[str]:
    """Yield a value in base64 behind and before other bytes, at every offset, in both alphabets."""
    for before in ("", "u:", "us:", "usr:", "Basic x"):
        for behind in ("", "x", "xx", ":zz"):
            raw = f"{before}{value}{behind}".encode()
            encoded = base64.b64encode(raw).decode()
            yield from (encoded, encoded.rstrip("="), base64.urlsafe_b64encode(raw).decode(), quote_plus(encoded))
            yield encoded.replace("/", "\\/")


@pytest.mark.parametrize("value", VALUES)
def test_no_form_of_a_secret_is_left(value: str) -> None:
    secrets = known(value)
    for form in forms(value):
        assert secrets.redact(f"<<{form}>>") == f"<<{STRUCK_OUT}>>"
    for form in in_base64(value):
        struck = secrets.redact(f'{{"auth": "{form}"}}')
        assert STRUCK_OUT in struck
        assert len(struck) - len('{"auth": ""}') - len(STRUCK_OUT) <= 24, "only what surrounded it is left"


def test_a_line_of_a_secret_of_several_lines_is_a_secret() -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    secrets = known(f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----")
    assert secrets.redact(f"  key: |\n    -----BEGIN PRIVATE KEY-----\n    {body}") == (
        f"  key: |\n    -----BEGIN PRIVATE KEY-----\n    {STRUCK_OUT}"
    )


def test_half_a_secret_at_the_end_of_a_cut_text_is_struck_out() -> None:
    assert known("Canary0123456789").redact("bad token Canary01234…") == f"bad token {STRUCK_OUT}…"


def test_a_secret_is_struck_out_of_wrapped_base64() -> None:
    secrets, token = known("t0ken" * 40), base64.encodebytes(("t0ken" * 40).encode()).decode()
    assert secrets.redact(token).replace(STRUCK_OUT, "").strip() == ""


def test_other_text_is_left_alone() -> None:
    text = json.dumps({"pods": [f"modelmuxer-{n}" for n in range(100)], "auth": "Basic dXNlcjpvdGhlcg=="})
    assert known(*VALUES).redact(text) == text


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("value", VALUES)
def test_a_secret_is_struck_out_across_the_borders_of_pieces(value: str, size: int) -> None:
    secrets = known(value)
    for form in (*forms(value), *in_base64(value)):
        raw = f"one\n{'x' * 70}{form}\nlast".encode()
        stream = Stream(secrets)
        pieces = [stream.lines(raw[at : at + size]) for at in range(0, len(raw), size)]
        printed = "".join([*pieces, stream.lines(b"", last=True)])
        assert STRUCK_OUT in printed
        assert form not in printed
        assert printed.endswith("\nlast\n")


def test_a_secret_is_struck_out_of_a_line_that_never_ends() -> None:
    token = 'q"' + "0123456789" * 20
    encoded = base64.b64encode(token.encode()).decode()
    stream, raw = Stream(known(token)), f"{'-' * 1000}{json.dumps(token)}{'-' * 999}{encoded}".encode() * 40
    printed = "".join([*(stream.lines(raw[at : at + 997]) for at in range(0, len(raw), 997)), stream.lines(b"", True)])
    assert "0123456789" not in printed
    assert encoded[4:24] not in printed
    assert printed.count(STRUCK_OUT) == 80


def test_a_secret_is_struck_out_of_values_and_of_their_names() -> None:
    secret = 'p"a\\ss'
    value, defect = normalise({"a": [json.dumps(secret)], secret: {"x": None}}, known(secret).redact)
    assert value == {"a": [f'"{STRUCK_OUT}"'], STRUCK_OUT: {"x": None}}
    assert defect == f"null at {STRUCK_OUT}.x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"abcdef', "\\" * 1_000_000 + "abcdef"),
        ('\\\\\\"abcdef', "\\" * 1_000_000 + "abcdef"),
        ("/+/abcdef", "%25" * 330_000 + "abcdef"),
        ("abcdef++++/", "abcdef" * 160_000),
        ("plainToken123", "plainToken12" * 80_000),
    ],
)
def test_no_text_takes_long(value: str, text: str) -> None:
    secrets = known(value)
    assert loops(lambda: secrets.redact(text), 60) <= 60


def test_many_values_are_redacted_quickly() -> None:
    secrets = known(*(f"token-{n}-{n * 7919:x}" for n in range(20)))
    value = [{"pod": f"modelmuxer-{n}", "node": f"node-{n}"} for n in range(6_000)]
    found = []
    assert loops(lambda: found.append(normalise(value, secrets.redact)), 30) <= 30
    assert found[0] == (value, "")


def test_a_pipe_as_secret_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    with pytest.raises(ProbeError, match="not a regular file"):
        Secrets().resolve(Secret(file=str(tmp_path / "token")))


def test_the_largest_value_is_normalised_quickly_and_a_larger_one_refused_at_once() -> None:
    secrets = known(*(f"token-{n}-{n * 7919:x}" for n in range(20)))
    largest = [{"pod": f"modelmuxer-{n}", "token-1-1eef": 1.0} for n in range(6_600)]

    def work() -> None:
        value, defect = normalise(largest, secrets.redact)
        assert (value[0], defect) == ({"pod": "modelmuxer-0", STRUCK_OUT: 1.0}, "")
        for larger in (["x" * 4000] * 300, [["x"]] * 20_000, {str(n): n for n in range(100_000)}):
            with pytest.raises(ProbeError, match="more than"):
                normalise(larger, secrets.redact)
        assert len(normalise(["\x1b" * 8_000_000], secrets.redact)[0][0]) == 4096

    assert loops(work, 15) <= 15


@pytest.mark.parametrize(
    ("dsn", "password"),
    [
        ("host=db password=simple7 user=a", "simple7"),
        ("host=db password = 'a secret of ours' user=a", "a secret of ours"),
        (r"host=db password='it\'s \\ours' user=a", "it's \\ours"),
        (r"host=db password=it\'s\ ours", "it's ours"),
        ("host=db password=ab&cdef user=a", "ab&cdef"),
        ("host=db sslkey=k sslpassword='of the key'", "of the key"),
        ("postgresql://db/shop?password=a%20secret&sslmode=require", "a secret"),
        ("postgresql://ana:a%20secret@db/shop", "a secret"),
    ],
)
def test_the_password_of_a_dsn_is_struck_out_alone(monkeypatch: pytest.MonkeyPatch, dsn: str, password: str) -> None:
    monkeypatch.setenv("STORE_DSN", dsn)
    secrets = Secrets()
    secrets.learn({"env": "STORE_DSN"})
    assert secrets.redact(f"the password is {password} here") == f"the password is {STRUCK_OUT} here"
    for form in forms(password):
        assert password not in secrets.redact(form)
        assert STRUCK_OUT in secrets.redact(form)
