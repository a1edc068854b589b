"""What a tool may say to the broker to get past it: requests, paths, mails, greetings. Pure data.

The rule they are held against: GET below /v1/clients, with a bearer token added outside.
"""

HOST = "api.example.com"
PREFIX = "/v1/clients"

_FINE = f"Host: {HOST}"


def request(line: str, *headers: str, body: str = "") -> bytes:
    """Write a request that is well-formed but for what is given."""
    return ("\r\n".join((line, *(headers or (_FINE,)))) + "\r\n\r\n" + body).encode("latin-1")


def get(path: str) -> bytes:
    """Ask for a path."""
    return request(f"GET {path} HTTP/1.1")


HONEST = get(f"{PREFIX}/7?page=1")

PATHS = {
    "a sibling": "/v1/clients2",
    "the parent": "/v1/",
    "the root": "/",
    "dots": "/v1/clients/../admin",
    "dots at the end": "/v1/clients/..",
    "one dot": "/v1/clients/./../admin",
    "encoded dots": "/v1/clients/%2e%2e/admin",
    "half encoded dots": "/v1/clients/.%2E/admin",
    "encoded slash": "/v1/clients/..%2fadmin",
    "encoded twice": "/v1/clients/%252e%252e/admin",
    "encoded thrice": "/v1/clients/%25252e%25252e%25252fadmin",
    "a parameter after dots": "/v1/clients/..;/admin",
    "a parameter with a value": "/v1/clients/..;a=b/admin",
    "encoded parameter": "/v1/clients/..%3b/admin",
    "a backslash": "/v1/clients/..\\admin",
    "encoded backslash": "/v1/clients/..%5cadmin",
    "wide dots": "/v1/clients/%ef%bc%8e%ef%bc%8e/admin",
    "a wide slash": "/v1/clients/..%ef%bc%8fadmin",
    "overlong dots": "/v1/clients/%c0%ae%c0%ae/admin",
    "a NUL": "/v1/clients/..%00/admin",
    "a line feed": "/v1/clients/x%0d%0aX-Admin:%201",
    "a tab among dots": "/v1/clients/.%09./admin",
    "two slashes first": "//evil.example/v1/clients",
    "two slashes": "/v1//clients",
    "two slashes below": "/v1/clients//../admin",
    "a fragment": "/v1/clients#/../admin",
    "a bare percent": "/v1/clients/%/x",
    "another case": "/V1/CLIENTS",
    "a question in disguise": "/v1/clients%3f/../admin",
}

LINES = {
    "another method": request(f"POST {PREFIX} HTTP/1.1", _FINE, "Content-Length: 0"),
    "delete": request(f"DELETE {PREFIX}/7 HTTP/1.1"),
    "an unknown method": request(f"FROB {PREFIX} HTTP/1.1"),
    "a method in small letters": request(f"get {PREFIX} HTTP/1.1"),
    "trace": request(f"TRACE {PREFIX} HTTP/1.1"),
    "connect": request("CONNECT internal.example:443 HTTP/1.1"),
    "connect to itself": request(f"CONNECT {HOST}:443 HTTP/1.1"),
    "options of everything": request("OPTIONS * HTTP/1.1"),
    "a whole URL": request(f"GET http://{HOST}{PREFIX} HTTP/1.1"),
    "a URL elsewhere": request(f"GET http://169.254.169.254{PREFIX} HTTP/1.1"),
    "an old version": request(f"GET {PREFIX} HTTP/1.0"),
    "no version": f"GET {PREFIX}\r\n\r\n".encode(),
    "a version to come": request(f"GET {PREFIX} HTTP/2.0"),
    "the greeting of another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two spaces": request(f"GET  {PREFIX} HTTP/1.1"),
    "a tab for a space": request(f"GET\t{PREFIX} HTTP/1.1"),
    "an empty line first": b"\r\n" + HONEST,
    "a NUL in the line": request(f"GET {PREFIX}\x00 HTTP/1.1"),
    "a letter beyond ASCII": request(f"GET {PREFIX}/\xe9 HTTP/1.1"),
    "no request at all": b"\x00" * 64 + b"\r\n\r\n",
}

