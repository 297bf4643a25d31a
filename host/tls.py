"""TLS files of one party: its certificate, its key and the authority it trusts.

Owns reading them with clear errors. Making them is `host.pki`'s. Called by the host's server and
by every client of it.
"""

from dataclasses import dataclass, field
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from firmware.core.errors import HOST_FILES, TLS_FILES, VafaError

AUTHORITY_FILE = "ca.crt"


@dataclass(frozen=True)
class TlsFiles:
    """PEM contents: own certificate, own private key, the authority's certificate."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes

    @classmethod
    def load(cls, directory: Path, name: str) -> "TlsFiles":
        """Read NAME.crt, NAME.key and ca.crt; error 439 when one is missing, 443 when unusable."""
        parts = []
        for file in (f"{name}.crt", f"{name}.key", AUTHORITY_FILE):
            try:
                parts.append((directory / file).read_bytes())
            except OSError as problem:
                raise VafaError(HOST_FILES, f"{directory / file}: {problem.strerror}") from None
        files = cls(*parts)
        files.check(directory / name)
        return files

    def check(self, name: Path) -> None:
        """Raise error 443 unless the key belongs to the certificate."""
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate)
            key = load_pem_private_key(self.key, password=None)
            x509.load_pem_x509_certificate(self.authority)
        except (ValueError, TypeError):
            raise VafaError(TLS_FILES, str(name)) from None
        if key.public_key() != certificate.public_key():
            raise VafaError(TLS_FILES, f"{name}: key and certificate differ")

    def client_credentials(self) -> grpc.ChannelCredentials:
        """Return credentials for calling the host."""
        return grpc.ssl_channel_credentials(self.authority, self.key, self.certificate)

    def server_credentials(self) -> grpc.ServerCredentials:
        """Return credentials for serving callers with a certificate of the same authority."""
        return grpc.ssl_server_credentials(
            [(self.key, self.certificate)],
            root_certificates=self.authority,
            require_client_auth=True,
        )
