"""The seal of a report: a certification signature of the system over the finished file (PAdES, CMS; docs/adr/0023).

Nothing in it depends on the clock or on chance: the same file and the same key give the same seal, so that a report that
is built again is the same byte by byte. pyHanko is loaded by workers and commands only.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from endpoints.reports.seal_key import SealKey, seal_key
from trialsite.web.pdf import Pdf
from trialsite.web.pdf_seal import place_of


@dataclass(frozen=True, slots=True)
class Seal:
    """What was found: is there a seal, is the file what was sealed, by our key, and as a whole."""

    there: bool = False
    intact: bool = False  # nothing was changed since, and the signature is right
    ours: bool = False  # by the certificate of this system
    whole: bool = False  # it covers the file from its first byte to its last
    by: str = ""
    fingerprint: str = ""

    @property
    def good(self) -> bool:
        return self.there and self.intact and self.ours and self.whole


def sealed(made: Pdf) -> Pdf:
    """The file with its seal. It was laid out with an empty place for it (`pdf_of(seal=…)`)."""
    place = place_of(made.content)
    return replace(made, content=place.filled(signature(place.digest, seal_key())))


def signature(digest: bytes, key: SealKey) -> bytes:
    """The detached CMS object over a SHA-256 digest: signed attributes without a time, RSA with PKCS #1 v1.5."""
    signer = _signer(key)
    made = asyncio.run(signer.async_sign(digest, "sha256", use_pades=True))
    return bytes(made.dump())


def _signer(key: SealKey) -> Any:
    from asn1crypto import algos, keys
    from asn1crypto import x509 as asn1
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    der = serialization.Encoding.DER
    private = serialization.load_pem_private_key(key.private, password=None)
    body = private.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = [
        asn1.Certificate.load(one.public_bytes(der)) for one in x509.load_pem_x509_certificates(key.chain)
    ]
    store = SimpleCertificateStore.from_certs(chain)
    return SimpleSigner(
        signing_cert=chain[0],
        signing_key=keys.PrivateKeyInfo.load(body),
        cert_registry=store,
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
    )


def seal_of(content: bytes) -> Seal:
    """The seal of a file, looked at with pyHanko. A file without one, or that is no PDF, has none."""
    from asn1crypto import x509 as asn1
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext

    ours = seal_key().certificate
    root = asn1.Certificate.load(ours.public_bytes(serialization.Encoding.DER))
    try:
        found = PdfFileReader(io.BytesIO(content)).embedded_regular_signatures
        if not found:
            return Seal()
        trusted = ValidationContext(trust_roots=[root], allow_fetching=False)
        status = validate_pdf_signature(found[0], trusted)
    except (PdfError, SignatureValidationError, ValueError):
        return Seal(there=b"/ByteRange" in content)
    by = status.signing_cert
    return Seal(
        there=True,
        intact=status.intact and status.valid,
        ours=by.dump() == root.dump(),
        whole=status.coverage is not None and status.coverage.name == "ENTIRE_FILE" and len(found) == 1,
        by=by.subject.human_friendly,
        fingerprint=by.sha256.hex(),
    )
