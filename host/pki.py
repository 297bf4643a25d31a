"""The project's own small certificate authority: one per host, P-256, certificates by role.

Owns making and writing certificates. Identity is a URI in the subject's alternative names:
`vafa://gateway/BRANCH`, `vafa://station/BRANCH`, `vafa://operator/NAME`, `vafa://host`. Private
keys are written with mode 0600 and never shown. Called by the administration commands only.
"""

import datetime as dt
import ipaddress
import os
import re
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from firmware.core.errors import HOST_FILES, REQUEST_INVALID, TLS_FILES, VafaError
from host.ports import EPOCH_UNIX_S, Clock
from host.tls import AUTHORITY_FILE

_AUTHORITY_KEY = "ca.key"
_AUTHORITY_DAYS = 3650
_PARTY_DAYS = 825
_ROLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
HOST_NAME = "host"
CLIENT_ROLES = ("gateway", "station", "operator")


def create_authority(directory: Path, clock: Clock) -> None:
    """Make ca.crt and ca.key in a directory that has none."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Vafa authority")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key.public_key(), clock, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_pair(directory, "ca", key, certificate)


def issue_host(directory: Path, names: Sequence[str], clock: Clock) -> None:
    """Make host.crt and host.key for a server reachable under DNS names or IP addresses."""
    alternatives: list[x509.GeneralName] = [
        x509.UniformResourceIdentifier("vafa://host"),
        *(_server_name(name) for name in names),
    ]
    _issue(directory, HOST_NAME, alternatives, ExtendedKeyUsageOID.SERVER_AUTH, clock)


def issue_client(directory: Path, role: str, name: str, clock: Clock) -> str:
    """Make ROLE-NAME.crt and .key for a caller and return "ROLE-NAME".

    Raises error 420 for an unknown role or a name that no URI or file should have.
    """
    if role not in CLIENT_ROLES or not _ROLE_NAME.fullmatch(name):
        raise VafaError(REQUEST_INVALID, f"role {role} or name {name!r}")
    alternatives = [x509.UniformResourceIdentifier(f"vafa://{role}/{name}")]
    file_name = f"{role}-{name}"
    _issue(directory, file_name, alternatives, ExtendedKeyUsageOID.CLIENT_AUTH, clock)
    return file_name


def _issue(
    directory: Path,
    file_name: str,
    alternatives: Sequence[x509.GeneralName],
    usage: x509.ObjectIdentifier,
    clock: Clock,
) -> None:
    authority, authority_key = _load_authority(directory)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file_name)])
    certificate = (
        _builder(name, authority.subject, key.public_key(), clock, _PARTY_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write_pair(directory, file_name, key, certificate)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    clock: Clock,
    days: int,
) -> x509.CertificateBuilder:
    now = dt.datetime.fromtimestamp(clock.now() + EPOCH_UNIX_S, dt.UTC)
    day = dt.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A branch PC's clock may be behind.
        .not_valid_before(now - day)
        .not_valid_after(now + days * day)
    )


def _server_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _load_authority(directory: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate((directory / AUTHORITY_FILE).read_bytes())
        key = load_pem_private_key((directory / _AUTHORITY_KEY).read_bytes(), password=None)
    except OSError as problem:
        raise VafaError(HOST_FILES, f"{problem.filename}: {problem.strerror}") from None
    except (ValueError, TypeError):
        raise VafaError(TLS_FILES, str(directory)) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise VafaError(TLS_FILES, str(directory / _AUTHORITY_KEY))
    return certificate, key


def _write_pair(
    directory: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # A fresh file each time: an older one may be open to others.
    path = directory / f"{name}.key"
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    (directory / f"{name}.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
