"""Encrypted lines: from the start and after STARTTLS, with a certificate that is believed and one that is not."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels import CHANNEL_TYPES
from channels.email.simulator import EmailSimulator
from scrm.clock import SystemClock
from scrm.errors import Invalid, SendError, SendErrorCode
from tests.channels.conformance import MemoryTokens, make_adapter, text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ssl.SSLContext]]:
    """For localhost, signed by itself: where it is, and a server's side of it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(public, private)
    yield public, server


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_both_ways_over_an_encrypted_line(
    certificate: tuple[Path, ssl.SSLContext], security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, server = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    async with (
        EmailSimulator(tls=server, security=security) as provider,
        ClientSession(timeout=ClientTimeout(total=2)) as session,
    ):
        adapter = make_adapter("email", provider.settings(), session, MemoryTokens(), SystemClock())
        await adapter.check()
        await adapter.send(text("wang@customer.example", "你好"))
        assert [mail.content for mail in provider.sent] == ["你好"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_nobody_vouches_for_is_not_believed(
    certificate: tuple[Path, ssl.SSLContext], security: str
) -> None:
    _, server = certificate
    async with (
        EmailSimulator(tls=server, security=security) as provider,
        ClientSession(timeout=ClientTimeout(total=2)) as session,
    ):
        adapter = make_adapter("email", provider.settings(), session, MemoryTokens(), SystemClock())
        for ask in (adapter.check(), adapter.send(text("wang@customer.example", "你好"))):
            with pytest.raises(SendError) as caught:
                await ask
            assert caught.value.code is SendErrorCode.UNREACHABLE
        assert provider.sent == []
        assert "LOGIN" not in provider.imap.commands  # no password over a line that is somebody else's


async def test_a_server_without_starttls_gets_no_password() -> None:
    async with EmailSimulator() as provider, ClientSession(timeout=ClientTimeout(total=2)) as session:
        settings = {**provider.settings(), "imap_security": "starttls", "smtp_security": "starttls"}
        adapter = make_adapter("email", settings, session, MemoryTokens(), SystemClock())
        for ask in (adapter.check(), adapter.send(text("wang@customer.example", "你好"))):
            with pytest.raises(SendError):
                await ask
        assert provider.sent == []
        assert "LOGIN" not in provider.imap.commands


def test_unencrypted_lines_go_to_this_machine_only() -> None:
    settings = {**EmailSimulator().settings(), "imap_host": "mail.example.com"}
    with pytest.raises(Invalid) as caught:
        CHANNEL_TYPES.normalise_settings("email", settings | {"imap_port": "143", "smtp_port": "25"})
    assert set(caught.value.extra["errors"]) == {"imap_security"}  # type: ignore[call-overload]
