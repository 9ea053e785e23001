"""TLS certificates: whom to trust, and what a server showed."""

import ssl
from pathlib import Path

import pycurl

DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

# Results of OpenSSL's verification (openssl-verify(1), "Diagnostics") that deserve their own words.
X509_NOT_YET_VALID = 9
X509_EXPIRED = 10


def trusted_bundle() -> str:
    """Path of the authorities' certificates: ``SSL_CERT_FILE``, the system's, or certifi's.

    The system's comes first because that is where a company installs its own authority; libcurl
    has to be told because the wheel of pycurl carries an OpenSSL that knows no system.
    """
    for path in (ssl.get_default_verify_paths().cafile, DEBIAN_BUNDLE):
        if path and Path(path).is_file():
            return path
    import certifi  # noqa: PLC0415 - only needed, and only required, without a system bundle

    return certifi.where()


def verification_error(curl: pycurl.Curl, detail: str) -> str:
    """The error code of a certificate that libcurl refused with the message `detail`."""
    verification = curl.getinfo(pycurl.SSL_VERIFYRESULT)
    if verification == X509_EXPIRED:
        return "tls_expired"
    if verification == X509_NOT_YET_VALID:
        return "tls_not_yet_valid"
    # The name is compared by libcurl itself, after OpenSSL has found no fault.
    if "subject name" in detail:
        return "tls_hostname"
    return "tls_untrusted"


def server_certificate(curl: pycurl.Curl) -> dict | None:
    """The server's own certificate as described in :class:`.result.Result`, if it showed one."""
    chain = curl.getinfo_raw(pycurl.INFO_CERTINFO)
    if not chain:
        return None
    # Whoever made the certificate wrote into it what he liked.
    fields = {name.decode(): value.decode("utf-8", "replace") for name, value in chain[0]}
    alternatives = fields.get("X509v3 Subject Alternative Name", "")
    return {
        "subject": fields["Subject"],
        "issuer": fields["Issuer"],
        "names": [name.partition(":")[2] for name in alternatives.split(", ") if name],
        "not_before": _seconds(fields["Start date"]),
        "not_after": _seconds(fields["Expire date"]),
    }


def _seconds(date: str) -> int | None:
    try:
        return ssl.cert_time_to_seconds(date)
    except ValueError:
        return None
