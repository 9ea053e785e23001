"""Certificates and keys as people paste them."""

import ssl

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def check_authorities(pem: str) -> None:
    """Raises ValueError, in words that can be shown to a user, unless these are certificates."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(
            "Paste certificates in PEM form, which begins with -----BEGIN CERTIFICATE-----."
        ) from error


def check_client_certificate(pem: str, key: str) -> None:
    """Raises ValueError, in words that can be shown to a user, unless the key is the certificate's.

    :param key: PEM, in clear text
    """
    try:
        certificate, *_authorities = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise ValueError(
            "Paste the certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----."
        ) from error
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except TypeError as error:
        raise ValueError(
            "The key is protected by a passphrase. Paste it without: it is stored encrypted."
        ) from error
    except ValueError as error:
        raise ValueError(
            "Paste the key in PEM form, which begins with -----BEGIN PRIVATE KEY-----."
        ) from error
    if private.public_key() != certificate.public_key():
        raise ValueError("The key does not belong to the certificate.")
