"""Which headers cross the broker, and the one that it adds. Pure; no I/O."""

import base64
from collections.abc import Iterable

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet_reviews.bundle import Credential, NetworkRule

Pairs = list[tuple[str, str]]

_HOP = {
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect",
    "proxy-connection", "proxy-authorization", "proxy-authenticate", "http2-settings",
}  # fmt: skip
_ROUTES = {
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
    "x-forwarded-port", "x-forwarded-server", "x-forwarded-prefix", "x-real-ip", "x-host",
    "x-cluster-client-ip", "true-client-ip",
}  # fmt: skip
"""Said by proxies to servers that believe them; no tool is one."""
_OVERRIDES = {
    "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
    "x-rewrite-url", "x-original-uri", "x-override-url",
}  # fmt: skip
"""Some servers read method or path from these, past the filter."""
_OURS = "x-toolvet-"
_CREDENTIALS = {"authorization", "cookie", "cookie2"}


def credential_header(credential: Credential, secret: str) -> tuple[str, str]:
    """Write the header that carries a secret.

    Raises:
        RefusedError: It cannot stand in a header.
    """
    if not secret.isascii() and credential.as_ != "basic":
        raise RefusedError(Reason.CREDENTIAL, f"{credential.secret} is not ASCII")
    if credential.as_ == "bearer":
        return "authorization", f"Bearer {secret}"
    if credential.as_ == "basic":
        pair = base64.b64encode(f"{credential.user}:{secret}".encode()).decode()
        return "authorization", f"Basic {pair}"
    return credential.as_.removeprefix("header:").lower(), secret


def towards(
    headers: Iterable[tuple[str, str]],
    rule: NetworkRule,
    authority: str,
    added: tuple[str, str] | None,
) -> Pairs:
    """Give the headers of a request as the host gets them.

    Args:
        headers: As the tool sent them.
        rule: That let the request through.
        authority: Of the declared host.
        added: The header that carries the credential; the tool's own of any kind are dropped.

    Raises:
        RefusedError: One would change method or path behind the filter.
    """
    dropped = _HOP | _ROUTES | {"host"}
    if added is not None:
        dropped = dropped | _CREDENTIALS | {_folded(added[0]), "accept-encoding"}
    kept: Pairs = [("host", authority)]
    for name, value in headers:
        folded = _folded(name)
        if folded in _OVERRIDES and (rule.methods or rule.paths):
            raise RefusedError(Reason.OVERRIDE, f"{folded} would pass by the declared filter")
        is_disguised = folded == "content-length" != name
        if folded not in dropped and not is_disguised:
            kept.append((name, value))
    if added is not None:
        # in the clear, so that a reply that repeats the credential is seen
        kept += [("accept-encoding", "identity"), added]
    return kept


def back(headers: Iterable[tuple[str, str]], *, has_credential: bool) -> Pairs:
    """Give the headers of a reply as the tool gets them; those of framing are written anew."""
    dropped = _HOP | {"content-length", "alt-svc"}
    if has_credential:
        dropped = dropped | {"set-cookie", "set-cookie2"}  # a session is a credential too
    return [
        (name, value)
        for name, value in headers
        if name not in dropped and not name.startswith(_OURS)
    ]


def _folded(name: str) -> str:
    """Fold what servers behind gateways take for one name."""
    return name.lower().replace("_", "-").strip("-")
