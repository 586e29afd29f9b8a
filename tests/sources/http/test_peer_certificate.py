"""What a verified certificate shows is the same whether the standard library or `cryptography` read it."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit.sources.http.peer_certificate import parsed_certificate, verified_certificate

KEY = ec.generate_private_key(ec.SECP256R1())
KNOWN = (
    *(NameOID.COMMON_NAME, NameOID.LOCALITY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.ORGANIZATION_NAME),
    *(NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.STREET_ADDRESS, NameOID.DOMAIN_COMPONENT, NameOID.USER_ID),
)
VALUES = st.text('aZ9 ä#,+"\\<>;=', min_size=1, max_size=8)
ATTRIBUTES = st.builds(x509.NameAttribute, st.sampled_from(KNOWN), VALUES)
PARTS = st.lists(ATTRIBUTES, min_size=1, max_size=2, unique_by=lambda one: one.oid).map(x509.RelativeDistinguishedName)
ALTERNATIVES = st.one_of(
    st.sampled_from(("shop.example", "*.shop.example", "localhost")).map(x509.DNSName),
    st.ip_addresses().map(x509.IPAddress),
    st.just(x509.RFC822Name("ops@shop.example")),
)


def issued(issuer: x509.Name, names: list[x509.GeneralName], days: int) -> x509.Certificate:
    """Return a certificate that is its own authority."""
    now = datetime.now(UTC).replace(microsecond=0)
    builder = x509.CertificateBuilder(issuer, issuer, KEY.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(KEY, hashes.SHA256())


def shaken(certificate: x509.Certificate, folder: Path) -> ssl.SSLObject:
    """Return the client's end of a handshake in memory with a server that presents a certificate, which is trusted."""
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(KEY.private_bytes(serialization.Encoding.PEM, form, plain) + pem)
    believing, serving = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    believing.check_hostname = False
    believing.load_verify_locations(cadata=pem.decode())
    serving.load_cert_chain(path)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [believing.wrap_bio(back, there), serving.wrap_bio(there, back, server_side=True)]
    for end in (*ends, *ends):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return ends[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(PARTS, min_size=1, max_size=4), names=st.lists(ALTERNATIVES, max_size=4))
def test_both_read_the_same(
    parts: list[x509.RelativeDistinguishedName], names: list[x509.GeneralName], tmp_path: Path
) -> None:
    tls = shaken(issued(x509.Name(parts), names, days=40), tmp_path)
    verified, der = tls.getpeercert(), tls.getpeercert(binary_form=True)
    assert verified
    assert der
    plain = all(str(attribute.value).isascii() for part in parts for attribute in part)
    assert verified_certificate(verified) == (parsed_certificate(der) if plain else None)


@pytest.mark.parametrize("days", [1, 36_500])
def test_days_left_are_the_same_also_beyond_2050(days: int, tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")])
    tls = shaken(issued(name, [x509.IPAddress(ipaddress.ip_address("::1"))], days), tmp_path)
    read = verified_certificate(tls.getpeercert() or {})
    assert read == parsed_certificate(tls.getpeercert(binary_form=True) or b"")
    assert read == {"days_left": days, "names": ["::1"], "issuer": "C=DE"}


def test_a_name_without_an_abbreviation_is_left_to_cryptography(tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "ca@shop.example")])
    tls = shaken(issued(name, [], days=40), tmp_path)
    assert verified_certificate(tls.getpeercert() or {}) is None
    read = parsed_certificate(tls.getpeercert(binary_form=True) or b"")
    assert read["issuer"] == "1.2.840.113549.1.9.1=ca@shop.example"
