"""What each grant sends: proofs that the other side can verify, and words for whoever must mend a refusal."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from making import NOW, SECRET

from gateway.ports import Ungranted
from gateway.tokens.client import Client
from gateway.tokens.grants import ClientCredentials, Refresh, ServiceAccount

AUDIENCE = "https://login.example.it/token"
PEM = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def certificate(tmp_path, key):
    """A certificate of a month, and its key, in files."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=30))
    signed = made.sign(key, hashes.SHA256())
    (tmp_path / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(*PEM))
    return signed


def form(grant, refresh_token=""):
    return grant.form(refresh_token, AUDIENCE, NOW, lambda: "ID-1")


def opened(jwt):
    head, claims, signature = jwt.split(".")
    decoded = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (head, claims, signature)]
    return json.loads(decoded[0]), json.loads(decoded[1]), decoded[2], f"{head}.{claims}".encode()


def account(path, pem, **other):
    fields = {"type": "service_account", "client_email": "gw@p.example", "private_key_id": "k1", "private_key": pem}
    path.write_text(json.dumps(fields | other))
    return ServiceAccount(path, "support@example.it", "https://mail.google.com/")


def test_a_service_account_acts_for_the_mailbox(tmp_path, key):
    """RFC 7523 §2.1, with RS256: who signs, for whom, for what, to whom, and five minutes."""
    sent = form(account(tmp_path / "key.json", key.private_bytes(*PEM).decode()))
    head, claims, signature, signed = opened(sent.fields["assertion"])
    key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    began = int(NOW.timestamp())
    assert sent.fields["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert head == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims == {
        "iss": "gw@p.example",
        "sub": "support@example.it",
        "scope": "https://mail.google.com/",
        "aud": AUDIENCE,
        "iat": began,
        "nbf": began,
        "exp": began + 300,
    }


def test_a_certificate_proves_the_application(tmp_path, key, certificate):
    """RFC 7523 §2.2, as Microsoft asks for it: PS256, and the thumbprint of the certificate in x5t#S256."""
    grant = ClientCredentials(
        Client("app-7", certificate_file=tmp_path / "cert.pem", key_file=tmp_path / "key.pem"), "s/.default"
    )
    sent = form(grant)
    head, claims, signature, signed = opened(sent.fields["client_assertion"])
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    key.public_key().verify(signature, signed, pss, hashes.SHA256())
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert head["alg"] == "PS256"
    assert urlsafe_b64decode(head["x5t#S256"] + "=") == hashlib.sha256(der).digest()
    assert (claims["iss"], claims["sub"], claims["aud"], claims["jti"]) == ("app-7", "app-7", AUDIENCE, "ID-1")
    assert sent.fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in sent.fields


def test_the_end_of_a_certificate_is_known(tmp_path, certificate):
    """Nobody has to write it down."""
    client = Client("app", certificate_file=tmp_path / "cert.pem", key_file=tmp_path / "key.pem")
    assert ClientCredentials(client, "").ends == NOW + timedelta(days=30)


def test_a_secret_goes_into_the_body_or_the_header(tmp_path):
    """RFC 6749 §2.3.1: in the header each part is form-encoded first."""
    (tmp_path / "secret").write_text("a b:c\n")
    in_body = form(ClientCredentials(Client("id", tmp_path / "secret"), "mail"))
    assert in_body.fields == {
        "client_id": "id",
        "grant_type": "client_credentials",
        "scope": "mail",
        "client_secret": "a b:c",
    }
    in_header = form(ClientCredentials(Client("id:1", tmp_path / "secret", basic=True), ""))
    assert in_header.headers == {"Authorization": "Basic aWQlM0ExOmErYiUzQWM="}
    assert "client_secret" not in in_header.fields


def test_a_refresh_token_of_a_public_client(tmp_path):
    """RFC 6749 §6, with nothing to prove the application."""
    sent = form(Refresh(Client("id"), "mail", "box"), "RT")
    assert sent.fields == {"client_id": "id", "grant_type": "refresh_token", "refresh_token": "RT", "scope": "mail"}


def test_a_form_shows_no_secret(tmp_path):
    """Not in its repr, and it knows which of its fields are."""
    (tmp_path / "secret").write_text(SECRET)
    sent = form(Refresh(Client("id", tmp_path / "secret"), "mail", "box"), "RT-1")
    assert repr(sent) == "Form()"
    assert set(sent.secrets) == {SECRET, "RT-1"}


@pytest.mark.parametrize(
    "octets", [b"", b"{}", b"[]", b"\xff", b'{"client_email": 1}', b'{"private_key": "hunter2"}', b"[" * 50_000]
)
def test_a_key_file_that_is_none_is_named_and_not_shown(tmp_path, octets):
    """Threats rule 17."""
    (tmp_path / "key.json").write_bytes(octets)
    with pytest.raises(Ungranted) as told:
        form(ServiceAccount(tmp_path / "key.json", "u", "s"))
    assert str(tmp_path / "key.json") in str(told.value)
    assert "hunter2" not in str(told.value)


def test_weak_and_other_keys_are_refused(tmp_path):
    """RFC 7518 §3.3: 2048 bits at least, and RSA."""
    for weak in (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())):  # noqa: S505 - the point
        with pytest.raises(Ungranted):
            form(account(tmp_path / "key.json", weak.private_bytes(*PEM).decode()))


@pytest.mark.parametrize("missing", ["secret", "cert.pem", "key.pem"])
def test_a_file_that_is_not_there_is_named(tmp_path, certificate, missing):
    """With what the system says."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / missing).unlink()
    files = (None, tmp_path / "cert.pem", tmp_path / "key.pem") if missing != "secret" else (tmp_path / "secret",)
    with pytest.raises(Ungranted, match=f"{missing}: No such file"):
        form(ClientCredentials(Client("id", *files), ""))


def test_what_to_do_fits_the_refusal(tmp_path):
    """The secret for who asks, consent for what was consented to, delegation for a service account."""
    secret = tmp_path / "secret"
    login, by_file = Refresh(Client("i", secret), "", "box"), Refresh(Client("i"), "", "box", tmp_path / "rt")
    assert login.remedy("invalid_grant") == "run `gateway auth login box`"
    assert login.remedy("invalid_client") == f"put a valid client secret into {secret}"
    assert by_file.remedy("invalid_grant") == f"put a new refresh token into {tmp_path / 'rt'}"
    assert "administrator" in ClientCredentials(Client("i", secret), "").remedy("invalid_scope")
    assert "delegate s to the client id" in ServiceAccount(secret, "u", "s").remedy("unauthorized_client")
    assert "u is a user there" in ServiceAccount(secret, "u", "s").remedy("invalid_grant")
