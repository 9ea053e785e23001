"""The probes package is tested as it stands, without Odoo and without its addon."""

import copy
import datetime
import ipaddress
import ssl
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.http_target import HttpTarget

ADDON = Path(__file__).resolve().parents[2] / "addons" / "ops_center_health"
sys.path.insert(0, str(ADDON))


@pytest.fixture(scope="session")
def web():
    """A scripted web server on 127.0.0.1."""
    with HttpTarget() as target:
        yield target


class Authority:
    """A certificate authority of the tests, and the servers it vouches for."""

    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name("Authority of the tests")
        self._chain = ""
        certificate = self._sign(
            self._name, self._key, days=(-1, 30), extension=x509.BasicConstraints(True, None)
        )
        self.bundle = folder / "authority.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def intermediate(self, days):
        """An authority that this one vouches for between these days, see :meth:`server_file`."""
        other = copy.copy(self)
        other._key = ec.generate_private_key(ec.SECP256R1())
        other._name = _common_name("Intermediate of the tests")
        certificate = self._sign(
            other._name, other._key, days=days, extension=x509.BasicConstraints(True, None)
        )
        other._chain = certificate.public_bytes(serialization.Encoding.PEM).decode()
        return other

    def server_context(self, *names, days=(-1, 30), forge=None):
        """TLS for a server; see :meth:`server_file`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file(*names, days=days, forge=forge))
        return context

    def server_file(self, *names, days=(-1, 30), forge=None):
        """A file with the key and the certificate of a server with these names.

        :param days: counted from today, between which it is valid
        :param forge: changes the signed certificate, bytes to bytes
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _common_name(names[0])
        alternatives = x509.SubjectAlternativeName(list(map(_general_name, names)))
        certificate = self._sign(subject, key, days=days, extension=alternatives)
        encoded = certificate.public_bytes(serialization.Encoding.DER)
        path = self._folder / f"server-{certificate.serial_number}.pem"
        path.write_text(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode()
            + ssl.DER_cert_to_PEM_cert(forge(encoded) if forge else encoded)
            + self._chain
        )
        return path

    def _sign(self, subject, key, *, days, extension):
        now = datetime.datetime.now(datetime.UTC)
        first, last = (now + datetime.timedelta(days=day) for day in days)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(first)
            .not_valid_after(last)
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _common_name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """An authority that the probes trust in the tests that ask for ``trusted``."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    return authority
