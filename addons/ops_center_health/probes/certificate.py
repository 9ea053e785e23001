"""TLS certificates: whom to trust, and what a server showed."""

import hashlib
import ssl
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pycurl

DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

# Results of OpenSSL's verification (openssl-verify(1), "Diagnostics") that deserve their own words.
X509_NOT_YET_VALID = 9
X509_EXPIRED = 10

DAY = 86400  # seconds

# What is kept of a certificate: a stranger decides how much is in it.
MAX_TEXT = 500  # characters
MAX_NAMES = 100

FACTS = ("issuer", "names", "not_before", "not_after", "expiring", "remaining")


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
    """The certificate as described in :class:`.result.Result`, if the server showed one."""
    chain = curl.getinfo_raw(pycurl.INFO_CERTINFO)
    return _described(tuple(chain)) if chain else None


# The same certificates are seen again and again.
@lru_cache(maxsize=128)
def _described(told: tuple[tuple[tuple[bytes, bytes], ...], ...]) -> dict:
    chain = [_fields(certificate) for certificate in told]
    server = chain[0]
    alternatives = server.get("X509v3 Subject Alternative Name", "").split(", ")
    expiring, not_after = _first_to_expire(chain)
    return {
        "subject": server["Subject"][:MAX_TEXT],
        "issuer": server["Issuer"][:MAX_TEXT],
        "names": [name.partition(":")[2][:MAX_TEXT] for name in alternatives if name][:MAX_NAMES],
        "not_before": _seconds(server["Start date"]),
        "not_after": _seconds(server["Expire date"]),
        "fingerprint": _fingerprint(server["Cert"]),
        "chain_subject": expiring[:MAX_TEXT],
        "chain_not_after": not_after,
    }


def date_error(certificate: dict, days: int, now: float) -> str:
    """The error code of a certificate that is not valid now, or not for long.

    :param days: how long it must remain valid not to be called degraded
    :param now: seconds since 1970, UTC
    """
    begin, end = certificate["not_before"], certificate["chain_not_after"]
    if end is not None and end <= now:
        return "tls_expired"
    if begin is not None and begin > now:
        return "tls_not_yet_valid"
    if end is not None and end < now + days * DAY:
        return "tls_expires_soon"
    return ""


def certificate_facts(certificate: dict | None, now: float) -> dict[str, str]:
    """What fills the gaps of the sentences about certificates."""
    if not certificate:
        return dict.fromkeys(FACTS, "unknown")
    end = certificate["chain_not_after"]
    return {
        "issuer": certificate["issuer"],
        "names": ", ".join(certificate["names"]) or certificate["subject"],
        "not_before": _date(certificate["not_before"]),
        "not_after": _date(end),
        "expiring": certificate["chain_subject"],
        "remaining": _remaining(end - now) if end is not None else "an unknown time",
    }


def _fields(certificate: tuple[tuple[bytes, bytes], ...]) -> dict[str, str]:
    # Whoever made the certificate wrote into it what he liked.
    return {name.decode(): value.decode("utf-8", "replace") for name, value in certificate}


def _first_to_expire(chain: list[dict[str, str]]) -> tuple[str, int | None]:
    """Subject and end of the certificate in the chain that expires first.

    Who verifies takes the root from his own bundle, so that one sent along does not count.
    """
    server, *others = chain
    counted = [server, *(each for each in others if each["Subject"] != each["Issuer"])]
    ends = [(end, each["Subject"]) for each in counted if (end := _seconds(each["Expire date"]))]
    if not ends:
        return server["Subject"], None
    end, subject = min(ends, key=lambda item: item[0])
    return subject, end


def _fingerprint(pem: str) -> str:
    """SHA-256 over the certificate, written as browsers and openssl-x509(1) do."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest().hex(":").upper()


def _seconds(date: str) -> int | None:
    try:
        return ssl.cert_time_to_seconds(date)
    except ValueError:
        return None


def _date(seconds: int | None) -> str:
    if seconds is None:
        return "an unreadable date"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _remaining(seconds: float) -> str:
    days = int(seconds // DAY)
    if days < 1:
        return "less than a day"
    return "1 day" if days == 1 else f"{days} days"
