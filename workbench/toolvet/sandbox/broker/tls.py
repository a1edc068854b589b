"""A certificate authority that lives as long as its process, for TLS that ends at the broker.

Keys stay in memory: OpenSSL takes a host's key from an anonymous file, and the authority's own key
never leaves this object. Certificates hold what strict verification (RFC 5280) asks for.
"""

import datetime as dt
import ipaddress
import os
import secrets
import ssl
from collections import OrderedDict
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS_MAX = 256
_CA_DAYS, _LEAF_DAYS, _RENEW_DAYS = 3650, 30, 20
_DAY_S = 86_400
_SKEW = dt.timedelta(days=1)


class Authority:
    """Signs a certificate for each declared host, when it is first asked for."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._self_signed()
        self._contexts: OrderedDict[str, tuple[float, ssl.SSLContext]] = OrderedDict()

    def pem(self) -> bytes:
        """Give the authority's certificate: what a run has to trust."""
        return self._certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return self._certificate.fingerprint(hashes.SHA256()).hex()

    def context_for(self, host: str) -> ssl.SSLContext:
        """Give the server's side of TLS for one host; a client that asks for another is refused."""
        now = dt.datetime.now(dt.UTC).timestamp()
        known = self._contexts.get(host)
        if known is not None and now < known[0]:
            self._contexts.move_to_end(host)
            return known[1]
        context = self._context(host)
        self._contexts[host] = (now + _RENEW_DAYS * _DAY_S, context)
        if len(self._contexts) > HOSTS_MAX:
            self._contexts.popitem(last=False)
        return context

    def _context(self, host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        password = secrets.token_hex(32).encode()
        sealed = key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )
        chain = self._leaf(host, key).public_bytes(Encoding.PEM) + self.pem()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        _load(context, sealed + chain, password)
        context.sni_callback = _only(host)
        return context

    def _leaf(self, host: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return (
            self._builder(key.public_key(), x509.Name([]), _LEAF_DAYS)
            # RFC 5280, 4.2.1.6: critical, since the subject is empty
            .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs=False), critical=True)
            .add_extension(usage, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _self_signed(self) -> x509.Certificate:
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Toolvet egress broker")])
        return (
            self._builder(self._key.public_key(), self._name, _CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def _builder(
        self, public: ec.EllipticCurvePublicKey, subject: x509.Name, days: int
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(ours, critical=False)
        )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _load(context: ssl.SSLContext, pem: bytes, password: bytes) -> None:
    """Hand a key to OpenSSL, which reads it from a path only: that of a file without a disk."""
    descriptor = os.memfd_create("toolvet-tls", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=password)
    finally:
        os.close(descriptor)


def _only(host: str) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], int | None]:
    def check(_tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        if name is None or name.lower() == host:
            return None
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    return check