HEADERS = {
    "another host": request(f"GET {PREFIX} HTTP/1.1", "Host: internal.example"),
    "two hosts": request(f"GET {PREFIX} HTTP/1.1", _FINE, "Host: internal.example"),
    "no host": request(f"GET {PREFIX} HTTP/1.1", "Accept: */*"),
    "an empty host": request(f"GET {PREFIX} HTTP/1.1", "Host:"),
    "a user before the host": request(f"GET {PREFIX} HTTP/1.1", f"Host: x@{HOST}"),
    "another port": request(f"GET {PREFIX} HTTP/1.1", f"Host: {HOST}:22"),
    "a host with a dot": request(f"GET {PREFIX} HTTP/1.1", f"Host: {HOST}."),
    "a method in a header": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "X-HTTP-Method-Override: DELETE"
    ),
    "a method with underscores": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "x_http_method_override: DELETE"
    ),
    "a path in a header": request(f"GET {PREFIX} HTTP/1.1", _FINE, "X-Original-URL: /admin"),
    "a rewritten path": request(f"GET {PREFIX} HTTP/1.1", _FINE, "X-Rewrite-URL: /admin"),
    "an upgrade": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Connection: upgrade", "Upgrade: websocket"
    ),
    "an upgrade of the protocol": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"
    ),
    "a header to be dropped": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Connection: close, authorization"
    ),
    "two authorizations": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Authorization: Bearer a", "Authorization: Bearer b"
    ),
    "a space before the colon": request(f"GET {PREFIX} HTTP/1.1", f"Host : {HOST}"),
    "a folded line": request(f"GET {PREFIX} HTTP/1.1", _FINE, "X-A: 1\r\n X-B: 2"),
    "a line without a colon": request(f"GET {PREFIX} HTTP/1.1", _FINE, "nothing"),
    "a NUL in a value": request(f"GET {PREFIX} HTTP/1.1", _FINE, "X-A: \x00"),
    "a bare return in a value": request(f"GET {PREFIX} HTTP/1.1", _FINE, "X-A: 1\rX-Admin: 1"),
    "a bare line feed": f"GET {PREFIX} HTTP/1.1\n{_FINE}\n\n\r\n\r\n".encode(),
    "a line feed in the middle": request(f"GET {PREFIX} HTTP/1.1", f"{_FINE}\nX-Admin: 1"),
    "a head without end": request(f"GET {PREFIX} HTTP/1.1", _FINE, "X-A: " + "x" * 70_000),
    "too many headers": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, *(f"X-{n}: {n}" for n in range(6000))
    ),
}

_SECOND = f"GET /admin HTTP/1.1\r\n{_FINE}\r\n\r\n"

FRAMING = {
    "a length and a coding": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        f"Content-Length: {len(_SECOND) + 5}",
        "Transfer-Encoding: chunked",
        body="0\r\n\r\n" + _SECOND,
    ),
    "two lengths": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        "Content-Length: 0",
        f"Content-Length: {len(_SECOND)}",
        body=_SECOND,
    ),
    "lengths in a list": request(f"GET {PREFIX} HTTP/1.1", _FINE, "Content-Length: 0, 0"),
    "a length with a sign": request(f"GET {PREFIX} HTTP/1.1", _FINE, "Content-Length: +0"),
    "a length below zero": request(f"GET {PREFIX} HTTP/1.1", _FINE, "Content-Length: -1"),
    "a length in hexadecimal": request(f"GET {PREFIX} HTTP/1.1", _FINE, "Content-Length: 0x0"),
    "an endless length": request(f"GET {PREFIX} HTTP/1.1", _FINE, "Content-Length: " + "9" * 30),
    "two codings": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        body="0\r\n\r\n" + _SECOND,
    ),
    "a coding in a list": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Transfer-Encoding: identity, chunked", body="0\r\n\r\n"
    ),
    "an unknown coding": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Transfer-Encoding: xchunked", body="0\r\n\r\n"
    ),
    "a coding with a strange letter": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Transfer-Encoding: chun\xafed", body="0\r\n\r\n"
    ),
    "a coding after a strange space": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Transfer-Encoding:\x0bchunked", body="0\r\n\r\n"
    ),
    "a chunk below zero": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Transfer-Encoding: chunked", body="-1\r\n\r\n"
    ),
    "a chunk beyond numbers": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        "Transfer-Encoding: chunked",
        body="ffffffffffffffffffff\r\n",
    ),
    "a chunk that ends by a line feed": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, "Transfer-Encoding: chunked", body="1\nx\n0\n\n"
    ),
}
"""None of these may bring the host a second request."""

