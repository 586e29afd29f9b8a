"""A token server for a real registry: signs a token for what is asked, for users who know the password."""

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.servers.http import Answer, HttpServer, Received
from tests.servers.registry.server import PASSWORD, USER

SERVICE, ISSUER = "test-registry", "test-issuer"


class RegistryTokens(HttpServer):
    """Grants every user all rights; without a user, only those of `public/…`.

    Its tokens are valid for `expires_in` seconds.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        issued = trustme.CA().issue_cert("tokens.test", key_type=trustme.KeyType.ECDSA)
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        chain = [x509.load_pem_x509_certificate(part.bytes()) for part in issued.cert_chain_pems]
        der = [one.public_bytes(serialization.Encoding.DER) for one in chain]
        self._chain = [base64.b64encode(one).decode() for one in der]
        self.bundle = folder / "tokens.pem"
        self.bundle.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        self.expires_in = 300
        self.given: list[str] = []

    @property
    def auth(self) -> dict[str, Any]:
        """The part of a registry's configuration that trusts these tokens."""
        return {
            "token": {
                "realm": f"{self.url}/token?from=test",
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(self.bundle),
            }
        }

    def answer(self, request: Received) -> Answer:
        fields = parse_qs(urlsplit(request.target).query)
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if given not in ("", f"Basic {basic}"):
            return Answer(401, '{"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]}')
        if fields.get("service") != [SERVICE] or fields.get("from") != ["test"]:
            return Answer(400, "no service")
        access = [self._granted(scope, bool(given)) for scope in fields.get("scope", [])]
        token = self._signed({"access": [one for one in access if one]}, USER if given else "")
        self.given.append(token)
        return Answer(body=json.dumps({"token": token, "expires_in": self.expires_in}))

    def token(self, scope: str) -> str:
        """Return a token with all rights of a scope."""
        return self._signed({"access": [self._granted(scope, True)]}, USER)

    def _granted(self, scope: str, known: bool) -> dict[str, Any] | None:
        kind, name, actions = scope.split(":")
        if not known and not name.startswith("public/"):
            return None
        return {"type": kind, "name": name, "actions": actions.split(",")}

    def _signed(self, claims: dict[str, Any], subject: str) -> str:
        now = int(time.time())
        times = {"iat": now, "nbf": now - 10, "exp": now + 600}
        body = {"iss": ISSUER, "sub": subject, "aud": SERVICE, "jti": str(time.monotonic_ns()), **times, **claims}
        head = {"typ": "JWT", "alg": "ES256", "x5c": self._chain}
        text = ".".join(_encoded(json.dumps(part).encode()) for part in (head, body))
        pair = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_encoded(b''.join(part.to_bytes(32, 'big') for part in pair))}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
