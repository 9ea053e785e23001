import socketserver
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import HealthCase


def self_signed(days):
    """A key and a certificate for 127.0.0.1 that expires in so many days, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def tls_context(days, pem=None):
    """TLS of a server whose certificate expires in so many days.

    :param pem: its key and certificate, by default new ones
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem or self_signed(days))
        file.flush()
        context.load_cert_chain(file.name)
    return context


@contextmanager
def secure_server(context):
    """Serve HTTPS on loopback with whatever ``context()`` returns; yields ``host:port``."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                with context().wrap_socket(self.request, server_side=True) as wire:
                    if wire.recv(65536):
                        wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                # The probe hung up: the certificate is all that it came for.
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield "{}:{}".format(*server.server_address)
        finally:
            server.shutdown()
            thread.join()


@tagged("post_install", "-at_install")
class TestCertificateCheck(HealthCase):
    def setUp(self):
        super().setUp()
        self.context = tls_context(days=30)
        self.place = self.enterContext(secure_server(lambda: self.context))

    def create_tls_check(self, **values):
        values = {"kind": "tls", "url": f"tls://{self.place}", "verify_tls": False, **values}
        return self.create_check(**{"failure_threshold": 1, **values})

    def test_certificate_is_seen_and_shown(self):
        check = self.create_tls_check()
        self.run_due()
        self.assertEqual(check.state, "up", check.last_message)
        self.assertEqual(check.certificate_subject, "CN = 127.0.0.1")
        self.assertRegex(check.certificate_fingerprint, "^([0-9A-F]{2}:){31}[0-9A-F]{2}$")
        self.assertIn("(in 30 days)", check.certificate_expires)
        self.assertFalse(check.certificate_chain_subject)
        with Form(check) as form:
            self.assertEqual(form.certificate_issuer, "CN = 127.0.0.1")

    def test_certificate_of_a_web_page_is_shown_too(self):
        check = self.create_check(url=f"https://{self.place}/", verify_tls=False)
        plain = self.create_check()
        self.run_due()
        self.assertTrue(check.certificate_fingerprint)
        self.assertFalse(plain.certificate_fingerprint)

    def test_refused_certificate_is_shown_too(self):
        check = self.create_tls_check(verify_tls=True)
        self.run_due()
        self.assertEqual((check.state, check.last_error), ("down", "tls_untrusted"))
        self.assertEqual(check.certificate_subject, "CN = 127.0.0.1")

    def test_own_authority_is_trusted(self):
        pem = self_signed(30)
        self.context = tls_context(30, pem)
        [_key, certificate] = pem.decode().split("-----BEGIN CERTIFICATE-----")
        authorities = f"-----BEGIN CERTIFICATE-----{certificate}"
        for kind, scheme, error in (
            ("tls", "tls", ""),
            ("http", "https", ""),
            ("odoo", "https", "odoo_other"),
        ):
            check = self.create_check(
                kind=kind, url=f"{scheme}://{self.place}", authorities=authorities
            )
            self.run_now(check)
            self.assertEqual(check.last_error or "", error, kind)
            check.authorities = False
            self.run_now(check)
            self.assertEqual(check.last_error, "tls_untrusted", kind)
        with self.assertRaisesRegex(ValidationError, "“Own Authority”.*BEGIN CERTIFICATE"):
            check.authorities = "none"

    def test_certificate_that_expires_soon_degrades_the_check(self):
        check = self.create_tls_check(certificate_days=31)
        self.run_due()
        self.assertEqual((check.state, check.last_error), ("degraded", "tls_expires_soon"))
        self.assertIn("in 30 days", check.incident_ids.cause)
        check.certificate_days = 0
        self.run_now(check, 2)
        self.assertEqual(check.state, "up")

    def test_another_certificate_is_put_on_the_timeline_once(self):
        check = self.create_tls_check()
        self.run_now(check, 2)
        first = check.certificate_fingerprint
        self.assertFalse(self.events("certificate.changed"))
        self.context = tls_context(days=90)
        self.run_now(check, 2)
        self.assertNotEqual(check.certificate_fingerprint, first)
        event = self.events("certificate.changed")
        self.assertEqual((len(event), event.level, event.res_id), (1, "info", check.id))
        self.assertIn(check.certificate_fingerprint, event.detail)

    def test_certificates_that_take_turns_are_told_once(self):
        check = self.create_tls_check()
        contexts = [self.context, tls_context(days=60)] * 2
        for self.context in contexts:
            self.run_now(check)
        self.assertEqual(len(self.events("certificate.changed")), 1)

    def test_other_address_has_another_certificate(self):
        check = self.create_tls_check()
        self.run_due()
        check.url = check.url.replace("127.0.0.1", "localhost")
        self.assertFalse(check.certificate_fingerprint)
        self.context = tls_context(days=60)
        self.run_now(check)
        self.assertTrue(check.certificate_fingerprint)
        self.assertFalse(self.events("certificate.changed"))

    @mute_logger("odoo.sql_db")
    def test_days_are_not_negative(self):
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.create_tls_check(certificate_days=-1)
            self.env.flush_all()