SECOND = {
    "a second request elsewhere": HONEST + _SECOND.encode(),
    "a request within a body": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        f"Content-Length: {len(_SECOND)}",
        body=_SECOND,
    ),
    "a request after the last chunk": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        "Transfer-Encoding: chunked",
        body="0\r\n\r\n" + _SECOND,
    ),
    "a request in a trailer": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        "Transfer-Encoding: chunked",
        body=f"0\r\nHost: internal.example\r\n\r\n{_SECOND}",
    ),
    "a length with an underscore": request(
        f"GET {PREFIX} HTTP/1.1", _FINE, f"Content_Length: {len(_SECOND)}"
    ),
    "credentials of its own": request(
        f"GET {PREFIX} HTTP/1.1",
        _FINE,
        "Authorization: Bearer mine",
        "authorization_: x",
        "Cookie: admin=1",
        "Proxy-Authorization: Basic eDp5",
        "X-Forwarded-For: 127.0.0.1",
        "Forwarded: for=127.0.0.1",
    ),
}
"""Well-formed, as far as they go: one honest request may reach the host, nothing else of them."""

MAILS = {
    "a login of its own": [b"EHLO x\r\n", b"AUTH PLAIN AHgAeQ==\r\n"],
    "a login without asking": [b"AUTH LOGIN\r\n"],
    "TLS to somebody else": [b"EHLO x\r\n", b"STARTTLS\r\n"],
    "somebody else's name": [b"EHLO x\r\n", b"MAIL FROM:<a@b.example> AUTH=<admin>\r\n"],
    "binary data": [b"EHLO x\r\n", b"MAIL FROM:<a@b.example>\r\n", b"BDAT 5 LAST\r\nabcde"],
    "a command in an address": [
        b"EHLO x\r\n",
        b"MAIL FROM:<a@b.example>\rRCPT TO:<x@evil.example>\r\n",
    ],
    "a line feed in an address": [
        b"EHLO x\r\n",
        b"MAIL FROM:<a@b.example>\nRCPT TO:<x@evil.example>\r\n",
    ],
    "a NUL in an address": [b"EHLO x\r\n", b"MAIL FROM:<a\0@b.example>\r\n"],
    "an endless line": [b"EHLO x\r\n", b"MAIL FROM:<" + b"a" * 9000 + b"@b.example>\r\n"],
    "an old relay": [b"EHLO x\r\n", b"ETRN evil.example\r\n"],
    "an extension": [b"EHLO x\r\n", b"XCLIENT ADDR=127.0.0.1 LOGIN=admin\r\n"],
    "the web": [b"GET / HTTP/1.1\r\n", b"Host: x\r\n\r\n"],
    "nothing but noise": [b"\x16\x03\x01\x02\x00\x01" + bytes(64) + b"\r\n"],
    "a verb that begins like another": [b"EHLO x\r\n", b"DATAX\r\n"],
}

_MAIL = [
    b"EHLO x\r\n",
    b"MAIL FROM:<a@b.example>\r\n",
    b"RCPT TO:<c@d.example>\r\n",
    b"DATA\r\n",
]
_INNER = b"MAIL FROM:<admin@b.example>\r\nRCPT TO:<x@evil.example>\r\nDATA\r\nSmuggled\r\n.\r\n"

SMUGGLED = {
    f"a second mail behind {name}": [*_MAIL, b"Subject: x\r\n\r\nfirst" + end + _INNER]
    for name, end in {
        "a bare line feed": b"\n.\n",
        "a bare return": b"\r.\r",
        "a line feed and an end": b"\n.\r\n",
        "an end and a line feed": b"\r\n.\n",
        "an end and a return": b"\r\n.\r",
        "a NUL": b"\r\n\x00.\r\n\n",
        "two returns": b"\r\r\n.\r\r\n",
    }.items()
}
"""Ends of a mail that some server takes for one and others do not."""
