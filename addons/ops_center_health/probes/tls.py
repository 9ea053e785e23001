"""TLS: somebody shows a certificate, whatever is spoken after that."""

import pycurl

from .certificate import date_error
from .http import HttpTransfer


class TlsTransfer(HttpTransfer):
    """Comes as far as HTTPS does before its request, and closes the connection."""

    def _prepare(self) -> None:
        # libcurl names, connects, encrypts and times as for HTTPS, and stops there.
        self.curl.setopt(pycurl.URL, self.target.ascii_url.replace("tls:", "https:", 1))
        self.curl.setopt(pycurl.CONNECT_ONLY, 1)
        self._prepare_tls()

    def _judge(self) -> str:
        return ""

    def _certificate_error(self, certificate: dict | None) -> str:
        # Whoever is not verified is still held to his dates.
        days = self.target.certificate_days
        return date_error(certificate, days, self.started_at) if certificate else ""
