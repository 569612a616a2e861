"""The key with which this system seals its reports, and the certificate that goes with it.

Given by `SEAL_KEY_FILE` and `SEAL_CERTIFICATE_FILE`, or made once at first use and kept below `VAR_DIR`, where only its
owner reads it. The certificate has a fixed span, because a report carries the moment of its data, not that of its making.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from trialsite.kernel.study import study

BITS = 3072  # as strong as AES-128; RSA with PKCS #1 v1.5 is what every reader knows, and it is deterministic
SPAN = (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2070, 1, 1, tzinfo=dt.UTC))
DOCUMENTS = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336: signing of documents


@dataclass(frozen=True, slots=True)
class SealKey:
    """Private key and certificate as PEM; `chain` may hold certificates of those who issued it."""

    private: bytes
    chain: bytes

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.chain)[0]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate: what a reader compares."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def seal_key() -> SealKey:
    """The key that is configured; else the one that was made here, made now if there is none."""
    key, certificate = settings.SEAL_KEY_FILE, settings.SEAL_CERTIFICATE_FILE
    if bool(key) != bool(certificate):
        raise ImproperlyConfigured("SEAL_KEY_FILE and SEAL_CERTIFICATE_FILE belong together.")
    if key:
        return _matching(SealKey(Path(key).read_bytes(), Path(certificate).read_bytes()))
    kept = settings.VAR_DIR / "seal.pem"
    if not kept.exists():
        _keep(kept, _made())
    text = kept.read_bytes()
    cut = text.index(b"-----BEGIN CERTIFICATE-----")
    return SealKey(text[:cut], text[cut:])


def _matching(found: SealKey) -> SealKey:
    private = serialization.load_pem_private_key(found.private, password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise ImproperlyConfigured("The key of SEAL_KEY_FILE must be an RSA key.")
    if private.public_key() != found.certificate.public_key():
        raise ImproperlyConfigured("SEAL_CERTIFICATE_FILE is not the certificate of SEAL_KEY_FILE.")
    return found


def _made() -> bytes:
    """A new key and its own certificate, one after the other."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    public = private.public_key()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, study().id),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{study().id} seal of reports"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(SPAN[0])
        .not_valid_after(SPAN[1])
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENTS]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    return private.private_bytes(pem, form, serialization.NoEncryption()) + certificate.public_bytes(pem)


def _usage() -> x509.KeyUsage:
    no = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, content_commitment=True, **no)


def _keep(path: Path, text: bytes) -> None:
    """Of two processes that start together one makes the key, and both read the same."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
